"""Secrets out, before anything is kept: by their shape, by where they stand, by the name they stand under, by having been seen before.

    >>> Redactor(b"k").text("postgresql://ml:hunter22x@db/mlflow")
    'postgresql://ml:‹redacted-password-3a3a7c›@db/mlflow'

A token tells the sort of secret and six hexadecimal digits of an HMAC under a key of this run: equal secrets have equal tokens, and
nothing of the secret can be tried out from a bundle.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

import msgspec
import re2

from probes._secret_names import absent, harmless, secret_name, sort_of, tells, value_at
from probes._secret_shapes import PLACES, SHAPES, SITES

LEARNED_LENGTH = 8
"""A secret that was seen under its name is looked for everywhere else if it has at least this many characters."""
MOST_LEARNED = 20_000
_RECENT = 32
_MEMORY = 64 << 20

_TOKEN = r"‹redacted-[a-z-]+-[0-9a-f]{6}›"  # noqa: S105  # what stands in a secret's place
_NAME_BEFORE = re.compile(r"[\w.-]{0,60}\Z", re.ASCII)
_LINE_REST = re.compile(r"[^\n]{0,80}")
_HOST = re.compile(r"(?:[\w-]+\.[\w.-]+|\[[\da-fA-F:]+\]|[\w-]+(?=:\d|/[^@]*[?#]))(?::\d+)?(?=[/?#,\s]|$)", re.ASCII)
_PORT = re.compile(r"\d{1,5}/")
_COMMON = re.compile(
    r"(?i)(?:postgres|postgresql|password|minioadmin|changeme|username|database|localhost|anonymous|rabbitmq|redacted|required|disabled|"
    r"superset)$"
)
"""Passwords that are names of other things too: they are not looked for elsewhere."""


class _Found(msgspec.Struct, frozen=True):
    """A secret in a text."""

    start: int
    end: int
    sort: str
    learn: bool


class _Rule(msgspec.Struct, frozen=True):
    """A pattern and what is read from each of its matches."""

    pattern: Any
    reads: Callable[[str, Any], _Found | None]


class Redactor:
    """Takes secrets out of text; one for a run, safe to share among threads."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = secrets.token_bytes(32) if key is None else key
        self._tokens: dict[str, str] = {}
        self._learned = _Learned()
        self._lock = threading.Lock()

    def text(self, text: str) -> str:
        """The text with a token in the place of each secret; doing it twice changes nothing more."""
        text = text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
        for number in sorted(_SIEVE.Match(text) or ()):
            text = self._without(_RULES[number], text)
        return self._learned.replaced(text)

    def named(self, name: str, value: str) -> str:
        """A value as it may be shown, by the name it stands under; what is secret is remembered for all other text."""
        if not value or not secret_name(name) or absent(value):
            return self.text(value)
        shown = self.text(value)
        if shown != value and "://" in shown:
            return shown  # an address keeps its host; its password is out
        return self.token(sort_of(name), value)

    def texts(self, items: Iterable[str]) -> tuple[str, ...]:
        """The words of one command or the items of one list; a word after `--password` is taken for one."""
        shown: list[str] = []
        option = ""
        for item in items:
            shown.append(self.named(option, item) if option else self.text(item))
            option = item.lstrip("-") if item.startswith("-") and "=" not in item and secret_name(item.lstrip("-")) else ""
        return tuple(shown)

    def remember(self, sort: str, secret: str) -> None:
        """Look for this secret in all later text."""
        self.token(sort, secret)

    def token(self, sort: str, secret: str, *, learn: bool = True) -> str:
        """The token of a secret, which is from now on looked for in all other text."""
        digest = hmac.new(self._key, secret.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:6]
        with self._lock:
            token = self._tokens.get(secret, f"‹redacted-{sort}-{digest}›")
            if len(self._tokens) < MOST_LEARNED:
                self._tokens[secret] = token
        if learn:
            self._learned.add(secret, token)
        return token

    def _without(self, rule: _Rule, text: str) -> str:
        parts: list[str] = []
        last = 0
        for match in rule.pattern.finditer(text):
            found = rule.reads(text, match) if match.start() >= last else None
            if found is not None:
                parts += [text[last : found.start], self.token(found.sort, text[found.start : found.end], learn=found.learn)]
                last = found.end
        return "".join([*parts, text[last:]]) if parts else text


class _Learned:
    """Secrets seen before, as one pattern that is made anew when many have come; the few newest are looked for one by one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: dict[str, str] = {}
        self._recent: dict[str, str] = {}
        self._pattern: Any = None

    def add(self, secret: str, token: str) -> None:
        """Look for the secret, and for how JSON and URLs write it, from now on."""
        if len(secret) < LEARNED_LENGTH or secret.isdigit() or _COMMON.match(secret) or harmless(secret):
            return
        with self._lock:
            for form in {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], quote(secret, safe="")}:
                if form not in self._tokens and len(self._tokens) < MOST_LEARNED:
                    self._tokens[form] = self._recent[form] = token
            if len(self._recent) > _RECENT + len(self._tokens) // 8:
                self._pattern = _alternatives(self._tokens)
                self._recent = {}

    def replaced(self, text: str) -> str:
        """The text with each learned secret replaced; what is a token already stays."""
        with self._lock:
            pattern = self._pattern
            recent = [secret for secret in self._recent if secret in text]
        if recent:
            text = self._swapped(_alternatives(recent), text)
        return self._swapped(pattern, text) if pattern is not None else text

    def _swapped(self, pattern: Any, text: str) -> str:
        parts: list[str] = []
        last = 0
        for match in pattern.finditer(text):
            word = match.group()
            if word in self._tokens:
                parts += [text[last : match.start()], self._tokens[word]]
                last = match.end()
        return "".join([*parts, text[last:]]) if parts else text


def _alternatives(learned: Iterable[str]) -> Any:
    """One pattern for all, the longest first. A plain word counts only where it stands alone."""
    words = sorted(learned, key=lambda secret: (-len(secret), secret))
    options = re2.Options()
    options.max_mem = _MEMORY
    escaped = (rf"\b{word}\b" if word.isascii() and word.isalpha() and word.islower() else re2.escape(word) for word in words)
    return re2.compile("|".join([_TOKEN, *escaped]), options)


def _shape(sort: str) -> Callable[[str, Any], _Found | None]:
    return lambda _text, match: _Found(match.start(), match.end(), sort, learn=False)


def _place(sort: str, groups: Sequence[int]) -> Callable[[str, Any], _Found | None]:
    def reads(text: str, match: Any) -> _Found | None:
        start, end = next(span for span in map(match.span, groups) if span[0] >= 0)
        if harmless(text[start:end].strip()):
            return None
        return _Found(start, end, sort, learn=sort in ("password", "key", "token", "authorization") and not text[start:end].isalpha())

    return reads


def _userinfo(text: str, match: Any) -> _Found | None:
    """The password of an address; not the port of one that has a tag or a digest behind an @."""
    start, end = match.span(1)
    value = text[start:end]
    if _PORT.match(value) or (value.isdigit() and text.startswith("@sha256:", end)):
        return None
    for place, letter in enumerate(value):
        if letter == "@" and _HOST.match(value, place + 1):
            end = start + place
            break
    return None if harmless(text[start:end]) else _Found(start, end, "password", learn=True)


def _site(kind: str) -> Callable[[str, Any], _Found | None]:
    def reads(text: str, match: Any) -> _Found | None:
        start, end = match.span(1)
        before = _NAME_BEFORE.search(text, max(0, start - 60), start)
        name = (before.group() if before else "") + text[start:end]
        if kind == "option" and not name.startswith("-"):
            return None
        name = name.strip("-.")
        return _value(name, kind, text, match.end()) if secret_name(name) else None

    return reads


def _value(name: str, kind: str, text: str, at: int) -> _Found | None:
    """The value that begins at this place, if it is a secret."""
    start, end, quoted = value_at(text, at)
    value = text[start:end]
    rest = _LINE_REST.match(text, end)
    spaced = text[at - 1 : at] in (" ", "\t") and "=" not in text[max(0, at - 3) : at]
    if len(value) < 3 or "‹redacted-" in value or (kind == "tuple" and text[end : end + 2] not in ("')", '")')):
        return None
    if not tells(name, value, sure=quoted or kind != "assigned", spaced=spaced and not quoted, rest=rest.group() if rest else ""):
        return None
    return _Found(start, end, sort_of(name), learn=sort_of(name) != "cookie" and not value.isalpha())


def _rules() -> Iterator[_Rule]:
    for sort, pattern in PLACES:
        compiled = re2.compile(pattern)
        yield _Rule(compiled, _userinfo if sort == "userinfo" else _place(sort, range(1, compiled.groups + 1)))
    for sort, pattern in SHAPES:
        yield _Rule(re2.compile(pattern), _shape(sort))
    for kind, pattern in SITES:
        yield _Rule(re2.compile(pattern), _site(kind))


def _sieve(rules: Sequence[_Rule]) -> Any:
    options = re2.Options()
    options.max_mem = _MEMORY
    sieve = re2.Set.SearchSet(options)
    for rule in rules:
        sieve.Add(rule.pattern.pattern)
    sieve.Compile()
    return sieve


_RULES = tuple(_rules())
_SIEVE = _sieve(_RULES)
"""Tells in one pass over a text which rules can find anything in it."""
