#!/usr/local/bin/python
"""Reads where nothing is."""

import ctypes

print("INFO:     Started server process [1]", flush=True)
print("INFO:     Waiting for application startup.", flush=True)
ctypes.string_at(0)
