"""A proxy beside the application; its admin interface listens on 9901."""

import socket
import time

admin = socket.create_server(("0.0.0.0", 9901))
print("[info][main] admin address: 0.0.0.0:9901", flush=True)
print("[info][main] starting main dispatch loop", flush=True)
while True:
    time.sleep(1)
