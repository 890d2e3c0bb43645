"""Registers what MODEL_URI names as `churn`."""

import os

import mlflow

mlflow.register_model(os.environ["MODEL_URI"], "churn")
