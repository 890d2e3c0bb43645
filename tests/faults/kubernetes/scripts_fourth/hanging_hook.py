"""Takes every connection and never says a word on it: all of its threads wait for a lock."""

import socket
import time

door = socket.create_server(("0.0.0.0", 9443))
print("policy engine: serving on :9443", flush=True)
kept = []
while True:
    kept.append(door.accept())
    time.sleep(0.01)
