"""Which Python programs outside of containers, in the network that we are in, name an MLflow, an object store or a registered model?

process python (pid 812)  tracking_uri=http://localhost:5000
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from probes import _environment, _writing
from probes._access import Access
from probes._contract import Answer, Look, Probe, Relation, Spec, Subject, Value
from probes.host import _aws
from probes.host._clock import booted_at
from probes.host._proc import host, text_or_empty
from probes.host._process import SPECS, running, seen, subject

MOST = 30
_PROGRAMS = re.compile(r"(?:python|mlflow|gunicorn|uvicorn|jupyter|ipython|ray|dvc)")
"""Beginnings of short names; what merely inherits the variables, such as a shell, uses none of this."""
FILES = Spec(name="process.aws_files", type="texts", doc="Files of AWS's clients that are there for it: credentials and config.")
SESSION = Spec(
    name="process.aws_session_ends",
    type="time",
    doc="When the session of its profile that `aws sso login` left in its home ends; none without one, or where it is renewed by itself.",
)
_NAMING = tuple(f"process.{name}" for name in ("tracking_uri", "registry_uri", "s3_endpoint", "model_uri", "server_port"))
"""What makes a program one to tell of."""


def look(access: Access, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look at the first of the processes that name one of them and whose environment may be read. OSError if /proc is not there."""
    told = 0
    boot, machine = booted_at(access), host(access)
    for process in seen(access):
        if told >= MOST or process.pid == os.getpid() or not _PROGRAMS.match(process.name) or _apart(access, process.pid):
            continue
        found = _told(access, process.pid)
        values = running(access, process, boot)
        if not any(found[name] for name in _NAMING) or values["process.container_id"] is not None:
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


def _told(access: Access, pid: int) -> dict[str, Value]:
    """proc_pid_environ(5): as it was at the start; what a program set for itself later is not seen."""
    variables, words = (text_or_empty(access, f"/proc/{pid}/{name}").split("\0") for name in ("environ", "cmdline"))
    writing = _writing.values("process", _writing.pairs(variables), words, access.redactor)
    aws = _aws.of(dict(line.split("=", 1) for line in variables if "=" in line))
    found = {"process.aws_files": _aws.files(access, aws) or None, "process.aws_session_ends": _aws.session_ends(access, aws)}
    return {**_environment.uris("process", _environment.pairs(variables), words), **writing, **found}


PROBES = (
    Probe(
        name="host.environment",
        kind="process",
        doc="Reads where processes outside of containers say their MLflow, object store and model are, and by which variables they are known to AWS.",
        gives=(*SPECS, *_environment.specs("process"), *_writing.specs("process"), FILES, SESSION),
        relations=("process on host",),
        look=look,
        stands_for=("cat /proc/PID/environ",),
        permissions=("root, or CAP_SYS_PTRACE, to read the environment of other users' processes",),
        limit_s=5.0,
    ),
)
