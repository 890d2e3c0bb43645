"""Is the module that the log misses the program's own?"""

from __future__ import annotations

import pytest

from tests.rules.derive.conftest import facts, told


@pytest.mark.parametrize(
    ("expected", "error", "command", "folder"),
    [
        (True, "ModuleNotFoundError: No module named 'main'", "uvicorn main:app --port 8000", None),
        (True, "ModuleNotFoundError: No module named 'src'", "python -m src.train --config a.yaml", "/app"),
        (True, "ModuleNotFoundError: No module named 'src.data'", "python src/train.py", "/app"),
        (True, "ModuleNotFoundError: No module named 'ranker'", "python train.py", "/opt/ranker/"),
        (True, "ModuleNotFoundError: No module named 'wsgi'", "gunicorn 'wsgi:app'", None),
        (False, "ModuleNotFoundError: No module named 'xgboost'", "python train.py", "/app"),
        (False, "ModuleNotFoundError: No module named 'app_utils'", "python app.py", "/app"),
        (False, "ModuleNotFoundError: No module named 'sr'", "python -m src.train", "/app"),
        (False, "ValueError: bad shape", "python -m src.train", "/app"),
        (False, "ModuleNotFoundError: No module named 'xgboost'", None, None),
        (False, "", "python -m src.train", "/"),
    ],
)
def test_a_module_is_own_if_the_command_or_the_folder_names_it(expected: bool, error: str, command: str | None, folder: str | None) -> None:
    found = facts({"container app": {"log_tail": error, "command": command, "working_dir": folder}})

    assert {"module_is_own": expected} == told(found, "container app", "module_is_own")


def test_where_nobody_read_the_log_it_is_unseen() -> None:
    assert {"module_is_own": "unseen"} == told(facts({"container app": {"command": "python -m src"}}), "container app", "module_is_own")
