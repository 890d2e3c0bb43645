#!/usr/local/bin/python
"""The release that asks for a package nobody added to the image."""

import json
import time

import lightgbm

print(json.dumps({"event": "ready", "version": lightgbm.__version__}), flush=True)
while True:
    time.sleep(1)
