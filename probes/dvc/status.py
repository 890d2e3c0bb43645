"""Which stages would DVC run again, and why? By hashes of the work tree's files, as `dvc status` would say it.

stage /repo#train  stage.would_rerun=True  stage.rerun_because=("dependency data/raw.csv changed",)
"""

from __future__ import annotations

from collections.abc import Iterator

from probes._access import Access
from probes._contract import Answer, Look, Probe, Spec, Subject, Unavailable
from probes.dvc._status import Changes, Comparison
from probes.dvc._tree import Tree, at_tree

GIVES = (
    Spec(name="stage.would_rerun", type="bool", doc="Whether dvc repro would run it now, by what it lists."),
    Spec(name="stage.rerun_because", type="texts", doc="What would make it run; none where nothing would."),
    Spec(name="stage.deps_changed", type="texts", doc="Dependencies and parameter files that differ from dvc.lock, also of a frozen stage."),
    Spec(
        name="stage.imports_behind",
        type="texts",
        doc='Dependencies that were imported (dvc import-url) from a path of this machine where another file is now: "rates.csv.dvc from /srv/rates.csv".',
    ),
)


def look(access: Access, it: Tree, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look for each stage that could be compared; for others what was not."""
    comparison = Comparison(access, it.folder, it.config)
    imports = {out.path: one for one in it.pipeline.tracked if one.sources for out in one.outs}
    for stage in it.stages:
        mine = dict.fromkeys(imports[dep.path].name for dep in stage.deps if dep.path in imports)
        behind = tuple(f"{one.name} from {source}" for one in it.pipeline.tracked if one.name in mine for source in comparison.moved_on(one))
        yield _answer(it, stage.name, comparison.stage(stage), behind)


def _answer(it: Tree, name: str, changes: Changes, behind: tuple[str, ...]) -> Answer:
    if changes.reruns is None or (changes.frozen and changes.unseen):
        path, why = next(iter(changes.unseen.items()))
        more = f", and {len(changes.unseen) - 1} more" if len(changes.unseen) > 1 else ""
        detail = f"{path} was not compared with dvc.lock: {why}{more}."
        return Unavailable(
            kind="stage", subject=it.stage(name), why="not reached", detail=detail, remedy=f"Run in a copy of it: dvc status {name}", asked=it.asked
        )
    values = {
        "stage.would_rerun": changes.reruns,
        "stage.rerun_because": changes.reasons() or None,
        "stage.deps_changed": tuple(changes.deps) or None,
        "stage.imports_behind": behind or None,
    }
    return Look(subject=it.stage(name), values=values, command=f"{it.command} {name}")


PROBES = (
    Probe(
        name="dvc.status",
        kind="stage",
        doc="Hashes what stages list and make, and compares it with dvc.lock.",
        gives=GIVES,
        look=at_tree("stage", look),
        stands_for=("dvc status",),
        permissions=("read the work tree",),
        cost=4,
        limit_s=20.0,
    ),
)
