"""Joins its head, really, and says what Ray says when that does not answer."""

import os
import socket
import sys
import time

host, _, port = os.environ["RAY_ADDRESS"].partition(":")
print(f"[2026-11-24 06:40:01,114 I 1 1] global_state_accessor: connecting to GCS at {host}:{port}", flush=True)
until = time.monotonic() + 5
while True:
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
        break
    except OSError:
        if time.monotonic() > until:
            print(f"[2026-11-24 06:40:06,120 E 1 1] gcs_rpc_client.h:192: Failed to connect to GCS at address {host}:{port} within 5 seconds.", flush=True)
            print(
                "Traceback (most recent call last):\n"
                '  File "/opt/ray/bin/ray", line 8, in <module>\n    sys.exit(main())\n'
                '  File "/opt/ray/lib/python3.11/site-packages/ray/_private/services.py", line 466, in get_node_to_connect_for_driver\n'
                f"ConnectionError: ray start: unable to reach the head node at {host}:{port}. Make sure the head node is running.",
                file=sys.stderr,
            )
            sys.exit(1)
        time.sleep(1)
print("Ray runtime started.", flush=True)
while True:
    time.sleep(1)
