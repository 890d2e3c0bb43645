"""Probes of a DVC work tree, by reading its files: no DVC command is run on it, for they write where they read."""
