"""Where a user of this machine has credentials for a remote: which places hold some, in the order in which botocore asks. Never a value.

found(access, remote)   Found(places=("profile ci in ~/.aws/credentials",), half=(), profile_missing=False)
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from probes._access import Access
from probes.dvc._config import Remote

_KEY, _SECRET = "aws_access_key_id", "aws_secret_access_key"
_WAYS = ("credential_process", "sso_session", "sso_start_url", "role_arn", "login_session")
"""What a profile may hold instead of keys."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The places that hold credentials, the one that is used first; those that hold half a key; and whether the named profile is nowhere."""

    places: tuple[str, ...]
    half: tuple[str, ...]
    profile_missing: bool


def found(access: Access, remote: Remote, environment: Mapping[str, str] = os.environ) -> Found:
    """Of an S3 remote. A named profile shuts out the environment's keys (botocore.credentials)."""
    asked = remote.get("profile") or environment.get("AWS_PROFILE") or environment.get("AWS_DEFAULT_PROFILE") or ""
    files = _files(access, remote, environment)
    profiles = {name: values for _, named in files for name, values in named.items()}
    looked = list(_looked(remote, environment, files, asked or "default"))
    return Found(
        places=tuple(place for place, whole in looked if whole),
        half=tuple(place for place, whole in looked if not whole),
        profile_missing=bool(asked) and asked not in profiles,
    )


Profiles = Mapping[str, Mapping[str, str]]


def _looked(remote: Remote, environment: Mapping[str, str], files: list[tuple[str, Profiles]], profile: str) -> Iterator[tuple[str, bool]]:
    """Each place that holds something, and whether it is a whole key."""
    own = [remote.options[name] for name in ("access_key_id", "secret_access_key") if remote.get(name)]
    if own:
        yield f"remote {remote.name} in {own[0].file}", len(own) == 2
    if not remote.get("profile"):
        keys = [bool(environment.get(name)) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")]
        if any(keys):
            yield "the environment (AWS_ACCESS_KEY_ID)", all(keys)
    if environment.get("AWS_WEB_IDENTITY_TOKEN_FILE") and environment.get("AWS_ROLE_ARN"):
        yield "a web identity (AWS_ROLE_ARN)", True
    for file, named in files:
        values = named.get(profile, {})
        if _KEY in values or _SECRET in values:
            yield f"profile {profile} in {file}", _KEY in values and _SECRET in values
        elif any(way in values for way in _WAYS):
            yield f"profile {profile} in {file}", True
    if environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") or environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"):
        yield "the container's own (AWS_CONTAINER_CREDENTIALS_…)", True


def _files(access: Access, remote: Remote, environment: Mapping[str, str]) -> list[tuple[str, Profiles]]:
    """AWS's two files as this remote names them, each with its profiles; one that is not there has none."""
    credentials = environment.get("AWS_SHARED_CREDENTIALS_FILE") or remote.get("credentialpath") or "~/.aws/credentials"
    config = environment.get("AWS_CONFIG_FILE") or remote.get("configpath") or "~/.aws/config"
    return [(file, _profiles(access, file)) for file in (credentials, config)]


def _profiles(access: Access, file: str) -> Profiles:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(access.text(str(Path(file).expanduser())))
    except (OSError, configparser.Error):
        return {}
    return {name.removeprefix("profile ").strip(): dict(parser.items(name)) for name in parser.sections()}
