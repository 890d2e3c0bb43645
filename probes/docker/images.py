"""Is an image there, for which architecture was it built, and what does it run?

image trainer:1.4  exists=true  architecture=arm64  entrypoint="python train.py"
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from probes._access import Access
from probes._contract import Answer, Look, Probe, Spec, Subject, Value
from probes._fact import Fact, fact, shell, taken
from probes.docker._engine import Engine, EngineError, opened, unavailable
from probes.docker._shapes import Config, Image
from probes.docker._times import seconds

_REFERENCE = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._:@/-]*")


def _config(it: Image) -> Config:
    return it.config or Config()


_FACTS: tuple[Fact[Image], ...] = (
    fact("image.exists", "bool", lambda _: True, "The engine has it; all other signals are none where it has not."),
    fact("image.id", "text", lambda it: it.id, "Id: the digest of its configuration."),
    fact("image.architecture", "text", lambda it: it.architecture or None, "Architecture, as Go says it: amd64, arm64."),
    fact("image.os", "text", lambda it: it.os or None, "Os."),
    fact("image.created_at", "time", lambda it: seconds(it.created), "Created: when it was built; none if the build says no time."),
    fact("image.entrypoint", "text", lambda it: shell(_config(it).entrypoint), "Config.Entrypoint, quoted for a shell."),
    fact("image.cmd", "text", lambda it: shell(_config(it).cmd), "Config.Cmd, quoted for a shell."),
    fact("image.size_bytes", "int", lambda it: it.size, "Size: all its layers, unpacked.", "bytes"),
)

SPECS: tuple[Spec, ...] = tuple(spec for spec, _ in _FACTS)


def look(access: Access, subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look for each image given by a reference."""
    try:
        with opened(access) as engine:
            for subject in subjects:
                if _REFERENCE.fullmatch(subject.key) and ".." not in subject.key:
                    yield _answer(engine, access, subject)
    except EngineError as error:
        yield unavailable(error, access, "image")


def _answer(engine: Engine, access: Access, subject: Subject) -> Answer:
    try:
        return _look(subject, engine.decode(f"/images/{subject.key}/json", Image))
    except EngineError as error:
        return _look(subject, None) if error.status == 404 else unavailable(error, access, "image", subject)


def _look(subject: Subject, it: Image | None) -> Look:
    found: dict[str, Value] = dict.fromkeys(spec.name for spec in SPECS)
    values = found | {"image.exists": False} if it is None else taken(_FACTS, it)
    return Look(subject=subject, values=values, command=f"docker image inspect {subject.key}")


PROBES = (
    Probe(
        name="docker.images",
        kind="image",
        doc="Inspects images that a Docker engine has.",
        gives=SPECS,
        look=look,
        stands_for=("docker image inspect",),
        sweeps=False,
        permissions=("read /var/run/docker.sock (GET /images/{name}/json)",),
        cost=2,
    ),
)
