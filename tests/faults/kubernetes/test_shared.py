"""How the table judges an incident that many members share."""

from typing import Any

import msgspec
import pytest

from tests.faults.catalogue import CRASH
from tests.faults.kubernetes.catalogue import PULL, STUCK, Expect, Planting, Wait
from tests.faults.kubernetes.table import grade, said_about

ALL = Expect(row=PULL, subjects=["web-*/app", "jobs/sync-*/app"], cause="registry-unreachable", shared="@closed@")
APART = Expect(row=CRASH, subject="jobs/fx-*/fx", cause="app-crashes-on-start")
PLANTING = Planting(id="shop", story="", mechanism="real", namespaces=["jobs"], objects=[], wait_for=[Wait(pod="*")], expect=[ALL, APART], why="")


class Told(msgspec.Struct, frozen=True):
    row: str
    named_ids: tuple[str, ...]
    subjects: list[str]
    consequences: list["Told"] = []
    band: str = "diagnosed"
    words: str = ""


class Reported(msgspec.Struct, frozen=True):
    incidents: list[Told]
    recovered: list[Told] = []


WEB = Told(PULL, ("registry-unreachable",), ["container shop/web-1/app"])
SYNC = Told(PULL, ("registry-unreachable",), ["container jobs/sync-1/app"])
STUCK_WEB = Told(STUCK, ("image-pull-failure",), ["workload shop/Deployment/web"])
FX = Told(CRASH, ("app-crashes-on-start",), ["container jobs/fx-1/fx"])
LEAD = Told(PULL, ("registry-unreachable",), ["registry nexus.test:5005"], [WEB, SYNC, STUCK_WEB])
FLAT = Told(PULL, ("registry-unreachable",), [*WEB.subjects, *SYNC.subjects], [STUCK_WEB], words="dial nexus.test:5005")


@pytest.mark.parametrize(
    ("incidents", "wanted"),
    [
        ([LEAD, FX], "right"),
        ([FLAT, FX], "right"),
        ([WEB, SYNC, FX], "missed"),
        ([LEAD, msgspec.structs.replace(STUCK_WEB, subjects=["workload jobs/Deployment/sync"])], "missed"),
        ([msgspec.structs.replace(LEAD, consequences=[WEB])], "missed"),
        ([msgspec.structs.replace(FLAT, words="")], "missed"),
        ([msgspec.structs.replace(LEAD, consequences=[WEB, SYNC, FX])], "SAID"),
        ([msgspec.structs.replace(LEAD, named_ids=("rate-limited",))], "WRONG NAME"),
        ([FX], "missed"),
    ],
)
def test_one_incident_that_names_what_is_shared_holds_all_members_and_nothing_else(incidents: list[Told], wanted: str) -> None:
    reported: Any = Reported(incidents)

    assert grade(ALL, said_about(reported, PLANTING, ALL), "all") == wanted


def test_what_stands_apart_is_judged_by_itself() -> None:
    reported: Any = Reported([LEAD, FX])

    assert grade(APART, said_about(reported, PLANTING, APART), "all") == "right"
