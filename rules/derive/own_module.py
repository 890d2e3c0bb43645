"""Is the module that the log misses the program's own? Then no package index would help: the command or its folder is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping

from probes._contract import Spec, Value
from rules._derivation import Derivation, Given

_RUNNERS = frozenset({
    "accelerate", "airflow", "bentoml", "celery", "deepspeed", "flask", "gunicorn", "hypercorn", "jupyter", "mlflow", "pytest", "ray", "streamlit",
    "torch", "uvicorn", "vllm",
})  # fmt: skip
"""Commands name these too, but a package index has them."""

_IMPORTS = re.compile(r"\b(?:import|from)\s+[\w.]+")
"""Code in a command (`python -c "import x"`) names what it needs, not what is its own."""


def _own(given: Given) -> Mapping[str, Value]:
    module = given.text("container.log_module").partition(".")[0]
    words = set(re.split(r"[\s'\"/.:=,]+", _IMPORTS.sub(" ", given.text("container.command"))))
    folder = given.text("container.working_dir").rstrip("/").rpartition("/")[2]
    return {"container.module_is_own": bool(module) and module not in _RUNNERS and (module in words or module == folder)}


DERIVATIONS = (
    Derivation(
        kind="container",
        gives=(Spec(name="container.module_is_own", type="bool", doc="the module that its log misses is named by its command or folder"),),
        needs=("container.log_module", "container.command"),
        wants=("container.working_dir",),
        function=_own,
    ),
)
