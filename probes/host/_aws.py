"""What AWS's clients of a process would find in its home: files that are there, and until when its SSO session lasts. No key or token is kept.

files(access, {"HOME": "/srv/dana", "AWS_PROFILE": "team"})  ->  ("/srv/dana/.aws/config",)
"""

from __future__ import annotations

import configparser
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime

from probes._access import Access

NAMES = ("HOME", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_PROFILE", "AWS_DEFAULT_PROFILE")
LONGEST = 65536
_KEYS = ("aws_access_key_id", "credential_process", "role_arn", "web_identity_token_file")


def of(variables: Mapping[str, str]) -> dict[str, str]:
    """Of a process's variables those that say where to look, which are all that is read here."""
    return {name: value for name, value in variables.items() if name in NAMES and value}


def files(access: Access, variables: Mapping[str, str]) -> tuple[str, ...]:
    """Where botocore would look for a profile: the files that are there, of those that the variables or its home name."""
    return tuple(place for place in (_credentials(variables), _config(variables)) if _text(access, place) is not None)


def session_ends(access: Access, variables: Mapping[str, str]) -> float | None:
    """When the session that `aws sso login` left for its profile ends, in seconds since 1970 (botocore.tokens, SSOTokenLoader); None without one, or where it is renewed by itself."""
    profile = variables.get("AWS_PROFILE") or variables.get("AWS_DEFAULT_PROFILE") or "default"
    config, keys = (_parsed(_text(access, place) or "") for place in (_config(variables), _credentials(variables)))
    mine = config.get("default" if profile == "default" else f"profile {profile}", {})
    kept_as = mine.get("sso_session") or mine.get("sso_start_url")
    if not kept_as or any(name in of for of in (mine, keys.get(profile, {})) for name in _KEYS):
        return None
    name = hashlib.sha1(kept_as.encode(), usedforsecurity=False).hexdigest()
    return _ends(_text(access, f"{_home(variables)}/.aws/sso/cache/{name}.json") or "")


def _home(variables: Mapping[str, str]) -> str:
    return variables.get("HOME", "/root")


def _config(variables: Mapping[str, str]) -> str:
    return variables.get("AWS_CONFIG_FILE") or f"{_home(variables)}/.aws/config"


def _credentials(variables: Mapping[str, str]) -> str:
    return variables.get("AWS_SHARED_CREDENTIALS_FILE") or f"{_home(variables)}/.aws/credentials"


def _text(access: Access, place: str) -> str | None:
    """The start of an ordinary file; None of anything else, such as a pipe that would never end."""
    try:
        return access.text(place, LONGEST) if access.path(place).is_file() else None
    except (OSError, ValueError):
        return None


def _parsed(text: str) -> Mapping[str, Mapping[str, str]]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    return {re.sub(r"\s+", " ", name): dict(parser.items(name)) for name in parser.sections()}


def _ends(text: str) -> float | None:
    try:
        kept = json.loads(text)
        ends = datetime.fromisoformat(str(kept["expiresAt"]).replace("UTC", "Z")) if isinstance(kept, dict) and not kept.get("refreshToken") else None
    except (ValueError, KeyError, RecursionError):
        return None
    return ends.timestamp() if ends is not None and ends.tzinfo is not None else None
