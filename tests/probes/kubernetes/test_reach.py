"""Every way in which an API server cannot be read has its own word and a remedy, and none of them hangs."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from email.utils import formatdate

import pytest

from probes._access import Access
from probes._contract import Look, Probe, Subject, Swept, Unavailable
from probes.kubernetes import (
    admission,
    containers,
    control_plane,
    events,
    images,
    logs,
    nodes,
    pods,
    references,
    services,
    usage,
    volumes,
    workloads,
)
from probes.kubernetes._cluster import MOST_REQUESTS, ClusterError, cluster, grant
from probes.kubernetes._lists import listed

from .conftest import Api, Handler, RunProbe, looks, pod, status, took_less_than

MODULES = (admission, containers, control_plane, events, images, logs, nodes, pods, references, services, usage, volumes, workloads)
ALL = [probe for module in MODULES for probe in module.PROBES]
Hands = Callable[..., Access]


def silent(_handler: Handler) -> None:
    time.sleep(3)


def drips(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(40):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def truncated(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "900")
    handler.end_headers()
    handler.wfile.write(b'{"items":[{"metadata":')
    handler.close_connection = True


def says(status_code: int, body: object = "", **headers: str) -> Callable[[Handler], None]:
    return lambda handler: handler.say(status_code, body or {"message": "because"}, headers)


OTHER_JSON = says(200, '{"items": 3}')


def gaps(answers: list[object]) -> set[str]:
    return {answer.why for answer in answers if isinstance(answer, Unavailable)}


@pytest.mark.parametrize("probe", ALL, ids=lambda probe: probe.name)
@pytest.mark.parametrize(
    ("scene", "why"),
    [
        pytest.param(silent, "timed out", id="never-answers"),
        pytest.param(drips, "timed out", id="drips"),
        pytest.param(truncated, "garbled", id="breaks-off"),
        pytest.param(says(200, "<html>login</html>"), "garbled", id="is-a-web-page"),
        pytest.param(OTHER_JSON, "garbled", id="is-other-json"),
        pytest.param(says(401), "forbidden", id="unauthorized"),
        pytest.param(says(403), "forbidden", id="forbidden"),
        pytest.param(says(500), "refused", id="fails"),
        pytest.param(says(429), "refused", id="is-too-busy"),
        pytest.param(says(302, "", Location="http://example.invalid/"), "refused", id="sends-elsewhere"),
    ],
)
def test_a_bad_server_is_named_with_a_remedy_and_soon_given_up(probe: Probe, scene: Callable[[Handler], None], why: str, api: Api, hands: Hands, run: RunProbe) -> None:  # noqa: PLR0913, PLR0917  # fixtures
    api.scene = scene

    with took_less_than(6):
        answers = run(probe, hands(seconds=1.0), *([] if probe.sweeps else [Subject("container", "ml/api-1/main")]))

    found = [answer for answer in answers if isinstance(answer, Unavailable)]
    if scene is OTHER_JSON and (probe.name == "kubernetes.cluster" or not probe.sweeps):
        return  # to these {"items": 3} is an answer that lacks all they ask for
    assert why in {answer.why for answer in found} <= {why, "timed out"}, answers
    assert all(answer.remedy.endswith(".") and answer.asked for answer in found)
    assert not [answer for answer in answers if isinstance(answer, Swept)]


@pytest.mark.parametrize("probe", ALL, ids=lambda probe: probe.name)
def test_a_closed_port_is_refused(probe: Probe, api: Api, hands: Hands, run: RunProbe) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        api.url = f"http://127.0.0.1:{closed.getsockname()[1]}"

        answers = run(probe, hands(seconds=2.0), *([] if probe.sweeps else [Subject("container", "ml/api-1/main")]))

    assert {"refused"} == gaps([*answers])


def test_one_namespace_alone_is_read_where_the_cluster_is_forbidden_and_the_grant_is_named(api: Api, hands: Hands, run: RunProbe) -> None:
    api.put("pods", pod(status={"containerStatuses": [status(state={"waiting": {"reason": "CrashLoopBackOff"}}, restartCount=4)]}), pod("b", ns="other"))
    api.answer("/api/v1/pods", 403)

    answers = run(containers.PROBES[0], hands())

    assert ["ml/api-1/main"] == list(looks(answers, "container"))
    assert [("forbidden", "Grant it: verbs [list] on pods cluster-wide.")] == [(one.why, one.remedy) for one in answers if isinstance(one, Unavailable)]
    assert [("namespace ml", False)] == [(one.scope, one.complete) for one in answers if isinstance(one, Swept)]


def test_a_namespace_that_is_asked_for_is_the_only_one_that_is_read(api: Api, hands: Hands, run: RunProbe) -> None:
    api.put("pods", pod(phase="Pending"), pod("b", ns="other", phase="Pending"))

    answers = run(pods.PROBES[0], hands(**{"kubernetes.only": "true"}))

    assert ["ml/api-1"] == list(looks(answers, "pod"))
    assert all("/namespaces/ml/" in path for path in api.asked)


def test_lists_come_in_pages_and_are_fetched_once_for_all_probes(api: Api, hands: Hands, run: RunProbe) -> None:
    api.page = 2
    api.put("pods", *(pod(f"p{number}", phase="Pending") for number in range(5)))
    access = hands()

    first, second = run(pods.PROBES[0], access), run(containers.PROBES[0], access)

    assert 5 == len(looks(first, "pod")) == len(looks(second, "container"))
    assert 3 == len([path for path in api.asked if path.startswith("/api/v1/pods")])


def test_a_list_that_breaks_off_in_the_middle_says_so_and_keeps_what_came(api: Api, hands: Hands, run: RunProbe) -> None:
    api.put("pods", *(pod(f"p{number}", phase="Pending") for number in range(3)))
    api.page = 2

    def scene(handler: Handler) -> None:
        if "continue" in handler.path:
            handler.say(410, {"message": "The provided continue parameter is too old"})
        else:
            handler._list("/api/v1/pods", {})

    api.scene = scene
    answers = run(pods.PROBES[0], hands())

    assert 2 == len(looks(answers, "pod"))
    assert {"refused"} == gaps([*answers])
    assert [False] == [one.complete for one in answers if isinstance(one, Swept)]


def test_a_busy_server_is_asked_again_after_the_time_it_names(api: Api, hands: Hands) -> None:
    def scene(handler: Handler) -> None:
        busy = len(api.asked) < 2
        handler.say(429 if busy else 200, {"message": "slow down"} if busy else {"gitVersion": "v1"}, {"Retry-After": "1"} if busy else {})

    api.scene = scene
    began = time.monotonic()

    assert "v1" == looks_version(hands())
    assert 2 == len(api.asked)
    assert time.monotonic() - began >= 1


def looks_version(access: Access) -> object:
    (found,) = (answer for answer in control_plane.PROBES[0].look(access, ()) if isinstance(answer, Look))
    return found.values["cluster.server_version"]


def test_a_run_sends_a_bounded_number_of_requests(api: Api, hands: Hands) -> None:
    server = cluster(hands())
    server.requests = MOST_REQUESTS

    with pytest.raises(ClusterError) as caught:
        server.text("/version", 100)
    assert ("not reached", []) == (caught.value.why, api.asked)


@pytest.mark.parametrize(("ahead", "expected"), [(3600, -3600), (-3600, 3600), (10, 0)], ids=["server ahead", "server behind", "nearly equal"])
def test_the_difference_of_the_clocks_is_seen_and_ages_are_right_all_the_same(ahead: float, expected: float, api: Api, hands: Hands) -> None:
    api.scene = lambda handler: _dated(handler, ahead)
    (found,) = control_plane.PROBES[0].look(hands(), ())

    assert isinstance(found, Look)
    assert abs(float(str(found.values["cluster.clock_skew"])) - expected) < 3


def _dated(handler: Handler, ahead: float) -> None:
    body = b'{"gitVersion": "v1"}'
    handler.send_response_only(200)
    handler.send_header("Date", formatdate(time.time() + ahead, usegmt=True))
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def test_nothing_is_sent_that_could_change_anything(api: Api, hands: Hands) -> None:
    server = cluster(hands())

    with pytest.raises(ValueError, match="self access review"):
        server.review("/api/v1/namespaces/ml/pods", {}, dict)
    assert [] == api.asked


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v1/pods", "verbs [list] on pods cluster-wide"),
        ("/apis/apps/v1/namespaces/ml/replicasets", "verbs [list] on replicasets.apps in namespace ml"),
        ("/api/v1/namespaces/ml/pods/a/log", "verbs [get] on pods/log in namespace ml"),
        ("/api/v1/namespaces/ml/configmaps/c", "verbs [get] on configmaps in namespace ml"),
    ],
)
def test_a_grant_is_named_as_a_role_writes_it(path: str, expected: str) -> None:
    assert expected == grant(path)


def test_a_list_that_one_probe_could_not_get_costs_no_other(api: Api, hands: Hands, run: RunProbe) -> None:
    api.put("pods", pod(phase="Pending")).answer("/api/v1/events", 403).answer("/api/v1/namespaces/ml/events", 403)
    access = hands()

    assert {"forbidden"} == gaps([*run(events.PROBES[0], access)])
    assert ["ml/api-1"] == list(looks(run(pods.PROBES[0], access), "pod"))
    assert 0 == len(listed(access, "nodes").items)
