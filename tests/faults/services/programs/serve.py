"""Loads the model that MODEL_URI names, however long it takes, and keeps it."""

import os
import time

import mlflow.pyfunc

while True:
    try:
        mlflow.pyfunc.load_model(os.environ["MODEL_URI"])
    except Exception as error:  # noqa: BLE001  whatever it is, it is said
        print(f"{type(error).__name__}: {error}", flush=True)
        time.sleep(5)
    else:
        print("the model is loaded", flush=True)
        time.sleep(86400)
