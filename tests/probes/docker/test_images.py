"""Images: there, not there, or not to be read."""

from __future__ import annotations

from probes._contract import Subject, Unavailable
from probes.docker.images import PROBES

from .conftest import RunProbe, ServeEngine, looks
from .scripted import Scripted, capture, refusal

(PROBE,) = PROBES
NOTHING = dict.fromkeys(spec.name for spec in PROBE.gives)


def images(*references: str) -> list[Subject]:
    return [Subject("image", reference) for reference in references]


def test_every_signal_of_an_image(run: RunProbe, serve: ServeEngine) -> None:
    hands = serve(Scripted({"/images/busybox:test/json": capture("image.json")}))
    expected = {
        "image.exists": True,
        "image.id": "sha256:6fa020ff36d161ea51f4c35e8cd0a0e3b7712c7da96165511690e3e42e36dba5",
        "image.architecture": "amd64",
        "image.os": "linux",
        "image.created_at": 1795560691.586361,
        "image.entrypoint": None,
        "image.cmd": "sh",
        "image.size_bytes": 1984172,
    }

    assert {"busybox:test": expected} == looks(run(PROBE, hands, *images("busybox:test")))


def test_an_image_with_an_entrypoint_and_no_date(run: RunProbe, serve: ServeEngine) -> None:
    image = {"Id": "sha256:1", "Created": "0001-01-01T00:00:00Z", "Config": {"Entrypoint": ["python", "train me.py"], "Cmd": None}, "Size": 1}
    hands = serve(Scripted({"/images/registry.example:5000/ml/trainer@sha256:1/json": image}))
    expected = NOTHING | {"image.exists": True, "image.id": "sha256:1", "image.entrypoint": "python 'train me.py'", "image.size_bytes": 1}

    assert [expected] == list(looks(run(PROBE, hands, *images("registry.example:5000/ml/trainer@sha256:1"))).values())


def test_an_image_that_is_not_there_does_not_exist(run: RunProbe, serve: ServeEngine) -> None:
    hands = serve(Scripted({"/images/gone:1/json": refusal(404, "No such image: gone:1")}))

    assert {"gone:1": NOTHING | {"image.exists": False}} == looks(run(PROBE, hands, *images("gone:1")))


def test_an_image_that_cannot_be_read_is_not_called_missing(run: RunProbe, serve: ServeEngine) -> None:
    hands = serve(Scripted({"/images/a:1/json": refusal(500, "boom"), "/images/b:1/json": capture("image.json")}))
    found = run(PROBE, hands, *images("a:1", "b:1"))

    assert [("refused", Subject("image", "a:1"))] == [(gap.why, gap.subject) for gap in found if isinstance(gap, Unavailable)]
    assert ["b:1"] == list(looks(found))


def test_what_is_no_reference_is_not_asked_for(run: RunProbe, serve: ServeEngine) -> None:
    script = Scripted({})

    assert [] == run(PROBE, serve(script), *images("../../info", "a/../../b", "", "a b", "?x=1"))
    assert ["GET /version"] == script.asked
