"""The catalogue of faults planted on a Kubernetes node."""

import re
from pathlib import Path

import pytest

from tests.faults.kubernetes.catalogue import CATALOGUE, CAUSES, PULL, STUCK, Catalogue, Planting, images_of, load, manifest

SCRIPTS = Path(__file__).parent / "scripts"
GIVEAWAYS = re.compile(r"oom|out.of|leak|kill|crash|fault|broken|bug|missing|wrong|healthy|error|denied|corrupt|stuck|bad-", re.IGNORECASE)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def test_there_are_enough_faults_and_look_alikes_and_most_are_lived_not_told(catalogue: Catalogue) -> None:
    real = [fault for fault in catalogue.faults if fault.mechanism == "real"]

    assert len(catalogue.faults) >= 56
    assert len(catalogue.healthy) >= 22
    assert len(real) >= 0.5 * len(catalogue.faults)


def test_every_cause_is_planted_but_a_few(catalogue: Catalogue) -> None:
    planted = {(expect.row, expect.planted_cause) for fault in catalogue.faults for expect in fault.expect}

    assert {(row, cause) for row, causes in CAUSES.items() for cause in causes} - planted == {
        ("kubernetes/crashloopbackoff", "out-of-memory"),  # told under its own rows, which lead
        ("cost/batch-job-oom", "killed-from-outside"),  # planted as a training
        ("cost/batch-job-oom", "machine-out-of-memory"),  # likewise
        (STUCK, "pdb"),  # a budget does not stand in the way of a rollout: a look-alike
        *((STUCK, cause) for cause in ("quota-needs-requests", "scheduler-missing")),  # other names of what is planted
        (STUCK, "cannot-start"),  # in the second set
    }


def test_there_are_incidents_with_many_members_and_namespaces_with_two_faults(catalogue: Catalogue) -> None:
    shared = {fault.expect[0].planted_cause for fault in catalogue.faults if len(fault.expect[0].members) > 1}
    double = [fault.id for fault in catalogue.faults if len([one for one in fault.expect if not one.consequence]) > 1]

    assert {"registry-unreachable", "node-trouble", "quota-exceeded", "webhook-down"} <= shared
    assert len(double) >= 2


def test_every_row_has_verdicts_that_honestly_stay_open(catalogue: Catalogue) -> None:
    undetermined = {expect.row for fault in catalogue.faults for expect in fault.expect if expect.undetermined or expect.accept_undetermined}

    assert undetermined == set(CAUSES)
    assert PULL in undetermined


def test_no_name_gives_the_cause_away(catalogue: Catalogue) -> None:
    names = {name for planting in catalogue.all for name in (planting.id, *images_of(planting), *_names(planting))}

    assert sorted(name for name in names if GIVEAWAYS.search(name)) == []


def _names(planting: Planting) -> list[str]:
    return [one["name"] for one in planting.objects]


def test_every_script_is_used(catalogue: Catalogue) -> None:
    used = {file.script for image in catalogue.images.values() for file in image.files.values()} - {""}

    assert {path.name for path in SCRIPTS.iterdir() if path.suffix in {".py", ".sh"}} == used


def test_every_image_is_used(catalogue: Catalogue) -> None:
    assert set(catalogue.images) <= {image for planting in catalogue.all for image in images_of(planting)}



@pytest.fixture(scope="module")
def second() -> Catalogue:
    return load(CATALOGUE.with_name("second.yaml"))


def test_the_second_set_is_large_enough_mostly_lived_and_covers_every_row(second: Catalogue) -> None:
    real = [fault for fault in second.faults if fault.mechanism == "real"]

    assert len(second.faults) >= 36
    assert len(second.healthy) >= 10
    assert len(real) >= 0.6 * len(second.faults)
    assert {expect.row for fault in second.faults for expect in fault.expect} == set(CAUSES)


def test_the_second_set_has_incidents_that_share_one_thing(second: Catalogue) -> None:
    shared = [expect for fault in second.faults for expect in fault.expect if expect.shared]

    assert len(shared) >= 8
    assert max(len(expect.members) for expect in shared) >= 12
    assert {"registry-unreachable", "node-trouble", "quota-exceeded", "webhook-down", "missing-config"} <= {expect.cause for expect in shared}


def test_the_second_set_plants_nothing_of_the_first_and_gives_no_cause_away(catalogue: Catalogue, second: Catalogue) -> None:
    names = {name for planting in second.all for name in (*planting.own_namespaces, *images_of(planting), *_names(planting))}

    assert {planting.id for planting in catalogue.all} & {planting.id for planting in second.all} == set()
    assert sorted(name for name in names if GIVEAWAYS.search(name)) == []


def test_the_second_set_uses_every_script_and_image_of_its_own(second: Catalogue) -> None:
    used = {file.script for image in second.images.values() for file in image.files.values() if file.script.startswith("../")}

    assert {f"../scripts_second/{path.name}" for path in CATALOGUE.with_name("scripts_second").iterdir()} == used
    assert set(second.images) <= {image for planting in second.all for image in images_of(planting)}


@pytest.fixture(scope="module")
def third() -> Catalogue:
    return load(CATALOGUE.with_name("third.yaml"))


def test_the_third_set_is_large_enough_mostly_lived_and_covers_every_row(third: Catalogue) -> None:
    real = [fault for fault in third.faults if fault.mechanism == "real"]

    assert len(third.faults) >= 100
    assert len(third.healthy) >= 20
    assert len(real) >= 0.7 * len(third.faults)
    assert {expect.row for fault in third.faults for expect in fault.expect} == set(CAUSES)


def test_the_third_set_has_incidents_that_share_one_thing(third: Catalogue) -> None:
    shared = [expect for fault in third.faults for expect in fault.expect if expect.shared]

    assert len(shared) >= 8
    assert {"registry-tls", "node-trouble", "quota-exceeded", "webhook-down", "missing-config", "dependency-unreachable"} <= {one.cause for one in shared}


def test_the_third_set_plants_nothing_of_the_others_and_gives_no_cause_away(catalogue: Catalogue, second: Catalogue, third: Catalogue) -> None:
    others = {name for planting in (*catalogue.all, *second.all) for name in planting.own_namespaces}
    names = {name for planting in third.all for name in (*planting.own_namespaces, *images_of(planting), *_names(planting))}

    assert {name for planting in third.all for name in planting.own_namespaces} & others == set()
    assert sorted(name for name in names if GIVEAWAYS.search(name)) == []


def test_the_third_set_uses_every_script_and_image_of_its_own(third: Catalogue) -> None:
    used = {file.script for image in third.images.values() for file in image.files.values() if file.script.startswith("../")}

    assert {f"../scripts_third/{path.name}" for path in CATALOGUE.with_name("scripts_third").iterdir()} == used
    assert set(third.images) <= {image for planting in third.all for image in images_of(planting)}


@pytest.fixture(scope="module")
def fourth() -> Catalogue:
    return load(CATALOGUE.with_name("fourth.yaml"))


def test_the_fourth_set_is_large_enough_mostly_lived_and_covers_every_row(fourth: Catalogue) -> None:
    real = [fault for fault in fourth.faults if fault.mechanism == "real"]

    assert len(fourth.faults) >= 52
    assert len(fourth.healthy) >= 20
    assert len(real) >= 0.5 * len(fourth.faults)
    assert {expect.row for fault in fourth.faults for expect in fault.expect} == set(CAUSES)


def test_the_fourth_set_has_incidents_that_share_one_thing(fourth: Catalogue) -> None:
    shared = [expect for fault in fourth.faults for expect in fault.expect if expect.shared]

    assert {one.cause for one in shared} == {
        "registry-auth-failed", "node-trouble", "quota-exceeded", "webhook-down", "missing-config", "insufficient-resources",
    }  # fmt: skip


def test_the_fourth_set_stays_open_in_every_row(fourth: Catalogue) -> None:
    assert {expect.row for fault in fourth.faults for expect in fault.expect if expect.undetermined} == set(CAUSES)


def test_the_fourth_set_plants_nothing_of_the_others_and_gives_no_cause_away(
    catalogue: Catalogue, second: Catalogue, third: Catalogue, fourth: Catalogue
) -> None:
    others = {name for planting in (*catalogue.all, *second.all, *third.all) for name in planting.own_namespaces}
    names = {name for planting in fourth.all for name in (*planting.own_namespaces, *images_of(planting), *_names(planting))}

    assert {name for planting in fourth.all for name in planting.own_namespaces} & others == set()
    assert sorted(name for name in names if GIVEAWAYS.search(name)) == []


def test_the_fourth_set_uses_every_script_and_image_of_its_own(fourth: Catalogue) -> None:
    used = {file.script for image in fourth.images.values() for file in image.files.values() if file.script.startswith("../")}

    assert {f"../scripts_fourth/{path.name}" for path in CATALOGUE.with_name("scripts_fourth").iterdir()} == used
    assert set(fourth.images) <= {image for planting in fourth.all for image in images_of(planting)}


@pytest.fixture(scope="module")
def fifth() -> Catalogue:
    return load(CATALOGUE.with_name("fifth.yaml"))


def test_the_fifth_set_is_large_enough_mostly_lived_and_covers_every_row(fifth: Catalogue) -> None:
    real = [fault for fault in fifth.faults if fault.mechanism == "real"]

    assert len(fifth.faults) == 50
    assert len(fifth.healthy) == 10
    assert len(real) >= 0.5 * len(fifth.faults)
    assert {expect.row for fault in fifth.faults for expect in fault.expect} == set(CAUSES)


def test_the_fifth_set_has_incidents_that_share_one_thing(fifth: Catalogue) -> None:
    shared = [expect for fault in fifth.faults for expect in fault.expect if expect.shared]

    assert {one.cause for one in shared} == {"dependency-unreachable", "rate-limited", "quota-exceeded", "webhook-down"}


def test_the_fifth_set_plants_nothing_of_the_others_and_gives_no_cause_away(
    catalogue: Catalogue, second: Catalogue, third: Catalogue, fourth: Catalogue, fifth: Catalogue
) -> None:
    others = {name for planting in (*catalogue.all, *second.all, *third.all, *fourth.all) for name in planting.own_namespaces}
    names = {name for planting in fifth.all for name in (*planting.own_namespaces, *images_of(planting), *_names(planting))}

    assert {name for planting in fifth.all for name in planting.own_namespaces} & others == set()
    assert sorted(name for name in names if GIVEAWAYS.search(name)) == []


def test_the_fifth_set_uses_every_script_and_image_of_its_own(fifth: Catalogue) -> None:
    used = {file.script for image in fifth.images.values() for file in image.files.values() if file.script.startswith("../")}

    assert {f"../scripts_fifth/{path.name}" for path in CATALOGUE.with_name("scripts_fifth").iterdir()} == used
    assert set(fifth.images) <= {image for planting in fifth.all for image in images_of(planting)}


def test_an_object_may_lie_in_another_namespace_of_its_planting() -> None:
    assert manifest({"kind": "Service", "name": "web", "namespace": "shop-back"}, "shop")["metadata"] == {"name": "web", "namespace": "shop-back"}

def test_a_short_manifest_is_made_whole() -> None:
    whole = manifest({"kind": "Deployment", "name": "web", "spec": {"replicas": 2}, "pod": {"containers": []}}, "h-zero")

    assert whole == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "h-zero", "labels": {"app": "web"}},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"terminationGracePeriodSeconds": 3, "containers": []}},
        },
    }
