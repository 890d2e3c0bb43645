"""The stages of a DVC repository as they are written down, and what the last run of each recorded.

stage /repo#train  stage.command="python train.py"  stage.frozen=True  stage.deps=("data/raw.csv", "train.py")  stage.recorded=True
"""

from __future__ import annotations

from collections.abc import Iterator

from probes._access import Access
from probes._contract import Answer, Look, Probe, Relation, Spec, Subject, Swept, Unavailable, Value
from probes.dvc._pipeline import Stage
from probes.dvc._tree import Tree, at_tree

GIVES = (
    Spec(name="stage.name", type="text", doc="As DVC addresses it: train, or sub/dvc.yaml:train."),
    Spec(name="stage.file", type="text", doc="The dvc.yaml that it stands in."),
    Spec(name="stage.command", type="text", doc="What it runs."),
    Spec(name="stage.deps", type="texts", doc="Files and folders that it lists as dependencies."),
    Spec(name="stage.outs", type="texts", doc="Files and folders that it makes."),
    Spec(name="stage.lists_deps", type="bool", doc="Whether it lists a dependency or a parameter at all."),
    Spec(name="stage.frozen", type="bool", doc="Whether it is frozen: DVC then looks at its outputs alone."),
    Spec(name="stage.recorded", type="bool", doc="Whether dvc.lock knows a run of it."),
    Spec(name="stage.lost_deps", type="texts", doc="Dependencies that are not there and that nothing in the repository makes."),
)


def look(access: Access, it: Tree, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look for each stage that could be read, and why not for the rest."""
    made = {out.path for one in it.pipeline.makers for out in one.outs}
    for stage in it.stages:
        subject = it.stage(stage.name)
        yield Look(subject=subject, values=_values(access, it, stage, made), command=f"cat {it.folder}/{stage.file}")
        yield Relation("in", subject, it.subject)
    for unread in it.pipeline.unread:
        why = f"{unread.why[0].upper()}{unread.why[1:]}."
        remedy = f"Look at it by hand: dvc status {unread.stage}" if unread.stage else f"Mend {it.folder}/{unread.file}."
        named = it.stage(unread.stage) if unread.stage else None
        yield Unavailable(kind="stage", subject=named, why="garbled", detail=why, remedy=remedy, asked=it.asked)
    whole = it.pipeline.complete and len(it.stages) == len(it.pipeline.stages)
    yield Swept(kind="stage", scope=it.folder, count=len(it.stages), complete=whole and not it.pipeline.unread)


def _values(access: Access, it: Tree, stage: Stage, made: set[str]) -> dict[str, Value]:
    local = [dep.path for dep in stage.deps if not dep.remote]
    lost = [path for path in local if not _made(path, made) and not access.path(path if path.startswith("/") else f"{it.folder}/{path}").exists()]
    return {
        "stage.name": stage.name,
        "stage.file": stage.file,
        "stage.command": stage.command if isinstance(stage.command, str) else "\n".join(stage.command),
        "stage.deps": tuple(dep.path for dep in stage.deps),
        "stage.outs": tuple(out.path for out in stage.outs),
        "stage.lists_deps": bool(stage.deps or stage.params),
        "stage.frozen": stage.frozen,
        "stage.recorded": stage.recorded,
        "stage.lost_deps": tuple(lost) or None,
    }


def _made(path: str, made: set[str]) -> bool:
    """Whether it is an output, in one, or holds one."""
    return any(path == out or path.startswith(f"{out}/") or out.startswith(f"{path}/") for out in made)


PROBES = (
    Probe(
        name="dvc.stages",
        kind="stage",
        doc="Reads dvc.yaml and dvc.lock: the stages, what they list, and what is recorded of their last run.",
        gives=GIVES,
        look=at_tree("stage", look),
        stands_for=("dvc dag",),
        relations=("stage in repo",),
        permissions=("read the work tree",),
        limit_s=15.0,
    ),
)
