"""Which Python programs outside of containers, in the network that we are in, name an MLflow, an object store or a registered model?

process python (pid 812)  tracking_uri=http://localhost:5000
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from probes import _environment
from probes._access import Access
from probes._contract import Answer, Look, Probe, Relation, Subject, Value
from probes.host._clock import booted_at
from probes.host._proc import host, text_or_empty
from probes.host._process import SPECS, running, seen, subject

MOST = 10
_PROGRAMS = re.compile(r"(?:python|mlflow|gunicorn|uvicorn|jupyter|ipython|ray|dvc)")
"""Beginnings of short names; what merely inherits the variables, such as a shell, uses none of this."""


def look(access: Access, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look at the first of the processes that name one of them and whose environment may be read. OSError if /proc is not there."""
    told = 0
    boot, machine = booted_at(access), host(access)
    for process in seen(access):
        if told >= MOST or process.pid == os.getpid() or not _PROGRAMS.match(process.name) or _apart(access, process.pid):
            continue
        found = _uris(access, process.pid)
        values = running(access, process, boot)
        if not any(found.values()) or values["process.container_id"] is not None:
            continue
        told += 1
        one = subject(process.name, process.pid)
        yield Look(
            subject=one, values={**values, **found}, command=f"tr '\\0' '\\n' < /proc/{process.pid}/environ | grep -E 'MLFLOW|MODEL|AWS_ENDPOINT'"
        )
        yield Relation("on", one, machine)


def _apart(access: Access, pid: int) -> bool:
    """Whether it is known to have another network than ours, as in a container of an engine that nobody asked: its loopback and its names are not ours."""
    try:
        its, ours = (access.path(f"/proc/{who}/ns/net").readlink() for who in (pid, "self"))
    except OSError:
        return False
    return its != ours


def _uris(access: Access, pid: int) -> dict[str, Value]:
    """proc_pid_environ(5): as it was at the start; what a program set for itself later is not seen."""
    variables, words = (text_or_empty(access, f"/proc/{pid}/{name}").split("\0") for name in ("environ", "cmdline"))
    return _environment.uris("process", _environment.pairs(variables), words)


PROBES = (
    Probe(
        name="host.environment",
        kind="process",
        doc="Reads where processes outside of containers say their MLflow, object store and model are.",
        gives=(*SPECS, *_environment.specs("process")),
        relations=("process on host",),
        look=look,
        stands_for=("cat /proc/PID/environ",),
        permissions=("root, or CAP_SYS_PTRACE, to read the environment of other users' processes",),
        limit_s=5.0,
    ),
)
