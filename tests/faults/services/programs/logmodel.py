"""Logs a model once, and stays."""

import time

import mlflow
import mlflow.pyfunc


def same(model_input: list[str]) -> list[str]:
    return model_input


mlflow.set_experiment("churn")
try:
    with mlflow.start_run():
        mlflow.pyfunc.log_model(name="model", python_model=same, pip_requirements=["mlflow"])
except Exception as error:  # noqa: BLE001  whatever it is, it is said
    print(f"{type(error).__name__}: {error}", flush=True)
else:
    print("the model is logged", flush=True)
time.sleep(86400)
