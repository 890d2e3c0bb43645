"""What AWS's clients of a process would find in its home."""

from __future__ import annotations

import hashlib
import json
import os

import pytest

from probes.host._aws import files, of, session_ends

from .conftest import MakeAccess

CONFIG = "[sso-session company]\nsso_start_url = https://company.awsapps.com/start\n\n[profile team]\nsso_session = company\nregion = eu-central-1\n\n[default]\nregion = eu-central-1\n"
KEPT = f"/srv/dana/.aws/sso/cache/{hashlib.sha1(b'company', usedforsecurity=False).hexdigest()}.json"
DANA = {"HOME": "/srv/dana", "AWS_PROFILE": "team"}
ENDS = 1709280000.0


def kept(**more: str) -> str:
    return json.dumps({"accessToken": "secret", "expiresAt": "2024-03-01T08:00:00Z", **more})


def test_the_session_of_its_profile_ends_when_its_own_note_says(machine: MakeAccess) -> None:
    access = machine({"/srv/dana/.aws/config": CONFIG, KEPT: kept()})

    assert ENDS == session_ends(access, DANA)
    assert session_ends(access, {"HOME": "/srv/dana"}) is None, "the default profile has no session"
    assert ("/srv/dana/.aws/config",) == files(access, DANA)


@pytest.mark.parametrize("note", [kept(refreshToken="r"), "{", "[]", '{"expiresAt": 7}', '{"expiresAt": "2024-03-01T08:00:00"}', "{}"])
def test_what_renews_itself_or_says_nothing_ends_at_no_time_that_is_known(machine: MakeAccess, note: str) -> None:
    assert session_ends(machine({"/srv/dana/.aws/config": CONFIG, KEPT: note}), DANA) is None


def test_a_time_as_older_tools_wrote_it(machine: MakeAccess) -> None:
    note = kept(expiresAt="2024-03-01T08:00:00UTC")
    legacy = CONFIG.replace("sso_session = company", "sso_start_url = company")

    assert ENDS == session_ends(machine({"/srv/dana/.aws/config": legacy, KEPT: note}), DANA)


def test_keys_of_the_profile_come_before_a_session(machine: MakeAccess) -> None:
    access = machine({"/srv/dana/.aws/config": CONFIG, KEPT: kept(), "/srv/dana/.aws/credentials": "[team]\naws_access_key_id = AKIA\n"})

    assert session_ends(access, DANA) is None


@pytest.mark.parametrize("config", ["no section", "[profile team", "[profile team]\nsso_session", "\0"])
def test_a_config_that_is_none_costs_nothing(machine: MakeAccess, config: str) -> None:
    assert session_ends(machine({"/srv/dana/.aws/config": config, KEPT: kept()}), DANA) is None


def test_a_pipe_in_its_place_is_not_waited_for(machine: MakeAccess) -> None:
    access = machine({})
    place = access.path("/srv/dana/.aws/config")
    place.parent.mkdir(parents=True)
    os.mkfifo(place)

    assert session_ends(access, DANA) is None
    assert () == files(access, DANA)


def test_only_what_leads_to_files_is_read() -> None:
    assert {"HOME": "/h"} == of({"HOME": "/h", "AWS_SECRET_ACCESS_KEY": "x", "AWS_PROFILE": ""})
