"""The report, and one module a format."""
