#!/usr/local/bin/python
"""Prints the usual noise about a GPU that it does not need, then wants its configuration file."""

import sys
import time

print(
    "2026-11-24 02:11:07.204771: W tensorflow/stream_executor/platform/default/dso_loader.cc:64] Could not load dynamic library 'libcudart.so.11.0'; dlerror: libcudart.so.11.0: cannot open shared object file: No such file or directory",
    file=sys.stderr,
    flush=True,
)
print(
    "2026-11-24 02:11:07.204809: I tensorflow/stream_executor/cuda/cudart_stub.cc:29] Ignore above cudart dlerror if you do not have a GPU set up on your machine.",
    file=sys.stderr,
    flush=True,
)
print(
    "2026-11-24 02:11:07.301544: W tensorflow/stream_executor/cuda/cuda_driver.cc:269] failed call to cuInit: UNKNOWN ERROR (303)",
    file=sys.stderr,
    flush=True,
)
time.sleep(0.1)


def read_config() -> str:
    with open("/etc/serving/models.yaml") as source:
        return source.read()


read_config()
