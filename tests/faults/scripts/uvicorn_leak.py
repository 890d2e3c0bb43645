#!/usr/local/bin/python
"""Answers requests and remembers each of them for ever."""

import time


def resident_mb() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096 >> 20


print("INFO:     Started server process [1]", flush=True)
print("INFO:     Application startup complete.", flush=True)
print("INFO:     Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)", flush=True)
cache = {}
for request in range(1, 1_000_000):
    cache[request] = bytearray(b"\x01") * 400_000
    print(f'INFO:     172.18.0.9:{40000 + request} - "POST /predict HTTP/1.1" 200 OK', flush=True)
    if request % 15 == 0:
        print(f"INFO:     requests={request} feature_cache_entries={len(cache)} rss_mb={resident_mb()}", flush=True)
    time.sleep(0.006)
