"""Ends with 1."""

import sys

print("starting", flush=True)
sys.exit(1)
