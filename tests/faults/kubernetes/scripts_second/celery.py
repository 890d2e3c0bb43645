"""Tries its broker for ever and says what Celery says meanwhile."""

import os
import socket
import time

host = os.environ["BROKER_HOST"]
print(" -------------- celery@mail v5.4.0 (opalescent)", flush=True)
wait = 2
while True:
    try:
        socket.create_connection((host, 5672), timeout=3).close()
        break
    except OSError as problem:
        print(
            f"[2026-11-24 06:55:02,011: ERROR/MainProcess] consumer: Cannot connect to amqp://mail:**@{host}:5672//: {problem}.\n"
            f"Trying again in {wait}.00 seconds... (0/100)",
            flush=True,
        )
        time.sleep(wait)
open("/tmp/ready", "w").close()
while True:
    time.sleep(1)
