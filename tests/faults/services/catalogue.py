"""The states as data: what each is, how it is made, and its verdict. The modules of `states/` declare them, one a row."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .plant import Garden, Words

OFFLINE = "mlflow/offline-or-empty"
LOADING = "mlflow/cant-load-model"
REGISTERING = "mlflow/model-registration-fails"
REMOTE = "dvc/remote-access-denied"
PIPELINE = "dvc/pipeline-not-rerunning"
UPLOAD = "mlflow/artifact-upload-fails"
SCHEMA = "dvc/data-schema-mismatch"
SETS = {
    "first": ("offline", "loading", "registering", "remotes", "pipelines"),
    "second": ("second_upload", "second_schema", "second_rest", "second_chains"),
    "third": ("third_upload", "third_schema"),
}
"""The modules of `states/`, by the set that they belong to."""

CAUSES = {
    OFFLINE: frozenset({
        "server-not-running", "wrong-tracking-uri", "database-offline", "db-schema-out-of-date", "db-driver-missing", "host-header-rejected", "new-or-lost-store",
        "filtered-or-deleted", "db-pool-exhausted",
        "database-credentials", "network",
    }),
    LOADING: frozenset({
        "wrong-stage", "model-archived", "version-deleted", "wrong-alias", "artifact-gone", "mlflow-unreachable", "malformed-uri", "version-never-existed",
    }),
    REGISTERING: frozenset({"run-doesnt-exist", "artifact-missing", "model-format-invalid", "source-not-in-run", "registry-unavailable", "never-finished"}),
    REMOTE: frozenset({"missing-credentials", "wrong-bucket", "iam-permissions", "network", "data-not-pushed"}),
    PIPELINE: frozenset({"cached-no-changes", "dependencies-not-tracked", "stage-frozen", "repo-locked", "wrong-target"}),
    UPLOAD: frozenset({
        "no-s3-permissions", "bucket-doesnt-exist", "network-issue",
        "missing-credentials", "wrong-keys", "credentials-expired", "endpoint-unset", "tls", "checksum", "store-full", "overloaded", "body-limit", "not-served", "local-path",
        "server-down",
    }),
    SCHEMA: frozenset({
        "schema-changed", "wrong-data-version", "preprocessing-bug", "corrupt-file", "contract-outdated", "nulls-in-integer", "reader-env",
    }),
}  # fmt: skip
"""Our words, of which those rows had no id: `database-credentials`, `version-never-existed`, `never-finished` and `network` of MLflow."""

SAME = {
    UPLOAD: {
        "checksum-incompat": {"checksum"}, "mlflow-offline": {"server-down"}, "server-cannot-write": {"server-down"}, "role-refused": {"missing-credentials"},
        "proxy-answers": {"network-issue"},
    },
    SCHEMA: {"partial-or-corrupt-file": {"corrupt-file"}},
    OFFLINE: {
        "database-schema": {"db-schema-out-of-date"}, "database-driver": {"db-driver-missing"}, "host-header": {"host-header-rejected"}, "new-store": {"new-or-lost-store"},
        "deleted": {"filtered-or-deleted"}, "database-full": {"db-pool-exhausted"}, "database-refuses": {"database-credentials", "database-offline"},
    },
    LOADING: {"files-gone": {"artifact-gone"}, "files-unreadable": {"artifact-gone"}, "no-such-model": {"version-never-existed"}},
    REMOTE: {
        "not-pushed": {"data-not-pushed"}, "wrong-keys": {"missing-credentials", "iam-permissions"}, "credentials-expired": {"missing-credentials"},
        "folder-missing": {"wrong-bucket"}, "folder-closed": {"iam-permissions"}, "undefined": {"wrong-bucket"}, "wrong-endpoint": {"wrong-bucket", "network"},
        "tls": {"network"},
    },
}  # fmt: skip
"""What the rows call those ids, or a finer name of theirs; fixed before the first judging, but for `tls` and a database that is not there, which were judged wrong names once."""


@dataclass(frozen=True)
class Expect:
    """The verdict of a truthful expert: one cause, or the set that honestly remains, with the `truth` in it."""

    cause: str = ""
    undetermined: tuple[str, ...] = ()
    truth: str = ""
    accept: tuple[str, ...] = ()
    accept_undetermined: bool = False
    accept_cause: bool = False
    accept_nothing: bool = False

    @property
    def true(self) -> frozenset[str]:
        """The ids that are true of it."""
        return frozenset({self.cause or self.truth, *self.accept})

    def __str__(self) -> str:
        return self.cause or "{" + ", ".join(self.undetermined) + "}"


@dataclass(frozen=True)
class State:
    """One state. No `expect`: healthy, a look-alike of its row."""

    id: str
    story: str
    row: str
    expect: Expect | None
    make: Callable[[Garden], Words]
    shows: str
    why: str
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    under: tuple[str, ...] = ()
    in_any_order: bool = False
    set: str = "first"


_STATES: list[State] = []
Make = Callable[["Garden"], "Words"]


def state(  # noqa: PLR0913  as many as a state has
    row: str,
    expect: Expect | str | None,
    *,
    shows: str,
    why: str,
    also: Mapping[str, tuple[str, ...]] | None = None,
    under: tuple[str, ...] = (),
    in_any_order: bool = False,
) -> Callable[[Make], Make]:
    """Declare a function to be a state: its name is the id, its docstring the story. A text is the one cause."""

    def declare(make: Make) -> Make:
        verdict = Expect(expect) if isinstance(expect, str) else expect
        id_, story, module = make.__name__.replace("_", "-"), inspect.getdoc(make) or "", make.__module__.rpartition(".")[2]
        of = next((name for name, modules in SETS.items() if module in modules), "")
        _STATES.append(State(id_, story, row, verdict, make, shows, why, also or {}, under, in_any_order, of))
        return make

    return declare


def load() -> list[State]:
    """All of them, by row; mistakes are refused."""
    for module in (one for modules in SETS.values() for one in modules):
        importlib.import_module(f"{__package__}.states.{module}")
    if mistakes := [f"{one.id}: {mistake}" for one in _STATES for mistake in _mistakes(one)]:
        raise ValueError("; ".join(mistakes))
    return _STATES


def named(*ids: str, of: str | None = None) -> list[State]:
    """Those with the ids given, or all; of one set, or of all."""
    states = load()
    if unknown := set(ids) - {one.id for one in states}:
        raise KeyError(f"no such state: {', '.join(sorted(unknown))}")
    return [one for one in states if (not ids or one.id in ids) and of in {None, one.set}]


def _mistakes(one: State) -> list[str]:
    found = [f"no row {row}" for row in {one.row, *one.also} - set(CAUSES)]
    found += [f"no cause {cause} of {row}" for row, causes in one.also.items() for cause in set(causes) - CAUSES[row]]
    found += [f"{row} is told to follow and has no cause in `also`" for row in set(one.under) - set(one.also)]
    found += ["no story"] * (not one.story) + ["no reason"] * (not one.why)
    expect = one.expect
    if expect is None:
        return found
    found += [f"no cause {cause}" for cause in {expect.cause, expect.truth, *expect.undetermined} - CAUSES[one.row] - {""}]
    if bool(expect.cause) == bool(expect.undetermined):
        found.append("either a cause or an undetermined set")
    if expect.undetermined and (len(expect.undetermined) < 2 or expect.truth not in expect.undetermined):
        found.append("an undetermined set has at least two causes, the truth among them")
    return found
