"""Does what a stage reads without listing it differ from what it was in the commit that recorded its last run?

stage /repo#prepare  stage.inputs_changed=("helper.py", "params.yaml: seed")  stage.run_commit="3f2a91c0d4"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from probes._access import Access
from probes._contract import Answer, Look, Probe, Spec, Subject, Unavailable, Value
from probes.dvc._document import DocumentError, mapping, yaml
from probes.dvc._history import Commit, History, NoHistoryError, is_blob
from probes.dvc._inputs import within
from probes.dvc._pipeline import Item, Stage
from probes.dvc._tree import Tree, at_tree, history, inputs, under_git, untracked
from probes.dvc.inputs import SLACK_S, written

MOST_BYTES = 20_000_000
MOST_FILES = 2000
GIVES = (
    Spec(
        name="stage.inputs_changed",
        type="texts",
        doc="What it reads without listing it, and is known to differ from what it was in the commit that recorded its last run.",
        covered_by="stage.inputs_read",
    ),
    Spec(
        name="stage.run_commit",
        type="text",
        doc="The commit that recorded its last run; none where it is not committed, or where there is nothing to compare with it.",
    ),
)


def look(access: Access, it: Tree, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look for each stage, or why Git does not tell."""
    for stage in it.stages:
        try:
            yield _look(access, it, stage)
        except NoHistoryError as error:
            detail = f"Git does not tell what the inputs of {stage.name} were at its last run: {error}."
            yield Unavailable(kind="stage", subject=it.stage(stage.name), why="refused", detail=detail, remedy=error.remedy, asked=it.asked)


def _look(access: Access, it: Tree, stage: Stage) -> Look:
    found = untracked(access, it, stage)
    asks = stage.recorded and under_git(access, it) and (found or any(one.keys for one in stage.params))
    past = history(access, it) if asks else None
    commit = past.recorded_in(stage) if past is not None else None
    values: dict[str, Value] = {"stage.inputs_changed": None, "stage.run_commit": None}
    if past is not None and commit is not None:
        changed = [path for path in found if _changed(access, it, past, commit, path) and not _before_the_run(access, it, stage, commit, path)]
        changed += _parameters(access, it, past, commit, stage)
        values = {"stage.inputs_changed": tuple(changed) or None, "stage.run_commit": commit.id[:10]}
    return Look(subject=it.stage(stage.name), values=values, command=f"cd {it.folder}; git diff --stat {commit.id[:10] if commit else 'HEAD'}")


def _before_the_run(access: Access, it: Tree, stage: Stage, commit: Commit, path: str) -> bool:
    """Whether it was written before the run that was then recorded, and committed later; known in the work tree of that run alone."""
    recorded = access.path(f"{it.folder}/{stage.lock}").stat().st_mtime
    place = access.path(f"{it.folder}/{path}")
    folders = [one.stat().st_mtime for one in (place, *place.rglob("*")) if one.is_dir()] if place.is_dir() else []
    return recorded <= commit.at + SLACK_S and max(written(path, access.path(it.folder)), *folders, 0.0) < recorded


def _changed(access: Access, it: Tree, past: History, commit: Commit, path: str) -> bool:
    """Whether a file, or one in a folder, is known to be another one now, to be gone, or to have come."""
    owner = _owner(it, path)
    if owner is not None:
        return _recorded_then(past, commit, owner[0], owner[1]) not in (None, owner[1].recorded and owner[1].recorded.value)
    blobs = past.blobs(commit.id)
    before = [one for one in blobs if within(one, path)]
    if len(before) > MOST_FILES:
        raise NoHistoryError(f"{path} holds more than {MOST_FILES} files", f"Compare it by hand: git diff {commit.id[:10]} -- {path}")
    come = before and any(within(one, path) and one not in blobs for one in past.blobs("HEAD"))
    return bool(come) or any(_differs(access, it, one, blobs[one]) for one in before)


def _differs(access: Access, it: Tree, path: str, object_id: str) -> bool:
    place = access.path(f"{it.folder}/{path}")
    if not place.is_file():
        return True
    if place.stat().st_size > MOST_BYTES:
        raise NoHistoryError(f"{path} is too large to be compared", f"Compare it by hand: git diff HEAD -- {path}")
    return not is_blob(place.read_bytes(), object_id)


def _owner(it: Tree, path: str) -> tuple[str, Item] | None:
    """The .dvc file or dvc.lock that records a file of DVC, and its output there."""
    for one in it.pipeline.makers:
        for out in one.outs:
            if within(path, out.path):
                return (one.lock if isinstance(one, Stage) else one.name), out
    return None


def _recorded_then(past: History, commit: Commit, file: str, out: Item) -> str | None:
    """The hash of an output in that commit; None where it was not recorded."""
    try:
        said = yaml(past.text(commit.id, file))
    except (DocumentError, NoHistoryError):
        return None
    groups = [said, *(said.get("stages") or {}).values()] if isinstance(said, dict) else []
    entries = [entry for group in groups if isinstance(group, dict) for entry in group.get("outs") or ()]
    name = out.path.rpartition("/")[2]
    found = [entry.get("md5") for entry in entries if isinstance(entry, dict) and str(entry.get("path")).rpartition("/")[2] == name]
    return str(found[0]) if len(found) == 1 and found[0] else None


def _parameters(access: Access, it: Tree, past: History, commit: Commit, stage: Stage) -> Iterator[str]:
    """Keys of its parameter files that have another value now, that its programs name, and that it does not list."""
    words = inputs(access, it, stage).words
    for wanted in stage.params:
        if not wanted.keys:
            continue
        try:
            now, then = mapping(access, f"{it.folder}/{wanted.file}"), yaml(past.text(commit.id, wanted.file))
        except (DocumentError, NoHistoryError, OSError):
            continue
        before, after = _leaves(then), _leaves(now)
        for key in sorted(before.keys() | after.keys()):
            listed = any(key == one or key.startswith(f"{one}.") for one in wanted.keys)
            if not listed and before.get(key) != after.get(key) and set(key.split(".")) <= words:
                yield f"{wanted.file}: {key}"


def _leaves(values: Any, above: str = "") -> Mapping[str, Any]:
    if not isinstance(values, dict) or not values:
        return {above: values} if above else {}
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= _leaves(value, f"{above}.{key}" if above else str(key))
    return found


PROBES = (
    Probe(
        name="dvc.changes",
        kind="stage",
        doc="Compares what stages read without listing it with the commit that recorded their last run.",
        gives=GIVES,
        look=at_tree("stage", look),
        stands_for=("git log -- dvc.lock", "git diff"),
        permissions=("read the work tree and its Git history",),
        cost=2,
        limit_s=20.0,
    ),
)
