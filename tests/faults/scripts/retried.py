"""Meets an error at the start, says so with a traceback, tries again and works."""

import socket
import time
import traceback

store = socket.socket()
store.bind(("127.0.0.1", 5432))
for attempt in range(1, 5):
    if attempt == 3:
        store.listen()
    try:
        socket.create_connection(("127.0.0.1", 5432), timeout=1)
        break
    except OSError:
        traceback.print_exc()
        print(f"WARNING feature store not reachable, attempt {attempt} of 10, next in 0.5 s", flush=True)
        time.sleep(0.5)
print("INFO connected to feature store", flush=True)
while True:
    print("INFO 128 features refreshed", flush=True)
    time.sleep(1)
