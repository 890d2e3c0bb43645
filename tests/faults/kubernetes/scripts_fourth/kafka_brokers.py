"""Looks its broker up and gives up, in the words of Sarama."""

import os
import socket
import sys
import time

host, _, port = os.environ["KAFKA_BROKERS"].partition(":")
print(f"[sarama] 2026/11/25 08:31:10 Initializing new client\n[sarama] 2026/11/25 08:31:10 client/metadata fetching metadata for all topics from broker {host}:{port}", flush=True)
time.sleep(1)
try:
    socket.create_connection((socket.gethostbyname(host), int(port)), 3).close()
except socket.gaierror:
    print(f"[sarama] 2026/11/25 08:31:11 Failed to connect to broker {host}:{port}: dial tcp: lookup {host}: no such host", flush=True)
    print(f"2026/11/25 08:31:11 kafka: client has run out of available brokers to talk to: dial tcp: lookup {host}: no such host", file=sys.stderr)
    sys.exit(1)
time.sleep(86400)
