"""Where containers of a cluster say their MLflow is: in plain values and ConfigMaps, never in Secrets."""

from __future__ import annotations

from typing import Any

import pytest

from probes._contract import Unavailable
from probes.kubernetes import environment

from .conftest import Api, Object, looks, pod

(PROBE,) = environment.PROBES
MAP = "/api/v1/namespaces/ml/configmaps/tracking"


def with_env(*env: Object, source: tuple[Object, ...] = ()) -> Object:
    made = pod(phase="Running")
    made["spec"]["containers"][0] |= {"env": list(env), "envFrom": list(source)}
    return made


def refer(kind: str) -> Object:
    return {"name": "MLFLOW_TRACKING_URI", "valueFrom": {f"{kind}KeyRef": {"name": "tracking", "key": "uri"}}}


@pytest.fixture
def uri(api: Api, run: Any, hands: Any) -> Any:
    """What is told of the one container, or why not."""

    def ask(made: Object) -> Any:
        api.put("pods", made)
        found = run(PROBE, hands())
        (values,) = looks(found, "container").values() or ({},)
        gaps = [one for one in found if isinstance(one, Unavailable)]
        return values.get("tracking_uri") if not gaps else gaps[0].why

    return ask


def test_a_plain_value_is_read(uri: Any) -> None:
    assert uri(with_env({"name": "MLFLOW_TRACKING_URI", "value": "http://u:hunter22x@mlflow:5000/"})) == "http://mlflow:5000"


def test_a_config_map_is_read_where_it_may_be(api: Api, uri: Any) -> None:
    api.answer(MAP, 200, {"data": {"uri": "http://mlflow:5000"}})

    assert uri(with_env(refer("configMap"))) == "http://mlflow:5000"


def test_a_whole_config_map_gives_way_to_a_value_of_its_own(api: Api, uri: Any) -> None:
    api.answer(MAP, 200, {"data": {"MLFLOW_TRACKING_URI": "http://old:5000", "OTHER": "x"}})

    assert uri(with_env({"name": "MLFLOW_TRACKING_URI", "value": "http://new:5000"}, source=({"configMapRef": {"name": "tracking"}},))) == "http://new:5000"


def test_a_config_map_that_is_refused_leaves_it_unseen(api: Api, uri: Any) -> None:
    api.answer(MAP, 403)

    assert uri(with_env(refer("configMap"))) == "forbidden"


@pytest.mark.parametrize("made", [with_env(refer("secret")), with_env(source=({"secretRef": {"name": "all"}},))])
def test_a_secret_is_never_asked_for(api: Api, uri: Any, made: Object) -> None:
    assert uri(made) == "forbidden"
    assert not [path for path in api.asked if "secret" in path or "configmap" in path]


def test_no_variable_is_none(uri: Any) -> None:
    assert uri(with_env({"name": "PORT", "value": "80"})) is None
