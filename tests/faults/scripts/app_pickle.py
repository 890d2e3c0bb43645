#!/usr/local/bin/python
"""Loads its model from a file."""

import os
import pickle
import time


def load_model(path: str) -> object:
    print(f"loading model from {path}", flush=True)
    with open(path, "rb") as source:
        return pickle.load(source)


load_model(os.environ.get("MODEL_PATH", "/models/churn/model.pkl"))
print("INFO:     Application startup complete.", flush=True)
while True:
    time.sleep(1)
