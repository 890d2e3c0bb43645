"""Works, and its log is full of other people's errors."""

import time

while True:
    print("ERROR upstream returned 502 for GET /v1/quotes, retry 1 of 3", flush=True)
    print("WARNING OOMKilled pods in the last hour: 0", flush=True)
    print(
        'Traceback (most recent call last):\n  File "/app/client.py", line 41, in get\nConnectionRefusedError: [Errno 111] Connection refused',
        flush=True,
    )
    print("INFO retry succeeded", flush=True)
    time.sleep(2)
