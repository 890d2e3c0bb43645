"""Opens the weights of an intent classifier, in the words of safetensors."""

import struct
import time

PATH = "/models/intent/model.safetensors"


class SafetensorError(Exception):
    pass


def safe_open(path):
    with open(path, "rb") as source:
        size = struct.unpack("<Q", source.read(8))[0]
    if size > 100_000_000:
        raise SafetensorError("Error while deserializing header: HeaderTooLarge")


print("INFO:     Started server process [1]\nINFO:     Waiting for application startup.", flush=True)
time.sleep(1)
safe_open(PATH)
print("INFO:     Application startup complete.", flush=True)
