"""diagnose: names the root cause of what is wrong on an MLOps platform, with the evidence."""

__version__ = "0.1.0"
