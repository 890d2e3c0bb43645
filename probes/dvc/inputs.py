"""What does a stage read without listing it, and was any of that written after its last run?

stage /repo#prepare  stage.inputs_untracked=("helper.py",)  stage.inputs_newer=("helper.py",)
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from probes._access import Access
from probes._contract import Answer, Look, Probe, Spec, Subject
from probes.dvc._inputs import files_in
from probes.dvc._pipeline import Stage
from probes.dvc._tree import Tree, at_tree, inputs, untracked

SLACK_S = 2.0
"""Files written together have times that differ by this much."""

GIVES = (
    Spec(name="stage.inputs_read", type="bool", doc="Whether every program of its command is Python of this repository that could be read."),
    Spec(
        name="stage.inputs_untracked",
        type="texts",
        doc="Files of the repository that its programs import or open and that it does not list.",
        covered_by="stage.inputs_read",
    ),
    Spec(
        name="stage.inputs_newer",
        type="texts",
        doc="Those written later than dvc.lock by the file system's times; none where none was.",
        covered_by="stage.inputs_read",
    ),
    Spec(name="stage.inputs_written_at", type="time", doc="When the newest of what it does not list was written, in this work tree."),
    Spec(name="stage.ran_at", type="time", doc="When dvc.lock was last written; none where it knows no run."),
)


def look(access: Access, it: Tree, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look for each stage."""
    for stage in it.stages:
        found = untracked(access, it, stage)
        lock = access.path(f"{it.folder}/{stage.lock}")
        ran_at = lock.stat().st_mtime if stage.recorded else None
        times = {path: written(path, access.path(it.folder)) for path in found}
        newer = [path for path, at in times.items() if ran_at is not None and at > ran_at + SLACK_S]
        values = {
            "stage.inputs_read": inputs(access, it, stage).complete,
            "stage.inputs_untracked": found or None,
            "stage.inputs_newer": tuple(newer) or None,
            "stage.inputs_written_at": max(times.values(), default=None),
            "stage.ran_at": ran_at,
        }
        yield Look(subject=it.stage(stage.name), values=values, command=_command(it, stage, found))


def written(path: str, root: Path) -> float:
    """When a file, or the newest in a folder, was written."""
    times = [os.stat(root / one).st_mtime for one in files_in(path, root) if (root / one).exists()]  # noqa: PTH116  # Path.stat is the same
    return max(times, default=0.0)


def _command(it: Tree, stage: Stage, found: tuple[str, ...]) -> str:
    return f"cd {it.folder}; ls -lt {stage.lock} {' '.join(found[:5])}".rstrip()


PROBES = (
    Probe(
        name="dvc.inputs",
        kind="stage",
        doc="Reads the Python programs of stages and finds what they import and open of the repository without listing it.",
        gives=GIVES,
        look=at_tree("stage", look),
        stands_for=("grep -n import",),
        permissions=("read the work tree",),
        limit_s=20.0,
    ),
)
