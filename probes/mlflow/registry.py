"""Which models are registered, which versions they have, and are the runs and files of those versions still there?

model http://mlflow:5000#churn  ready_versions=("3", "4")  aliases=("champion 3",)  missing_versions=("2",)  versions_without_files=("3: nothing is there",)
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from probes._access import Access, Unreachable
from probes._address import base_url, is_link_local
from probes._contract import Answer as Said
from probes._contract import Look, Probe, Relation, Spec, Subject, Swept, Unavailable, Value, Why
from probes.mlflow._catalogue import MOST_VERSIONS, Versions, first_versions, named, number, versions_of
from probes.mlflow._client import Answer, Server, configured, moment, objects, opened, text
from probes.mlflow._failure import connection
from probes.mlflow._gap import READ_GRANT, gap, grant, refusal, why_refused
from probes.mlflow._versions import Checks, place

MOST = 20
CHECKED_IN_SWEEP = 2
REQUESTS_FOR_FILES = 13
"""In a sweep: the MLmodel of versions that are used comes first; what is left goes to what lies beside it, and to further versions."""

CHECKED = 10
SPEND_S = 10.0
"""What a sweep may spend on runs and files."""

_STAGED = ("Production", "Staging")
SPECS = (
    Spec(name="model.name", type="text", doc="Its name in the registry."),
    Spec(name="model.exists", type="bool", doc="The registry has a model of this name."),
    Spec(name="model.version_numbers", type="texts", doc=f"Its versions, newest first, {MOST_VERSIONS} at most."),
    Spec(name="model.ready_versions", type="texts", doc="Those with status READY."),
    Spec(name="model.has_versions", type="bool", doc="It has one at all."),
    Spec(name="model.highest_version", type="int", doc="The highest number; none where it has no version."),
    Spec(
        name="model.missing_versions",
        type="texts",
        doc="Numbers below the highest that it has not: numbers are never given twice, so these were deleted.",
    ),
    Spec(name="model.pending_versions", type="texts", doc="Versions that are PENDING_REGISTRATION."),
    Spec(name="model.failed_versions", type="texts", doc="Versions with FAILED_REGISTRATION, each with its message."),
    Spec(name="model.stages", type="texts", doc='Versions that stand in a stage: "3 Production"; without None.'),
    Spec(name="model.aliases", type="texts", doc='Its aliases, each with its version: "champion 3".'),
    Spec(name="model.broken_aliases", type="texts", doc="Aliases that point to a version which it has not."),
    Spec(name="model.updated_at", type="time", doc="When the model, or one of its versions, was changed last."),
    Spec(
        name="model.checked_versions",
        type="texts",
        doc="Versions whose run and files were asked for: those with an alias or a stage, and the newest.",
    ),
    Spec(name="model.versions_without_run", type="texts", doc='Of these, those whose run is missing or deleted: "1: missing RUN".'),
    Spec(name="model.versions_without_files", type="texts", doc="Of these, those with no MLmodel where their source says: number and what is there."),
    Spec(
        name="model.versions_malformed",
        type="texts",
        doc="Of these, those whose MLmodel is none that can be loaded: number and what is wrong with it.",
    ),
    Spec(
        name="model.versions_of_other_run",
        type="texts",
        doc='Of these, those whose files are among those of another run than theirs: "1: RUN, files of RUN".',
    ),
    Spec(name="model.versions_unreadable", type="texts", doc="Of these, those whose files the server could not list: number and its error."),
    Spec(name="model.versions_unfinished", type="texts", doc="Of these, those whose upload is not finished or failed."),
)
RELATIONS = ("model in mlflow",)


def sweep(access: Access, _subjects: tuple[Subject, ...]) -> Iterator[Said]:
    """A Look at each of the first models of the server that is named here."""
    url = configured(access)
    if url is None:
        yield _gap(access, None, "not configured", "The address of MLflow is none that begins with http:// or https://.")
        return
    server = opened(access, url)
    listed = _listed(server)
    if isinstance(listed, Unavailable):
        yield listed
        return
    found = objects(listed.data, "registered_models")
    until = time.monotonic() + access.remaining(SPEND_S)
    asked = {name for one in found if access.asked_about("model", f"{server.url}#{(name := text(one, 'name'))}")}
    found.sort(key=lambda one: text(one, "name") not in asked)
    models = {text(one, "name"): one for one in found[:MOST]}
    known = first_versions(server, list(models))
    versions = {name: known.get(name) or _versions(server, name) for name in models}
    plan = _plan(models, {name: of for name, of in versions.items() if isinstance(of, Versions)}, asked)
    checks = Checks(server, [one for one, _whole in plan])
    told = 0
    for name, of in versions.items():
        mine = [one for one in plan if text(one[0], "name") == name]
        if isinstance(of, Unavailable):
            yield of
        elif mine or _may_be_unwell(models[name], of):
            told += 1
            yield from _told(server, models[name], of, _checked(checks, mine, until))
    if checks.refused:
        detail = f"{url} shows a model, and refuses {checks.refused[0]}" + (
            f" and {len(checks.refused) - 1} more." if len(checks.refused) > 1 else "."
        )
        yield msgspec.structs.replace(gap(access, "model", None, "forbidden", detail, READ_GRANT), names=_OF_FILES)
    yield Swept(kind="model", scope=url, count=len(found), complete=told == len(found))


def follow(access: Access, subjects: tuple[Subject, ...]) -> Iterator[Said]:
    """A Look at models that others name, such as a container by its model URI."""
    for subject in subjects:
        address, _, name = subject.key.partition("#")
        url = base_url(address)
        if url is None or not name:
            yield _gap(access, subject, "garbled", f"{subject.key} is no address and name of a model.")
            continue
        if is_link_local(url):
            yield _gap(access, subject, "not reached", f"{url} is a link-local address, which is not asked because a workload names it.")
            continue
        server = opened(access, url)
        try:
            answer = server.get("registered-models/get", name=name)
        except Unreachable as error:
            yield _gap(access, subject, error.why, f"{connection(error)}: {error.detail}")
            continue
        model = answer.data.get("registered_model")
        if answer.good and isinstance(model, dict):
            yield from _followed(server, model, name)
        elif answer.status == 404 and answer.code == "RESOURCE_DOES_NOT_EXIST":
            nothing: dict[str, Value] = dict.fromkeys((spec.name for spec in SPECS), None)
            yield _look(url, name, nothing | {"model.name": name, "model.exists": False})
            yield Relation("in", subject, Subject("mlflow", url))
        else:
            yield _refused(server, subject, answer)


def _listed(server: Server) -> Answer | Unavailable:
    try:
        server.health()
        answer = server.models()
    except Unreachable as error:
        return _gap(server.access, None, error.why, f"{server.url} does not answer: {connection(error)}.")
    return answer if answer.good else _refused(server, None, answer)


def _refused(server: Server, subject: Subject | None, answer: Answer) -> Unavailable:
    return gap(server.access, "model", subject, why_refused(answer), refusal(server, answer), grant(server, answer, _REMEDY))


def _followed(server: Server, model: Mapping[str, Any], name: str) -> Iterator[Said]:
    of = _versions(server, name)
    if isinstance(of, Unavailable):
        yield of
        return
    until = time.monotonic() + server.access.remaining(SPEND_S)
    yield from _told(server, model, of, _checked(Checks(server), [(one, True) for one in _served(model, of)[:CHECKED]], until))


def _versions(server: Server, name: str) -> Versions | Unavailable:
    subject = Subject("model", f"{server.url}#{name}")
    try:
        found = versions_of(server, name)
    except Unreachable as error:
        return _gap(server.access, subject, error.why, error.detail)
    return found if isinstance(found, Versions) else _refused(server, subject, found)


def _told(server: Server, model: Mapping[str, Any], of: Versions, checked: Mapping[str, Value]) -> Iterator[Said]:
    name = text(model, "name")
    yield _look(server.url, name, {**_values(model, of), **checked})
    yield Relation("in", Subject("model", f"{server.url}#{name}"), Subject("mlflow", server.url))


def _look(url: str, name: str, values: Mapping[str, Value]) -> Look:
    return Look(
        subject=Subject("model", f"{url}#{name}"),
        values=values,
        command=f'curl -sSG {url}/api/2.0/mlflow/model-versions/search --data-urlencode "filter={named(name)}"',
    )


def _aliases(model: Mapping[str, Any]) -> dict[str, int]:
    return {text(one, "alias"): number(one) for one in objects(model, "aliases")}


def _values(model: Mapping[str, Any], of: Versions) -> dict[str, Value]:
    versions, whole = of
    numbers = [number(one) for one in versions]
    with_status = [(number(one), text(one, "status"), text(one, "status_message")) for one in versions]
    times = [at for one in (model, *versions) if (at := moment(one, "last_updated_timestamp")) is not None]
    gaps = sorted(set(range(1, max(numbers))) - set(numbers)) if numbers and whole else []
    return {
        "model.name": text(model, "name"),
        "model.exists": True,
        "model.version_numbers": _shown(numbers),
        "model.ready_versions": _shown(one for one, status, _words in with_status if status == "READY"),
        "model.has_versions": bool(numbers),
        "model.highest_version": max(numbers, default=None),
        "model.missing_versions": _shown(gaps[:50]),
        "model.pending_versions": _shown(one for one, status, _words in with_status if status == "PENDING_REGISTRATION"),
        "model.failed_versions": _shown(f"{one}: {words}"[:200] for one, status, words in with_status if status == "FAILED_REGISTRATION"),
        "model.stages": _shown(f"{number(one)} {text(one, 'current_stage')}" for one in versions if text(one, "current_stage") not in ("", "None")),
        "model.aliases": _shown(f"{alias} {to}" for alias, to in sorted(_aliases(model).items())),
        "model.broken_aliases": _shown(f"{alias} {to}" for alias, to in sorted(_aliases(model).items()) if whole and to not in numbers),
        "model.updated_at": max(times, default=None),
    }


def _shown(items: Any) -> tuple[str, ...] | None:
    return tuple(str(one) for one in items) or None


def _plan(
    models: Mapping[str, Mapping[str, Any]], versions: Mapping[str, Versions], asked: Collection[str] = ()
) -> list[tuple[Mapping[str, Any], bool]]:
    """Which versions a sweep looks at, and whether as a whole: of each model those that are used, then the next; what was asked about comes first, then what changed last."""
    recent = sorted(versions, key=lambda name: (name not in asked, -(moment(models[name], "last_updated_timestamp") or 0)))
    first = [one for name in recent for one in _used(models[name], versions[name])][:REQUESTS_FOR_FILES]
    spare = REQUESTS_FOR_FILES - len(first)
    next_ = [one for name in recent for one in _served(models[name], versions[name])[:CHECKED_IN_SWEEP] if one not in first]
    more = max(0, spare - len(first)) // 2
    return [*((one, turn < spare) for turn, one in enumerate(first)), *((one, True) for one in next_[:more])]


def _used(model: Mapping[str, Any], of: Versions) -> list[Mapping[str, Any]]:
    """The newest, which somebody has just registered, and those that have an alias or a stage."""
    named_ = [one for one in _served(model, of) if number(one) in _aliases(model).values() or text(one, "current_stage") in _STAGED]
    return [*named_[:CHECKED_IN_SWEEP], *(one for one in of.listed[:1] if one not in named_[:CHECKED_IN_SWEEP])]


def _may_be_unwell(model: Mapping[str, Any], of: Versions) -> bool:
    """By the list alone. Who is well by it, and changed before those whose files are looked at, is counted, and looked at when a workload names it."""
    ready = {number(one) for one in of.listed if text(one, "status") == "READY"}
    return not of.listed or len(ready) < len(of.listed) or not ready.issuperset(_aliases(model).values())


def _checked(checks: Checks, plan: Sequence[tuple[Mapping[str, Any], bool]], until: float) -> dict[str, Value]:
    """Runs and files of the versions that somebody loads; what time or the server did not allow is left out of checked_versions."""
    done: list[int] = []
    runs: list[str] = []
    others: list[str] = []
    found: dict[str, list[str]] = {"missing": [], "unreadable": [], "unfinished": [], "malformed": []}
    for one, whole in plan:
        if time.monotonic() >= until:
            break
        run = text(one, "run_id")
        state = checks.run_state(run) if run else "active"
        runs += [f"{number(one)}: {state} {run}"] if state in ("missing", "deleted") else []
        where = place(text(one, "source"))
        others += [f"{number(one)}: {run}, files of {where.run}"] if run and where is not None and where.run not in ("", run) else []
        seen = checks.files(text(one, "source"), whole=whole) if state in ("active", "deleted") else None
        if seen is not None and seen.state in found:
            found[seen.state].append(f"{number(one)}: {seen.words}")
        done += [number(one)] if seen is not None or state == "missing" else []
    return {
        "model.checked_versions": _shown(done),
        "model.versions_without_run": _shown(runs),
        "model.versions_without_files": _shown(found["missing"]),
        "model.versions_malformed": _shown(found["malformed"]),
        "model.versions_of_other_run": _shown(others),
        "model.versions_unreadable": _shown(found["unreadable"]),
        "model.versions_unfinished": _shown(found["unfinished"]),
    }


def _served(model: Mapping[str, Any], of: Versions) -> list[Mapping[str, Any]]:
    """Those that somebody may load first: with an alias, in a stage, the newest; then the others."""
    aliased = set(_aliases(model).values())
    return sorted(of.listed, key=lambda one: (number(one) not in aliased, text(one, "current_stage") not in _STAGED, -number(one)))


_REMEDY = "Let the server answer GET registered-models/search and model-versions/search from here (a user with READ where it asks for one)."


def _gap(access: Access, subject: Subject | None, why: Why, detail: str) -> Unavailable:
    return gap(access, "model", subject, why, detail, _REMEDY)


_OF_FILES = tuple(spec.name for spec in SPECS if spec.name.startswith(("model.checked_", "model.versions_")))
_STANDS_FOR = ("mlflow models list", "Check model URI", "Check model stage", "Check run exists", "Check artifact path")
PROBES = (
    Probe(
        name="mlflow.registry",
        kind="model",
        doc="Lists registered models and their versions, and whether the runs and files of those that are in use are there.",
        gives=SPECS,
        relations=RELATIONS,
        look=sweep,
        stands_for=_STANDS_FOR,
        permissions=("GET and the search queries of MLflow's REST interface; a user with READ where it asks for one",),
        limit_s=25.0,
    ),
    Probe(
        name="mlflow.model",
        kind="model",
        doc="The same of a model that a container or process names.",
        gives=SPECS,
        relations=RELATIONS,
        look=follow,
        stands_for=_STANDS_FOR,
        sweeps=False,
        elsewhere=True,
        cost=2,
        limit_s=25.0,
        most=5,
    ),
)
