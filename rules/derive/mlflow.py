"""Which MLflow does a workload mean, which container serves it, which model does it load, and was there ever something in it?

container api with http://mlflow:5000  ->  api uses mlflow http://172.18.0.3:5000, which is served_by container mlflow
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

from probes._contract import Relation, Spec, Subject, Value
from rules._derivation import UNSEEN, Derivation, Given, Relator, Unseen
from rules._facts import Facts
from rules.derive._values import text, texts
from rules.derive.dependency import is_loopback, named

_SVC = ".svc"


class Address(NamedTuple):
    """An address as probes write it: scheme://host:port/prefix."""

    scheme: str
    host: str
    port: int
    prefix: str

    def at(self, host: str) -> str:
        return f"{self.scheme}://{host}:{self.port}{self.prefix}"


def address(url: str) -> Address | None:
    """None for what is no HTTP address, such as a folder or a database."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or parts.port is None or not parts.hostname:
        return None
    return Address(parts.scheme, parts.hostname, parts.port, parts.path)


# which server


def server_of(facts: Facts, user: Subject, url: str) -> Subject | None:
    """The server that a container or process means: the one looked at under another address where that is the same one; None for no HTTP address."""
    it = address(url)
    if it is None:
        return None
    if user.kind == "process":
        return Subject("mlflow", url)
    if is_loopback(it.host) and not on_host_network(facts, user):
        return Subject("mlflow", f"{user.key}:{url}")  # its own loopback, which no other means by this address
    if text(facts, user, "container.engine") == "kubernetes":
        return Subject("mlflow", it.at(qualified(facts, it.host, user.key.partition("/")[0])))
    serving = named(facts, it.host, user)
    return Subject("mlflow", url) if serving is None else _known_or_direct(facts, it, serving, url)


def on_host_network(facts: Facts, container: Subject) -> bool:
    return text(facts, container, "container.network_mode") == "host"


def qualified(facts: Facts, host: str, namespace: str) -> str:
    """NAME.NAMESPACE.svc for what a pod's resolver takes for a Service of this cluster; other names as they are."""
    name, _, rest = host.partition(".")
    if not rest:
        return f"{name}.{namespace}{_SVC}"
    known = rest in {ns.key for ns in facts.subjects("ns")}
    return f"{host}{_SVC}" if known and "." not in rest else host


def _known_or_direct(facts: Facts, it: Address, serving: Subject, url: str) -> Subject:
    """The server as it is named here, if that leads to the same container and port; else the container's own address, which its host can reach."""
    for known in facts.subjects("mlflow"):
        other = address(known.key)
        if other is not None and other.prefix == it.prefix and is_loopback(other.host) and (other.port, it.port) in set(published(facts, serving)):
            return known
    own = texts(facts, serving, "container.addresses")
    return Subject("mlflow", it.at(own[0]) if own else url)


def published(facts: Facts, container: Subject) -> Iterator[tuple[int, int]]:
    """(host port, container port) of texts `5000->5000/tcp`."""
    for line in texts(facts, container, "container.published_ports"):
        outside, arrow, inside = line.partition("->")
        inside = inside.partition("/")[0]
        if arrow and outside.isdecimal() and inside.isdecimal():
            yield int(outside), int(inside)


def _uses(kind: str, facts: Facts) -> Iterable[Relation]:
    for user in facts.subjects(kind):
        server = server_of(facts, user, text(facts, user, f"{kind}.tracking_uri"))
        if server is not None:
            yield Relation("uses", user, server)
        model = _model_of(facts, user, kind)
        if model is not None:
            yield Relation("loads", user, model)
            registry = Subject("mlflow", model.key.rpartition("#")[0])
            yield Relation("in", model, registry)
            yield Relation("loads_from", user, registry)


def model_name(uri: str) -> tuple[str, str, str]:
    """Name, what it is chosen by (alias, version or stage) and the choice, of models:/NAME@ALIAS, models:/NAME/3 or models:/NAME/Production."""
    if not uri.startswith("models:/"):
        return "", "", ""
    rest = uri.removeprefix("models:/").strip("/")
    name, at, alias = rest.partition("@")
    if at:
        return name, "alias", alias
    name, slash, which = rest.partition("/")
    if not slash or "/" in which or not which:
        return ("", "", "")
    return name, "version" if which.isdecimal() else "latest" if which.lower() == "latest" else "stage", which


def _model_of(facts: Facts, user: Subject, kind: str) -> Subject | None:
    """The registered model, in the registry that it names, which is its tracking server if it names none."""
    name, _by, _which = model_name(text(facts, user, f"{kind}.model_uri"))
    registry = text(facts, user, f"{kind}.registry_uri") or text(facts, user, f"{kind}.tracking_uri")
    server = server_of(facts, user, registry) if name else None
    return Subject("model", f"{server.key}#{name}") if server is not None else None


# who serves it


def _served_by(facts: Facts) -> Iterable[Relation]:
    """Of the servers that were looked at, and of those that somebody names."""
    meant = {one.to for kind in ("container", "process") for one in _uses(kind, facts) if one.to.kind == "mlflow"}
    for server in sorted({*facts.subjects("mlflow"), *meant}):
        yield from (Relation("served_by", server, one) for one in containers_of(facts, server))


def _needs(facts: Facts) -> Iterable[Relation]:
    for server in facts.subjects("mlflow"):
        yield from (Relation("needs", server, one) for one in _database_of(facts, server, text(facts, server, "mlflow.database_host")))


def _waited_for(facts: Facts) -> Iterable[Relation]:
    """Containers that do not stay up and whose log says that the MLflow which they use failed them."""
    for one in facts.subjects("container"):
        if not is_up(facts, one) and any(trait in _CANNOT for trait in texts(facts, one, "container.log_traits")):
            server = server_of(facts, one, text(facts, one, "container.tracking_uri"))
            if server is not None:
                yield Relation("needs", one, server)


def containers_of(facts: Facts, server: Subject) -> list[Subject]:
    it = address(server.key)
    if it is None:
        return []
    if it.host.endswith(_SVC):
        name, namespace = it.host.removesuffix(_SVC).split(".", 1) if it.host.count(".") >= 2 else ("", "")
        pods = facts.targets(Subject("service", f"svc:{namespace}/{name}"), "service selects pod")
        return [one for pod in pods for one in facts.sources(pod, "container in pod")]
    containers = facts.subjects("container")
    if is_loopback(it.host):
        return [one for one in containers if it.port in {outside for outside, _inside in published(facts, one)}]
    return [
        one
        for one in containers
        if it.host
        in {
            one.key,
            text(facts, one, "container.compose_service"),
            *texts(facts, one, "container.addresses"),
            *texts(facts, one, "container.aliases"),
        }
    ]


def _database_of(facts: Facts, server: Subject, host: str) -> Iterator[Subject]:
    """The container that its error means by the database's host, as the serving container resolves it."""
    for serving in containers_of(facts, server) if host else ():
        found = named(facts, host, serving)
        if found is not None and found != serving:
            yield found


def _server(given: Given) -> Mapping[str, Value]:
    facts = given.facts
    serving = containers_of(facts, given.subject)
    states = sorted({state for one in serving if (state := text(facts, one, "container.state"))})
    up = [is_up(facts, one) for one in serving if text(facts, one, "container.state")]
    one = serving[0] if len(serving) == 1 else None
    owner, own, _url = given.subject.key.partition(":http")
    answered = facts.value(given.subject, "mlflow.reached") is True  # whoever it is that answers there
    missing, empty = (False, False) if answered else _service(facts, address(given.subject.key))
    return {
        "mlflow.address": f"http{_url}" if own else given.subject.key,
        "mlflow.server_container": one.key if one else None,
        "mlflow.docker_name": one.key if one and text(facts, one, "container.engine") == "docker" else None,
        "mlflow.server_state": ", ".join(states),
        "mlflow.server_down": bool(up) and not any(up) and not answered,
        "mlflow.server_stopped": bool(up) and not answered and all(_is_stopped(facts, one) for one in serving),
        "mlflow.server_up": any(up),
        "mlflow.failing_since": _first_failure(facts, serving),
        "mlflow.own_loopback_of": owner if own else "",
        "mlflow.service_missing": missing,
        "mlflow.service_empty": empty,
        "mlflow.server_process": _server_process(facts, address(given.subject.key)),
        "mlflow.listened_by_other": "" if answered or serving else _listened_by_other(facts, address(given.subject.key)),
        "mlflow.elsewhere": tuple(
            sorted(other.key for other in facts.subjects("mlflow") if other != given.subject and text(facts, other, "mlflow.answer_says") == "ok")
        )
        or None,
    }


def _server_process(facts: Facts, it: Address | None) -> str:
    if it is None or not is_loopback(it.host):
        return ""
    return max((one.key for one in facts.subjects("process") if facts.value(one, "process.server_port") == it.port), default="")


_NO_HTTP = re.compile(r"(?:postgres|mysqld|mariadbd|redis-server|valkey-server|mongod|memcached|sshd)\b")


def _listened_by_other(facts: Facts, it: Address | None) -> str:
    """By the short name of the process (comm) that holds the port."""
    if it is None or not is_loopback(it.host):
        return ""
    lines = (line.partition(" ") for host in facts.subjects("host") for line in texts(facts, host, "host.listeners"))
    return next((owner for where, _space, owner in lines if where.endswith(f":{it.port}") and _NO_HTTP.match(owner)), "")


_ANSWERS = frozenset({"ok", *(f"database-{why}" for why in ("credentials", "missing", "full", "schema"))})


def _database(given: Given) -> Mapping[str, Value]:
    """Whether the database answered the server at all, be it with a refusal; none where the server does not tell, as while it tries again and again."""
    says = given.text("mlflow.answer_says")
    answers = True if says in _ANSWERS else False if says.startswith("database-") and says != "database-silent" else None
    holding = given.facts.targets(given.subject, "mlflow needs container")
    one = holding[0] if len(holding) == 1 else None
    return {
        "mlflow.database_answers": answers,
        "mlflow.database_damage": given.text("mlflow.answer_words") if says == "database-damaged" else "",
        "mlflow.database_container": one.key if one else None,
        "mlflow.database_docker": one.key if one and text(given.facts, one, "container.engine") == "docker" else None,
        "mlflow.database_state": text(given.facts, one, "container.state") if one else "",
        "mlflow.database_down": bool(holding) and not any(is_up(given.facts, each) for each in holding),
    }


def is_up(facts: Facts, container: Subject) -> bool:
    """Running, and not in a loop of restarts."""
    loops = facts.value(container, "container.steady") is False and bool(facts.value(container, "container.restart_count"))
    return text(facts, container, "container.state") == "running" and not loops


def _is_stopped(facts: Facts, container: Subject) -> bool:
    """It has ended for good, and not by a fault of its own."""
    return text(facts, container, "container.state") == "exited" and facts.value(container, "container.exit_code") in _STOPPED


def _first_failure(facts: Facts, serving: Iterable[Subject]) -> float | None:
    times = [at for one in serving if not is_up(facts, one) and isinstance(at := facts.value(one, "container.first_failure_at"), float | int)]
    return min(times, default=None)


def _service(facts: Facts, it: Address | None) -> tuple[bool, bool]:
    """Whether no Service has the name that its host is, and whether that Service has nobody behind it; neither where that is not known."""
    if it is None or not it.host.endswith(_SVC) or it.host.count(".") < 2:
        return False, False
    name, namespace = it.host.removesuffix(_SVC).split(".", 1)
    services = facts.value(Subject("ns", namespace), "ns.services")
    if not isinstance(services, tuple):
        return False, False
    missing = name not in services
    return missing, not missing and name in texts(facts, Subject("ns", namespace), "ns.services_without_backends")


# can it be asked for models?

_WELL = frozenset({"ok", "authentication", "forbidden"})
"""Answers to somebody who may ask, and to somebody who may not."""


def registry_failure(given: Given, server: Subject) -> str | Unseen:
    """What is wrong with its registry while its experiments answer: the words of the answer, "" for nothing."""
    answer, says, words = (given.of(server, f"mlflow.{name}") for name in ("answer_says", "registry_says", "registry_words"))
    if isinstance(answer, Unseen) or isinstance(says, Unseen):
        return UNSEEN
    return str(words or says) if answer == "ok" and says not in (None, *_WELL) else ""


def unusable(given: Given, server: Subject, kind: str) -> bool | Unseen:
    """Whether who loads from it cannot: it says itself that it cannot, or what should serve it is down; a process of this machine is also where we are."""
    facts = given.facts
    down = any(facts.value(server, f"mlflow.{name}") is True for name in ("server_down", "service_missing", "service_empty"))
    says, reached = given.of(server, "mlflow.answer_says"), given.of(server, "mlflow.reached")
    if isinstance(says, Unseen) or isinstance(reached, Unseen):
        return True if down else UNSEEN
    silent = kind == "process" and (reached is False or facts.value(server, "mlflow.is_mlflow") is False)
    return down or silent or str(says or "").startswith("database-") or bool(registry_failure(given, server))


def _registry(kind: str, given: Given) -> Mapping[str, Value]:
    """Of the server itself; of a model's, unless the model was seen in it; of a container's that registers, whose own log tells enough where the server was not seen."""
    it, facts = given.subject, given.facts
    if kind == "model" and not isinstance(facts.value(it, "model.exists"), Unseen):
        return {"model.registry_failure": ""}
    if kind == "container" and not any(trait.startswith("registers-") for trait in given.texts("container.log_traits")):
        return {"container.registry_failure": ""}
    server = it if kind == "mlflow" else next(iter(facts.targets(it, _TO_SERVER[kind])), None)
    failure = registry_failure(given, server) if server is not None else ""
    if isinstance(failure, Unseen):
        return {"container.registry_failure": ""} if kind == "container" else {}
    return {f"{kind}.registry_failure": failure}


_TO_SERVER = {"model": "model in mlflow", "container": "container uses mlflow"}


# what those who use it say, and its own log

_CANNOT = {
    "mlflow-unknown-host": "unknown-host", "mlflow-refused": "refused", "mlflow-timed-out": "timed-out", "mlflow-server-errors": "server-errors",
    "mlflow-other-server": "other-server", "mlflow-host-rejected": "host-rejected",
}  # fmt: skip
_STOPPED = (0, 137, 143)
"""Exit codes of a program that was told to stop, or was killed: its log tells nothing of the database."""


def _users(given: Given) -> Mapping[str, Value]:
    facts = given.facts
    users = [*facts.sources(given.subject, "container uses mlflow"), *facts.sources(given.subject, "process uses mlflow")]
    failing = [one for one in users if one.kind == "container" and not is_up(facts, one)]
    said = {_CANNOT[trait]: one for one in sorted(failing, reverse=True) for trait in texts(facts, one, "container.log_traits") if trait in _CANNOT}
    return {
        "mlflow.users": tuple(sorted(str(one) for one in users)) or None,
        "mlflow.users_cannot": tuple(sorted(said)) or None,
        "mlflow.failing_user": min((one.key for one in said.values()), default=None),
        "mlflow.was_filled": _was_filled(facts, given.subject, users),
    }


def _was_filled(facts: Facts, server: Subject, users: Iterable[Subject]) -> bool:
    """An earlier look found something in it, artifacts of experiments that it has not lie in its store, or the log of one who uses it tells of a run there."""
    earlier = facts.earlier.value(server, "mlflow.is_empty") if facts.earlier is not None else None
    return (
        earlier is False
        or bool(texts(facts, server, "mlflow.artifacts_left"))
        or any("mlflow-run-logged" in texts(facts, one, "container.log_traits") for one in users if one.kind == "container")
    )


def _log(given: Given) -> Mapping[str, Value]:
    """Unseen where a container that ended by itself serves it, and nobody read its log."""
    facts = given.facts
    found: set[str] = set()
    for one in containers_of(facts, given.subject):
        traits = facts.value(one, "container.log_traits")
        if isinstance(traits, tuple):
            found |= {trait for trait in traits if trait.startswith("mlflow-")}
        elif not is_up(facts, one) and facts.value(one, "container.exit_code") not in _STOPPED:
            return {}
    return {"mlflow.server_log": tuple(sorted(found)) or None}


LATELY_S = 3600.0
_OURS = ("model-", "registers-", "mlflow-")


def _client(given: Given) -> Mapping[str, Value]:
    """Whether a container that uses MLflow ended lately: it uses it by its environment or, where its log was read anyway, by what that says."""
    speaks = any(trait.startswith(_OURS) for trait in given.texts("container.log_traits"))
    names = ("container.tracking_uri", "container.registry_uri", "container.model_uri")
    uses = True if speaks or any(given.text(name) for name in names) else False if all(given.seen(name) for name in names) else None
    died = given.number("container.died_at")
    lately = died is not None and given.now - died < LATELY_S if given.seen("container.died_at") else None
    if uses is False or lately is False:
        return {"container.client_died_lately": False}
    return {"container.client_died_lately": True} if uses and lately else {}


DERIVATIONS = (
    Derivation(
        kind="container",
        gives=(Spec(name="container.client_died_lately", type="bool", doc="it uses MLflow, and ended within the last hour"),),
        wants=("container.tracking_uri", "container.registry_uri", "container.model_uri", "container.died_at", "container.log_traits"),
        function=_client,
    ),
    Derivation(
        kind="mlflow",
        gives=(
            Spec(name="mlflow.address", type="text", doc="the address as those who use it write it"),
            Spec(name="mlflow.server_container", type="text", doc="the one container that should serve it, by its host and port"),
            Spec(name="mlflow.docker_name", type="text", doc="the same, where Docker runs it"),
            Spec(name="mlflow.server_state", type="text", doc="the states of the containers that should serve it"),
            Spec(name="mlflow.server_down", type="bool", doc="a container should serve it, none that should is up or stays up, and nothing answers"),
            Spec(name="mlflow.server_stopped", type="bool", doc="every container that should serve it was stopped or killed, and nothing answers"),
            Spec(name="mlflow.server_up", type="bool", doc="a container that should serve it is up and stays up"),
            Spec(name="mlflow.failing_since", type="time", doc="when the container that should serve it failed first"),
            Spec(name="mlflow.own_loopback_of", type="text", doc="the container that means itself by this address; empty for other addresses"),
            Spec(name="mlflow.service_missing", type="bool", doc="its host is the name of a Service that is not there"),
            Spec(name="mlflow.service_empty", type="bool", doc="its host is a Service with nobody ready behind it"),
            Spec(
                name="mlflow.server_process",
                type="text",
                doc="the process of this machine that is told to serve at its port; empty where none is known",
            ),
            Spec(
                name="mlflow.listened_by_other",
                type="text",
                doc="the program of this machine that listens at its port and is known to speak no HTTP; empty where none is known",
            ),
            Spec(name="mlflow.elsewhere", type="texts", doc="other MLflow servers that answer"),
        ),
        function=_server,
    ),
    Derivation(
        kind="mlflow",
        gives=(
            Spec(name="mlflow.database_answers", type="bool", doc="its database answers it, be it with a refusal; none where nothing is said of it"),
            Spec(name="mlflow.database_damage", type="text", doc="what is said of a file that is no database any more; empty where that is not said"),
            Spec(name="mlflow.database_container", type="text", doc="the one container that its error means by the database's host"),
            Spec(name="mlflow.database_docker", type="text", doc="the same, where Docker runs it"),
            Spec(name="mlflow.database_state", type="text", doc="the state of that container; empty where none is known"),
            Spec(name="mlflow.database_down", type="bool", doc="such containers are known, and none is up and stays up"),
        ),
        needs=("mlflow.answer_says",),
        wants=("mlflow.answer_words",),
        function=_database,
    ),
    Derivation(
        kind="mlflow",
        gives=(
            Spec(name="mlflow.users", type="texts", doc="containers and processes that name it"),
            Spec(name="mlflow.users_cannot", type="texts", doc="how containers that do not stay up failed with it, by their logs"),
            Spec(name="mlflow.failing_user", type="text", doc="the first of those containers"),
            Spec(
                name="mlflow.was_filled",
                type="bool",
                doc="an earlier look found something in it, or its artifact store or a log tells of a run there",
            ),
        ),
        function=_users,
    ),
    Derivation(
        kind="mlflow",
        gives=(Spec(name="mlflow.server_log", type="texts", doc="what the end of the log of the container that serves it tells of"),),
        function=_log,
    ),
    *(
        Derivation(
            kind=kind,
            gives=(
                Spec(
                    name=f"{kind}.registry_failure",
                    type="text",
                    doc="what its registry answers to a list of models while experiments are answered; empty where nothing is wrong with it",
                ),
            ),
            wants=wants,
            function=partial(_registry, kind),
        )
        for kind, wants in (("mlflow", ("mlflow.answer_says", "mlflow.registry_says")), ("model", ()), ("container", ("container.log_traits",)))
    ),
)
RELATORS = (
    *(
        Relator(
            relations=(f"{kind} uses mlflow", f"{kind} loads model", f"{kind} loads_from mlflow", "model in mlflow"),
            needs=(f"{kind}.tracking_uri", f"{kind}.registry_uri", f"{kind}.model_uri"),
            function=partial(_uses, kind),
        )
        for kind in ("container", "process")
    ),
    Relator(relations=("mlflow served_by container",), needs=(), function=_served_by),
    Relator(relations=("container needs mlflow",), needs=("container.log_traits",), function=_waited_for),
    Relator(relations=("mlflow needs container",), needs=("mlflow.database_host",), function=_needs),
)
