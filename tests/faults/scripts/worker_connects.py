"""Needs its peer before it can do anything."""

import os
import socket


def connect() -> socket.socket:
    host, port = os.environ["PEER"].split(":")
    print(f"connecting to {host}:{port}", flush=True)
    return socket.create_connection((host, int(port)), timeout=5)


def main() -> None:
    connect().sendall(b"hello\n")


main()
