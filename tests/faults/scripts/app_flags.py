#!/usr/local/bin/python
"""A command line that knows its own flags only."""

import argparse
import time

parser = argparse.ArgumentParser(prog="serve")
parser.add_argument("--model", required=True)
parser.add_argument("--port", type=int, default=8080)
parser.add_argument("--workers", type=int, default=1)
args = parser.parse_args()
print(f"serving {args.model} on {args.port}", flush=True)
while True:
    time.sleep(5)
