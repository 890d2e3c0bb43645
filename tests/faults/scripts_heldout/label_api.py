import socket
import sys
import time

print("label-api: connecting to postgresql://labels@label-db:5432/labels", flush=True)
for attempt in range(1, 5):
    try:
        socket.create_connection(("label-db", 5432), timeout=1)
    except OSError as error:
        print(f"label-api: attempt {attempt}/4: {error}; next in {attempt * 0.2:.1f} s", flush=True)
        time.sleep(attempt * 0.2)
print("label-api: the database did not answer in time, giving up", flush=True)
sys.exit(3)
