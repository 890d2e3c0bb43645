"""Which containers are looked at and which are only counted, what is missing when an answer is, and the census."""

from __future__ import annotations

import time
from typing import Any

import pytest

from probes._contract import Census, Relation, Subject, Swept, Unavailable
from probes._named import Named
from probes.docker.containers import PROBES

from .conftest import NOW, RunProbe, ServeEngine, looks
from .scripted import Answer, Answers, Scripted, of, refusal

(PROBE,) = PROBES
HOST = Subject("host", "gpu-1")


def entry(number: int, status: str, state: str = "running", *, created: float = 0.0, **fields: Any) -> dict[str, Any]:
    """An entry of the list, `created` seconds before now."""
    base = {"Id": f"{number:064x}", "Names": [f"/c{number}"], "Image": "api:1", "State": state, "Status": status, "Created": int(NOW - created)}
    return base | fields


def inspection(item: dict[str, Any], **state: Any) -> dict[str, Any]:
    return {
        "Id": item["Id"],
        "Name": item["Names"][0],
        "State": {"Status": item["State"], **state},
        "Config": {"Image": item["Image"]},
        "Created": "2026-11-24T20:00:00Z",
    }


WELL = [
    ("Up 15 minutes", "running", 900),
    ("Up About an hour (healthy)", "running", 3600),
    ("Up 3 days", "running", 9_000_000),
    ("Exited (0) 2 hours ago", "exited", 9000),
]
MAYBE_NOT = [
    ("Up 14 minutes", "running", 840),
    ("Up 2 hours (unhealthy)", "running", 7200),
    ("Up 2 hours (health: starting)", "running", 7200),
    ("Up 2 hours (Paused)", "paused", 7200),
    ("Up 2 hours", "running", 90_000),
    ("Exited (0) 59 minutes ago", "exited", 9000),
    ("Exited (1) 3 weeks ago", "exited", 9_000_000),
    ("Restarting (137) 40 seconds ago", "restarting", 9000),
    ("Created", "created", 9000),
    ("Dead", "dead", 9000),
    ("Removal In Progress", "removing", 9000),
    ("", "running", 9000),
]


def crowd(odd: list[tuple[str, str, int]]) -> tuple[list[dict[str, Any]], Answers]:
    """A hundred plain containers and these."""
    items = [entry(1000 + number, "Up 3 days", created=259_200) for number in range(100)]
    items += [entry(number, status, state, created=created) for number, (status, state, created) in enumerate(odd)]
    inspections = {f"/containers/{item['Id']}/json": inspection(item) for item in items}
    return items, {"/containers/json": items, "/info": {"Name": "gpu-1"}, **inspections}


def test_of_many_containers_those_that_may_be_unwell_are_looked_at(run: RunProbe, serve: ServeEngine) -> None:
    items, answers = crowd(WELL + MAYBE_NOT)
    found = run(PROBE, serve(Scripted(answers)))

    assert {item["Names"][0][1:] for item in items[100 + len(WELL) :]} == set(looks(found))
    assert [Swept(kind="container", scope="gpu-1", count=116)] == [answer for answer in found if isinstance(answer, Swept)]


def test_a_named_container_is_looked_at_however_well_it_is(run: RunProbe, serve: ServeEngine) -> None:
    _, answers = crowd(WELL)

    assert {"c1001"} == set(looks(run(PROBE, serve(Scripted(answers)), Subject("container", "c1001"))))


def test_a_container_that_was_asked_about_is_looked_at_in_a_sweep(run: RunProbe, serve: ServeEngine) -> None:
    _, answers = crowd(WELL)
    access = serve(Scripted(answers))
    access.named = (Named("container", "c1001"),)

    assert {"c1001"} == set(looks(run(PROBE, access)))


def test_of_a_hundred_all_are_looked_at(run: RunProbe, serve: ServeEngine) -> None:
    items, answers = crowd([])

    assert len(items) == len(looks(run(PROBE, serve(Scripted(answers)))))


def test_beyond_five_hundred_the_loops_go_first_and_the_rest_is_said_to_be_missing(run: RunProbe, serve: ServeEngine) -> None:
    ended = [(f"Exited (1) {1 + number % 20} days ago", "exited", 9_000_000) for number in range(520)]
    _, answers = crowd([*ended, ("Restarting (1) 2 seconds ago", "restarting", 900)])
    found = run(PROBE, serve(Scripted(answers)))

    assert 500 == len(looks(found))
    assert "c520" == next(iter(looks(found)))
    assert [(False, "not reached", "500 of 521 containers that may be unwell were inspected.")] == [
        (swept.complete, gap.why, gap.detail) for swept in found if isinstance(swept, Swept) for gap in found if isinstance(gap, Unavailable)
    ]


def test_names_of_links_are_passed_over_and_a_nameless_one_has_its_id(run: RunProbe, serve: ServeEngine) -> None:
    linked = entry(1, "Up 1 second") | {"Names": ["/web/db", "/db"]}
    nameless = entry(2, "Removal In Progress", "removing") | {"Names": None}
    script = Scripted(
        {
            "/containers/json": [linked, nameless],
            "/info": {"Name": "gpu-1"},
            f"/containers/{linked['Id']}/json": refusal(500, "boom"),
            f"/containers/{nameless['Id']}/json": refusal(500, "boom"),
        }
    )

    gaps = [answer.subject for answer in run(PROBE, serve(script)) if isinstance(answer, Unavailable)]

    assert [Subject("container", "db"), Subject("container", "0" * 12)] == gaps


# when something is missing


def test_a_container_that_goes_meanwhile_is_no_trouble(run: RunProbe, serve: ServeEngine) -> None:
    gone = entry(1, "Up 1 second")
    script = Scripted({"/containers/json": [gone], "/info": {"Name": "gpu-1"}, f"/containers/{gone['Id']}/json": refusal(404, "No such container")})

    assert [Swept(kind="container", scope="gpu-1", count=1)] == run(PROBE, serve(script))


def test_one_bad_answer_costs_only_its_container(run: RunProbe, serve: ServeEngine) -> None:
    bad = entry(1, "Up 1 second")
    answers = of("fast_exit")
    script = Scripted({**answers, "/containers/json": [*answers["/containers/json"], bad], f"/containers/{bad['Id']}/json": Answer(b'{"Id": 1}')})

    found = run(PROBE, serve(script))

    assert ["fast"] == list(looks(found))
    assert [("garbled", Subject("container", "c1"))] == [(answer.why, answer.subject) for answer in found if isinstance(answer, Unavailable)]
    assert [False] == [answer.complete for answer in found if isinstance(answer, Swept)]


def test_an_engine_that_falls_silent_leaves_what_was_seen_and_says_how_much(run: RunProbe, serve: ServeEngine) -> None:
    late = entry(1, "Exited (1) 2 days ago", "exited")
    answers = of("fast_exit")
    script = Scripted({**answers, "/containers/json": [*answers["/containers/json"], late], f"/containers/{late['Id']}/json": Answer(hold_s=3)})
    hands = serve(script)
    hands.deadline = time.monotonic() + 1

    found = run(PROBE, hands)

    assert ["fast"] == list(looks(found))
    assert [("timed out", "1 of 2 containers were inspected in time.")] == [(gap.why, gap.detail) for gap in found if isinstance(gap, Unavailable)]
    assert [Swept(kind="container", scope="gpu-1", count=2, complete=False)] == [answer for answer in found if isinstance(answer, Swept)]


def test_without_info_only_the_host_is_missing(run: RunProbe, serve: ServeEngine) -> None:
    found = run(PROBE, serve(Scripted({**of("fast_exit"), "/info": refusal(403, "no")})))

    assert [("forbidden", ("container on host",))] == [(gap.why, gap.names) for gap in found if isinstance(gap, Unavailable)]
    assert ["uses", "joins"] == [answer.name for answer in found if isinstance(answer, Relation)]


# the census


def test_the_census_counts_who_succeeded_since_the_first_failure(run: RunProbe, serve: ServeEngine) -> None:
    ended = {"StartedAt": "2026-11-24T22:00:00Z"}
    members = [
        (
            entry(1, "Exited (1) 30 minutes ago", "exited", Labels={"com.docker.compose.project": "shop"}),
            {"ExitCode": 1, "FinishedAt": "2026-11-24T23:00:00Z", **ended},
        ),
        (entry(2, "Exited (0) 40 minutes ago", "exited"), {"ExitCode": 0, "FinishedAt": "2026-11-24T22:50:00Z", **ended}),
        (entry(3, "Exited (0) 20 minutes ago", "exited"), {"ExitCode": 0, "FinishedAt": "2026-11-24T23:10:00Z", **ended}),
        (entry(4, "Up 2 hours"), {"Running": True, "StartedAt": "2026-11-24T21:00:00Z"}),
        (entry(5, "Up 2 hours (Paused)", "paused"), {"Running": True, "StartedAt": "2026-11-24T21:00:00Z"}),
        (entry(6, "Up 2 hours", Image="other:1"), {"Running": True, "StartedAt": "2026-11-24T21:00:00Z"}),
        (entry(7, "Exited (1) 2 days ago", "exited"), {"ExitCode": 1, "FinishedAt": "2026-11-22T23:00:00Z", **ended}),
    ]
    inspections = {f"/containers/{item['Id']}/json": inspection(item, **state) for item, state in members}
    script = Scripted({"/containers/json": [item for item, _ in members], "/info": {"Name": "gpu-1"}, **inspections})
    expected = [
        Census(HOST, "container", 7, 3),
        Census(Subject("image", "api:1"), "container", 6, 2),
        Census(Subject("project", "shop"), "container", 1, 0),
    ]

    assert expected == [answer for answer in run(PROBE, serve(script)) if isinstance(answer, Census)]


@pytest.mark.parametrize(
    ("state", "succeeded"),
    [
        pytest.param({"Running": True, "StartedAt": "2026-11-24T23:30:00Z", "Health": {"Status": "unhealthy"}}, None, id="unhealthy"),
        pytest.param({"Running": True, "StartedAt": "2026-11-24T23:30:00Z", "Health": {"Status": "healthy"}}, 100, id="healthy"),
        pytest.param({"Running": True, "StartedAt": "2026-11-24T23:30:00Z", "Health": {"Status": "starting"}}, 99, id="starting"),
    ],
)
def test_the_uninspected_count_as_well_and_only_trouble_is_counted_at_all(
    state: dict[str, Any], succeeded: int | None, run: RunProbe, serve: ServeEngine
) -> None:
    failed = entry(1, "Exited (1) 2 minutes ago", "exited", Image="other:1")
    items, answers = crowd([("Up 1 minute", "running", 60)])
    script = Scripted(
        {
            **answers,
            "/containers/json": [*items, failed],
            f"/containers/{items[-1]['Id']}/json": inspection(items[-1], **state),
            f"/containers/{failed['Id']}/json": inspection(failed, ExitCode=1, FinishedAt="2026-11-24T23:29:00Z", StartedAt="2026-11-24T23:28:00Z"),
        }
    )
    counts = {answer.shared.key: (answer.members, answer.succeeded) for answer in run(PROBE, serve(script)) if isinstance(answer, Census)}

    expected = {"gpu-1": (102, 101 if succeeded == 100 else 100), "other:1": (1, 0)}
    assert expected | ({"api:1": (101, 100)} if succeeded is None else {}) == counts
