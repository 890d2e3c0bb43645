"""Reads its model; what lies there is what a storage said instead of the model."""

import pickle
import time

print("sentiment: loading /models/sentiment/model.pkl", flush=True)
time.sleep(1)
with open("/models/sentiment/model.pkl", "rb") as file:
    model = pickle.load(file)
time.sleep(86400)
