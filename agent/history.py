"""The last runs of this person on this machine, so that `diagnose verify ID` finds a case and looks at the same systems again.

One file a run in $XDG_STATE_HOME/diagnose (~/.local/state/diagnose), for its owner alone; where nothing may be written, nothing is kept.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from agent.discover import Target
from agent.pipeline import Run
from agent.report.model import Report
from agent.settings import Settings
from probes._redact import Redactor

MOST = 10
MOST_BYTES = 64_000_000


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A run's report, and the settings that name what it looked at."""

    settings: dict[str, str]
    report: Report


def folder(environ: Mapping[str, str]) -> Path | None:
    """Where runs are kept; None for somebody without a home."""
    state = environ.get("XDG_STATE_HOME", "")
    if os.path.isabs(state):  # noqa: PTH117  # the specification wants relative ones ignored
        return Path(state) / "diagnose"
    home = environ.get("HOME", "")
    return Path(home) / ".local" / "state" / "diagnose" if os.path.isabs(home) else None  # noqa: PTH117  # likewise


def keep(environ: Mapping[str, str], run: Kept) -> bool:
    """Keep a run, and forget all but the last few. Whether that was possible: on a full disk, say, it is not, and nothing is left behind."""
    place = folder(environ)
    if place is None:
        return False
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(place / f"{run.report.now:017.3f}.json", msgspec.json.encode(run))
    except (OSError, UnicodeEncodeError):
        return False
    with contextlib.suppress(OSError):
        for old in _files(place)[MOST:]:
            old.unlink()
    return True


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, for its owner alone. OSError."""
    handle, beside = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(beside).replace(path)
    except OSError:
        Path(beside).unlink(missing_ok=True)
        raise


def remembered(run: Run, settings: Settings, targets: Sequence[Target], environ: Mapping[str, str]) -> Run:
    """The run, kept if it can be; its report and bundle then say so."""
    report = msgspec.structs.replace(run.report, kept=True)
    if not keep(environ, Kept(to_find_again(settings, targets), report)):
        return run
    return Run(report=report, bundle=msgspec.structs.replace(run.bundle, kept=True))


def runs(environ: Mapping[str, str]) -> Iterator[Kept]:
    """The runs that are kept, the last one first; a file that is none is passed over."""
    place = folder(environ)
    for path in _files(place) if place is not None else ():
        with contextlib.suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            if path.stat().st_size <= MOST_BYTES:
                yield msgspec.json.decode(path.read_bytes(), type=Kept)


def _files(place: Path) -> list[Path]:
    try:
        return sorted((path for path in place.iterdir() if path.suffix == ".json" and path.name[:1] != "."), reverse=True)
    except OSError:
        return []


def to_find_again(settings: Settings, targets: Sequence[Target]) -> dict[str, str]:
    """The settings that name these targets, without secrets: a kubeconfig's current context, a socket or a folder may be another next time."""
    found = {"rules": str(Path(settings.rules).resolve()) if settings.rules else "", "bucket": settings.bucket, "namespace": settings.namespace}
    for one in targets:
        if one.system == "kubernetes":
            found |= {"context": one.options.get("context", ""), "kubeconfig": one.options.get("config", "")}
        elif one.system in ("docker", "prometheus", "mlflow"):
            found[one.system] = one.address
        elif one.system == "dvc":
            found["repo"] = one.address
    redactor = Redactor()
    return {name: value for name, value in found.items() if value and "@" not in value and redactor.text(value) == value}
