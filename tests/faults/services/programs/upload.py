"""Stores a small artifact of a run every few seconds."""

import os
import time

import mlflow

while True:
    try:
        mlflow.set_experiment(os.environ.get("EXPERIMENT", "churn"))
        with mlflow.start_run():
            mlflow.log_metric("loss", 0.1)
            mlflow.log_text("notes" * int(os.environ.get("TIMES", "1")), "notes.txt")
    except Exception as error:  # noqa: BLE001  whatever it is, it is said
        print(f"{type(error).__name__}: {error}", flush=True)
    else:
        print("the artifact is stored", flush=True)
    time.sleep(5)
