"""Secrets out, before anything is kept: by the name they stand under, by their shape, and by having been seen before.

    >>> Redactor(b"k").text("postgresql://ml:hunter22x@db/mlflow")
    'postgresql://ml:‹redacted-password-3a3a7c›@db/mlflow'

A token tells the sort of secret and six hexadecimal digits of an HMAC under a key of this run: equal secrets have equal tokens, and
nothing of the secret can be tried out from a bundle.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from typing import Any

import re2

LEARNED_LENGTH = 8
"""A secret that was seen under its name is looked for everywhere else if it has at least this many characters."""

_WORDS = (
    r"passw(?:or)?d|passwd|passphrase|pwd|secret|token|credentials?|api[-_.]?key|access[-_.]?key(?:[-_.]?id)?|private[-_.]?key|auth[-_.]?key|"
    r"account[-_.]?key|encryption[-_.]?key|signing[-_.]?key|secret[-_.]?key|storage[-_.]?key|license[-_.]?key|dsn|sas|cookie|session[-_.]?id|"
    r"connection[-_.]?string|auth|salt|private|signature"
)
_NAME = rf"(?:[\w.-]*[-_.])?(?:[a-zA-Z]*)(?:{_WORDS})"
_SECRET_NAME = re2.compile(rf"(?i)^(?:.*[-_.\s])?[a-z0-9]*(?:{_WORDS})$|(?i)^(?:.*[-_.\s])?keys?$")
_PLAIN_NAME = re2.compile(
    r"(?i)(?:max|min|num|n|count|total|use|has|enable|with|no|pad|eos|bos|unk|special|next|per)_?(?:new_?)?tokens?$|tokenizer|_(?:file|path|dir|name|type|url|ttl|timeout)$"
)
_VALUE = r"(?P<quote>[\"']?)(?P<secret>[^\s\"'&,;<>}\])‹]{4,}|[^\"'‹\n]{4,}(?P<close>[\"']))"
_PEM = r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)"

_SHAPES: tuple[tuple[str, str], ...] = (
    ("private-key", _PEM),
    ("jwt", r"\bey[JI][A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"),
    ("aws-key", r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b"),
    ("token", r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}|hf_[A-Za-z0-9]{20,}|sk-[\w-]{20,}|AIza[\w-]{30,}|[sr]k_live_\w{16,}|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{30,}|dckr_pat_[\w-]{20,})"),
)  # fmt: skip
_PLACES: tuple[tuple[str, str], ...] = (
    ("password", r"(?P<before>\b[a-zA-Z][\w+.-]*://[^\s:/@\"']*:)(?P<secret>[^\s/\"'‹][^\s\"'?]*)(?P<after>@[\w.\[-])"),
    ("authorization", r"(?i)(?P<before>\b(?:proxy-)?authorization[\"']?\s*[:=]\s*[\"']?(?:bearer|basic|token|digest|aws4-hmac-sha256)\s+)(?P<secret>[^\s\"'‹][^\"'\n]*)"),
    ("authorization", r"(?i)(?P<before>\bbearer\s+)(?P<secret>[A-Za-z0-9._~+/-]{16,}=*)"),
    ("signature", r"(?i)(?P<before>[?&](?:x-amz-(?:signature|credential|security-token)|signature|sig|awsaccesskeyid|token|access_token|api_key|key)=)(?P<secret>[^&\s\"'‹<]{4,})"),
    ("signature", r"(?i)(?P<before><(?:stringtosign|canonicalrequest|signatureprovided|awsaccesskeyid|stringtosignbytes|canonicalrequestbytes)>)(?P<secret>[^<‹]+)"),
    ("cookie", r"(?i)(?P<before>\b(?:set-)?cookie[\"']?\s*[:=]\s*[\"']?)(?P<secret>[^\s\"'‹][^\"'\n]*)"),
    ("password", r"(?i)(?P<before>\bmachine\s+\S+\s+login\s+\S+\s+password\s+)(?P<secret>[^\s‹]+)"),
    ("secret", rf"(?i)(?P<before>--?(?P<name>{_NAME})(?:\s+|=))(?P<quote>[\"']?)(?P<secret>[^\s\"'‹-][^\s\"'‹]{{3,}})"),
    ("secret", rf"(?i)(?P<before>[\"']?\b(?P<name>{_NAME})[\"']?\s*(?:=|:|=>)\s*){_VALUE}"),
)  # fmt: skip


class Redactor:
    """Takes secrets out of text; one for a run, safe to share among threads."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = secrets.token_bytes(32) if key is None else key
        self._shapes = tuple((sort, re2.compile(pattern)) for sort, pattern in _SHAPES)
        self._places = tuple((sort, re2.compile(pattern)) for sort, pattern in _PLACES)
        self._learned: dict[str, str] = {}
        self._lock = threading.Lock()

    def text(self, text: str) -> str:
        """The text with a token in the place of each secret; doing it twice changes nothing more."""
        for sort, pattern in self._shapes:
            if pattern.search(text):
                text = _replaced(pattern, text, self._by_shape(sort))
        for sort, pattern in self._places:
            if pattern.search(text):
                text = _replaced(pattern, text, self._by_place(sort))
        return self._without_learned(text)

    def named(self, name: str, value: str) -> str:
        """A value as it may be shown, by the name it stands under; what is secret is remembered for all other text."""
        if value and secret_name(name) and not value.startswith("‹redacted-"):
            return self.token(_sort(name), value)
        return self.text(value)

    def token(self, sort: str, secret: str) -> str:
        """The token of a secret, which is from now on looked for in all other text."""
        digest = hmac.new(self._key, secret.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:6]
        token = f"‹redacted-{sort}-{digest}›"
        if len(secret) >= LEARNED_LENGTH and not secret.isdigit():
            with self._lock:
                token = self._learned.setdefault(secret, token)
        return token

    def _by_shape(self, sort: str) -> Callable[[Any], str]:
        return lambda match: self.token(sort, match.group(0))

    def _by_place(self, sort: str) -> Callable[[Any], str]:
        def replace(match: Any) -> str:
            groups = match.groupdict()
            if groups.get("name") and not secret_name(groups["name"]):
                return str(match.group(0))
            secret = groups["secret"]
            closing = groups.get("close") or ""
            body = secret[: len(secret) - len(closing)]
            if _harmless(body):
                return str(match.group(0))
            kind = _sort(groups["name"]) if groups.get("name") else sort
            return f"{groups['before']}{groups.get('quote') or ''}{self.token(kind, body)}{closing}{groups.get('after') or ''}"

        return replace

    def _without_learned(self, text: str) -> str:
        with self._lock:
            learned = sorted(self._learned.items(), key=lambda pair: -len(pair[0]))
        for secret, token in learned:
            if secret in text:
                text = text.replace(secret, token)
        return text


def _replaced(pattern: Any, text: str, by: Callable[[Any], str]) -> str:
    """Like re.sub, in characters."""
    parts, last = [], 0
    for match in pattern.finditer(text):
        parts += [text[last : match.start()], by(match)]
        last = match.end()
    return "".join([*parts, text[last:]])


def secret_name(name: str) -> bool:
    """Whether a value under this name is a secret: DB_PASSWORD is, MAX_TOKENS and PASSWORD_FILE are not."""
    return bool(_SECRET_NAME.search(name)) and not _PLAIN_NAME.search(name)


def _harmless(value: str) -> bool:
    """Words that say whether a secret is there, and places where one is kept."""
    return value.lower() in ("none", "null", "true", "false", "required", "missing", "invalid", "expired", "not", "unset") or value.startswith(
        ("‹redacted", "${", "$(", "/run/secrets", "{{")
    )


def _sort(name: str) -> str:
    lowered = name.lower()
    for word, sort in (("pass", "password"), ("pwd", "password"), ("token", "token"), ("key", "key"), ("cookie", "cookie")):
        if word in lowered:
            return sort
    return "secret"
