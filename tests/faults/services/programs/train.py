"""Logs a run every few seconds."""

import time

import mlflow

while True:
    try:
        with mlflow.start_run():
            mlflow.log_metric("loss", 0.1)
    except Exception as error:  # noqa: BLE001  whatever it is, it is said
        print(f"{type(error).__name__}: {error}", flush=True)
    else:
        print("a run is logged", flush=True)
    time.sleep(5)
