"""Three runs of an experiment, and the model of each as a version of `churn`."""

import mlflow
import mlflow.pyfunc


def same(model_input: list[str]) -> list[str]:
    return model_input


mlflow.set_experiment("churn")
named = "name" if mlflow.__version__.startswith("3.") else "artifact_path"
for _ in range(3):
    with mlflow.start_run():
        mlflow.pyfunc.log_model(**{named: "model"}, python_model=same, pip_requirements=["mlflow"], registered_model_name="churn")
