"""The catalogue of planted faults, and the engine that they are planted on."""

import os
import re
from pathlib import Path

import pytest

from .catalogue import CATALOGUE, CAUSES, Catalogue, Planting, load
from .engine import HOST_VARIABLE, engine, missing
from .images import SCRIPTS
from .plant import Garden

GIVEAWAYS = re.compile(r"oom|out.of|memory-|leak|kill(?!\s)|crash|fault|broken|bug|missing|wrong|healthy-|error|denied|corrupt", re.IGNORECASE)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def test_there_are_enough_faults_and_look_alikes_and_most_are_lived_not_told(catalogue: Catalogue) -> None:
    real = [fault for fault in catalogue.faults if fault.mechanism == "real"]

    assert len(catalogue.faults) >= 28
    assert len(catalogue.healthy) >= 12
    assert len(real) >= 0.6 * len(catalogue.faults)


def test_every_cause_of_every_row_is_planted_but_the_one_that_is_a_consequence(catalogue: Catalogue) -> None:
    planted = {(fault.expect.row, fault.expect.planted_cause) for fault in catalogue.faults}
    unplanted = {(row, cause) for row, causes in CAUSES.items() for cause in causes} - planted

    assert unplanted == {
        ("kubernetes/crashloopbackoff", "out-of-memory"),  # told under its own row, which leads
        ("kubernetes/crashloopbackoff", "killed-from-outside"),  # likewise
        ("cost/batch-job-oom", "machine-out-of-memory"),  # planted as a training
    }


def test_no_name_gives_the_cause_away(catalogue: Catalogue) -> None:
    told = [f"{planting.id}: {word}" for planting in catalogue.all for word in _what_the_engine_shows(planting) if GIVEAWAYS.search(word)]

    assert told == []


def _what_the_engine_shows(planting: Planting) -> list[str]:
    starts = [planting.start, *planting.helpers, *(step.recreate for step in planting.steps if step.recreate)]
    shown = " ".join([planting.name, *(f"{start.image} {start.run} {start.command}" for start in starts)])
    return re.sub(r"--(memory\S*|health\S* (\"[^\"]*\"|\S+))", "", shown).split()


def test_every_script_is_used(catalogue: Catalogue) -> None:
    used = {file.script for image in catalogue.images.values() for file in image.files.values()} | {"no_names.py"}

    assert {path.name for path in SCRIPTS.iterdir() if path.suffix in {".py", ".sh"}} == used - {""}


@pytest.fixture(scope="module")
def third() -> Catalogue:
    return load(CATALOGUE.with_name("docker_third.yaml"))


def test_the_third_set_is_large_enough_mostly_lived_and_covers_every_row(third: Catalogue) -> None:
    real = [fault for fault in third.faults if fault.mechanism == "real"]
    rows = [fault.expect.row for fault in third.faults]

    assert 36 <= len(third.faults) <= 44
    assert len(third.healthy) == 12
    assert len(real) >= 2 / 3 * len(third.faults)
    assert min(rows.count(row) for row in CAUSES) >= 10


def test_no_name_in_the_third_set_gives_the_cause_away(third: Catalogue) -> None:
    told = [f"{planting.id}: {word}" for planting in third.all for word in _what_the_engine_shows(planting) if GIVEAWAYS.search(word)]

    assert told == []


def test_the_third_set_uses_every_script_and_image_of_its_own(third: Catalogue) -> None:
    used = {file.script for image in third.images.values() for file in image.files.values()} - {""}
    there = {f"../scripts_third/{path.name}" for path in CATALOGUE.with_name("scripts_third").iterdir() if path.suffix in {".py", ".sh"}}

    assert there == used
    assert set(third.images) <= {image for planting in third.all for image in planting.images}


@pytest.mark.engine
@pytest.mark.skipif(bool(missing()) or HOST_VARIABLE in os.environ, reason=missing() or "another engine is named")
def test_a_private_engine_leaves_nothing_behind(catalogue: Catalogue) -> None:
    with engine() as it:
        garden = Garden(it, catalogue)
        with garden.planted(catalogue.named("pose-train", "front-api")):
            names = it.docker("ps", "-a", "--format", "{{.Names}}").split()
        left = it.docker("ps", "-aq")

    assert sorted(names) == ["d-front", "f-front-api", "f-pose-train"]
    assert left == ""
    assert not it.socket.parent.exists()
    assert str(it.socket.parent) not in Path("/proc/mounts").read_text()
