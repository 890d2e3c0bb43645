"""Probes of a Docker engine: its containers, its events, their logs and use, its images, and the engine itself."""
