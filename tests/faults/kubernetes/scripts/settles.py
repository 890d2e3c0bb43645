"""Leaves twice because its peer is not there yet; then it stays."""

import os
import sys
import time

path = "/state/tries"
tries = int(open(path).read()) if os.path.exists(path) else 0
with open(path, "w") as target:
    target.write(str(tries + 1))
if tries < int(os.environ.get("UNTIL", "2")):
    print("gateway: peer not there yet, leaving", flush=True)
    time.sleep(1)
    sys.exit(1)
print("gateway: peer found, serving", flush=True)
while True:
    time.sleep(1)
