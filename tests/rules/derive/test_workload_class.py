"""What kind of work it is, by commands and images as people really write them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from probes._contract import Value
from tests.rules.derive.conftest import facts, told


def sort(image: str, command: str, name: str = "c1", more: Mapping[str, Value] | None = None) -> dict[str, Value]:
    who = f"container {name}"
    return told(facts({who: {"image": image, "command": command, **(more or {})}}), who, "class", "trains")


def says(word: str) -> dict[str, Value]:
    return {"class": word, "trains": word in ("training", "notebook")}


@pytest.mark.parametrize(
    ("expected", "image", "command", "name"),
    [
        ("training", "pytorch/pytorch:2.4.0-cuda12.1-cudnn9-runtime", "python train.py --epochs 10", "c1"),
        ("training", "registry.local:5000/ml/app:1", "torchrun --nproc_per_node 4 main.py", "c1"),
        ("training", "app:1", "accelerate launch run_clm.py", "c1"),
        ("training", "app:1", "deepspeed main.py --deepspeed ds.json", "c1"),
        ("training", "app:1", "python finetune_lora.py", "c1"),
        ("training", "app:1", "python -u /app/pretrain.py", "c1"),
        ("training", "app:1", "python main.py", "trainer"),
        ("training", "app:1", "python main.py", "churn-training"),
        ("notebook", "jupyter/scipy-notebook:latest", "tini -g -- start-notebook.py", "c1"),
        ("notebook", "app:1", "jupyter lab --ip=0.0.0.0", "c1"),
        ("notebook", "quay.io/jupyterhub/jupyterhub:5", "jupyterhub", "hub"),
        ("serving", "app:1", "uvicorn app:app --host 0.0.0.0 --port 8000", "c1"),
        ("serving", "app:1", "gunicorn -w 4 wsgi:app", "c1"),
        ("serving", "nvcr.io/nvidia/tritonserver:24.05-py3", "tritonserver --model-repository=/models", "c1"),
        ("serving", "vllm/vllm-openai:v0.5.4", "python3 -m vllm.entrypoints.openai.api_server --model m", "llm"),
        ("serving", "ghcr.io/mlflow/mlflow:v2.14.1", "mlflow server --host 0.0.0.0", "mlflow"),
        ("serving", "ghcr.io/mlflow/mlflow:v2.14.1", "mlflow models serve -m models:/rf/1", "c1"),
        ("serving", "app:1", "python main.py", "churn-api"),
        ("serving", "app:1", "python predict.py", "c1"),
        ("database", "postgres:16", "docker-entrypoint.sh postgres", "db"),
        ("database", "redis:7-alpine", "docker-entrypoint.sh redis-server", "cache"),
        ("database", "bitnami/mongodb:7", "mongod --bind_ip_all", "m"),
        ("database", "mysql:8", "docker-entrypoint.sh mysqld", "c1"),
        ("database", "quay.io/coreos/etcd:v3.5.9", "/usr/local/bin/etcd", "c1"),
        ("batch", "apache/spark:3.5.1", "spark-submit --master local etl.py", "c1"),
        ("batch", "app:1", "dbt run --target prod", "c1"),
        ("batch", "app:1", "python score.py", "nightly-scoring"),
        ("batch", "app:1", "python feature_build.py", "c1"),
        ("unknown", "busybox", "sleep infinity", "c1"),
        ("unknown", "nginx:1.27", "nginx -g 'daemon off;'", "proxy"),
        ("unknown", "python:3.12", "python main.py", "c1"),
        ("batch", "app:1", "python import_rows.py", "customer-importer"),
        ("unknown", "prom/prometheus:v2.53.0", "/bin/prometheus --config.file=/etc/prometheus/prometheus.yml", "prometheus"),
        ("unknown", "app:1", "python restrain.py", "c1"),
        ("unknown", "app:1", "python train.py", "api"),
        ("unknown", "app:1", "", "c1"),
    ],
)
def test_a_class_is_told_by_command_image_and_name(expected: str, image: str, command: str, name: str) -> None:
    assert says(expected) == sort(image, command, name)


@pytest.mark.parametrize(
    ("expected", "more"),
    [
        ("unknown", {}),
        ("training", {"env_names": ("PATH", "WORLD_SIZE")}),
        ("training", {"env_names": ("MASTER_ADDR", "MLFLOW_RUN_ID")}),
        ("unknown", {"env_names": ("MLFLOW_RUN_ID",)}),
        ("training", {"env_names": ("MLFLOW_RUN_ID",), "gpus_asked": True}),
        ("unknown", {"gpus_asked": True}),
        ("unknown", {"published_ports": ("8000->8000/tcp",)}),
        ("unknown", {"env_names": ("WORLD_SIZE",), "published_ports": ("8000->8000/tcp",)}),
        ("training", {"compose_service": "trainer"}),
        ("serving", {"compose_service": "inference"}),
    ],
)
def test_what_surrounds_a_container_counts_too(expected: str, more: Mapping[str, Value]) -> None:
    assert says(expected) == sort("app:1", "python main.py", more=more)


TRAINS, SERVES = "epoch 3 step 100 loss 1.92\n", "INFO:     Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)\n"


@pytest.mark.parametrize(
    ("expected", "image", "command", "name", "log"),
    [
        ("training", "app:1", "python main.py", "c1", TRAINS),
        ("training", "app:1", "python main.py", "nightly-job", "    optimizer.step()\n"),
        ("training", "app:1", "", "c1", "Epoch 1/3\n"),
        ("notebook", "jupyter/scipy-notebook:latest", "tini -g -- start-notebook.py", "c1", TRAINS),
        ("serving", "app:1", "uvicorn app:app", "api", TRAINS + SERVES),
        ("unknown", "app:1", "python main.py", "c1", TRAINS + SERVES),
        ("unknown", "app:1", "uvicorn app:app", "api", TRAINS),
        ("unknown", "app:1", "python main.py", "c1", "loaded model of epoch 12\n"),
        ("unknown", "train/app:1", "python main.py", "c1", ""),
        ("training", "train/app:1", "python main.py", "sft", ""),
    ],
)
def test_what_its_log_shows_of_a_training_counts_unless_it_serves(expected: str, image: str, command: str, name: str, log: str) -> None:
    assert says(expected) == sort(image, command, name, {"log_tail": log})


def test_a_registry_s_own_name_tells_nothing_of_the_image() -> None:
    assert says("unknown") == sort("postgres.example.com/train/app:1", "python main.py")


def test_a_command_that_nobody_saw_leaves_the_class_unseen() -> None:
    assert {"class": "unseen", "trains": "unseen"} == told(facts({"container c1": {"image": "postgres:16"}}), "container c1", "class", "trains")


@pytest.mark.parametrize(
    ("expected", "name", "command"),
    [
        ("training", "python3", "python3 train.py --lr 0.1"),
        ("notebook", "jupyter-lab", "/usr/bin/python3 /usr/bin/jupyter-lab"),
        ("serving", "tritonserver", None),
        ("database", "postgres", "postgres: writer process"),
        ("batch", "python3", "python3 nightly.py"),
        ("unknown", "python3", None),
        ("unknown", "bash", "-bash"),
    ],
)
def test_a_process_is_told_by_its_command_or_its_name(expected: str, name: str, command: str | None) -> None:
    who = f"process {name}[7]"

    assert says(expected) == told(facts({who: {"name": name, "command": command}}), who, "class", "trains")
