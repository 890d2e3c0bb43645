"""What is said of uploads of real MLflow servers of both major versions to a real store, well and broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from agent.discover import Target
from agent.pipeline import diagnose
from agent.settings import Settings
from tests.stack.mlflow import MLflow
from tests.stack.mlflow import mlflow as started
from tests.stack.s3 import READ, WRITE, Keys, Store, allow

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("nobody")]
ROW = "mlflow/artifact-upload-fails"
Said = list[tuple[str, tuple[str, ...]]]


def said(server: MLflow, store: Store) -> Said:
    """Of each incident of the row: how sure, and which causes. It is asked without credentials of our own."""
    targets = [Target("mlflow", server.url, asked=True), Target("s3", "s3://uploads", asked=True, options={"endpoint": store.url})]
    report = diagnose(Settings(deadline=90), targets).report
    return [(one.band, one.named_ids) for one in report.incidents if one.row == ROW]


@pytest.fixture(scope="module")
def keys(s3: Store) -> Keys:
    found = s3.user("uploader")
    s3.bucket("uploads", allow("uploads", found, *READ, *WRITE))
    return found


@pytest.fixture(scope="module", params=[2, 3])
def server(request: pytest.FixtureRequest, s3: Store, keys: Keys) -> Iterator[MLflow]:
    with started(request.param, artifacts="s3://uploads", environment=s3.settings(keys)) as it:
        it.post("experiments/search", {"max_results": 1})
        yield it


def test_a_server_that_writes_is_not_spoken_of_and_nothing_is_written(server: MLflow, s3: Store) -> None:
    before = len(s3.operations())

    assert [] == said(server, s3)
    assert {"HeadBucket", "ListObjectsV2"} >= set(s3.operations()[before:])


BROKEN: dict[str, tuple[Callable[[Store, Keys], AbstractContextManager[None]], Said, Said]] = {
    # a state, and what can be known of it by the answers of MLflow 2 and of MLflow 3
    "no bucket": (lambda it, _keys: it.without_bucket("uploads"), [("diagnosed", ("bucket-doesnt-exist",))], [("diagnosed", ("bucket-doesnt-exist",))]),
    "stopped": (lambda it, _keys: it.stopped(), [("diagnosed", ("network-issue",))], [("diagnosed", ("network-issue",))]),
    "refused": (lambda it, keys: it.denying("uploads", keys, *READ, *WRITE), [], [("likely", ("no-s3-permissions",))]),
    "unknown key": (lambda it, keys: it.without_user(keys), [], [("likely", ("wrong-keys",))]),
}


@pytest.mark.parametrize("state", BROKEN)
def test_what_is_wrong_is_told_as_far_as_it_can_be_known(server: MLflow, s3: Store, keys: Keys, state: str) -> None:
    broken, of_2, of_3 = BROKEN[state]
    third = '"3.' in f'"{server.ask("GET", "/version").text}'
    with broken(s3, keys):
        found = said(server, s3)

    assert (of_3 if third else of_2) == [one for one in found if one[0] != "undetermined"]
    assert found, "something is said"


def logged(server: MLflow, experiment: str, status: str) -> None:
    """A model that a client logs, and what it then says of it."""
    model = server.post("logged-models", {"experiment_id": experiment, "name": "model"}).json["model"]["info"]["model_id"]
    answer = server.ask("PATCH", f"/api/2.0/mlflow/logged-models/{model}", {"model_id": model, "status": status})
    assert answer.status == 200, answer.text


def test_a_model_that_was_not_stored_speaks_until_a_later_one_is(s3: Store, keys: Keys) -> None:
    with started(3, artifacts="s3://uploads", environment=s3.settings(keys)) as server:
        churn, fraud = (server.experiment(name) for name in ("churn", "fraud"))
        logged(server, churn, "LOGGED_MODEL_READY")
        logged(server, churn, "LOGGED_MODEL_UPLOAD_FAILED")
        logged(server, fraud, "LOGGED_MODEL_READY")
        ((band, causes),) = said(server, s3)
        logged(server, churn, "LOGGED_MODEL_READY")

        assert "undetermined" == band
        assert {"no-s3-permissions", "store-full", "body-limit", "checksum-incompat"} == set(causes)
        assert [] == said(server, s3)
