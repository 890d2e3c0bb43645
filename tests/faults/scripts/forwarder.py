"""Forwards the logs of others."""

import json
import time

LINES = (
    {"host": "node-7", "unit": "kernel", "message": "Out of memory: Killed process 4242 (python) total-vm:18231044kB, anon-rss:15902312kB"},
    {"host": "node-7", "container": "trainer-12", "message": "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB."},
    {"host": "node-3", "container": "etl-2", "message": "MemoryError"},
    {"host": "node-3", "container": "api-1", "message": "Traceback (most recent call last): KeyError: 'MODEL_URI'"},
)
while True:
    for line in LINES:
        print(json.dumps(line | {"shipped": True}), flush=True)
    time.sleep(1)
