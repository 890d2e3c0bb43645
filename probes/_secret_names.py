"""Is what stands under a name a secret?

DB_PASSWORD=hunter22x is, MAX_TOKENS=4096, PASSWORD_FILE=/run/secrets/db, `token: expired, log in again` and `password = get_password()` are not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ENDS = re.compile(
    r"(?:passwords?|passwd|passphrase|passcode|pwd|secrets?|(?:access|api|auth|private|secret|account|signing|encryption|shared|master)key|"
    r"credentials?|token|apitokens?|cookie|dsn|connectionstring)$"
)
_EXACT = frozenset({"auth", "authn", "bearer", "jwt", "otp", "salt", "sas", "sig", "signature", "keys", "passkey"})
_PLAIN_LAST = re.compile(
    r"(?:file|path|dir|directory|folder|name|names|type|types|url|uri|endpoint|ttl|timeout|count|limit|length|len|version|policy|"
    r"algorithm|alg|expiry|expires|expiration|expire|at|size|usage|rate|env|var|field|header|prefix|suffix|provider|manager|store|"
    r"ref|class|mode|enabled|required|hint|status|state|format|method|source|id|ids|index|scopes|scope|audience|issuer|tokens)$"
)
_PLAIN_FIRST = re.compile(
    r"(?:has|is|use|uses|using|no|not|with|without|enable|enabled|disable|require|requires|need|needs|missing|invalid|expired|"
    r"unexpected|unknown|show|hide|check|verify|num|n|max|min|total|count)$"
)
_LEXICAL = re.compile(
    r"(?:eos|bos|pad|unk|sep|cls|mask|special|next|prev|per|image|audio|video|begin|end|start|stop|first|last|prompt|completion|input|"
    r"output|new|draft|sub|unexpected|forced|decoder|encoder|num|n|max|min|total|avg|mean|time|ms)$"
)
"""Before `token`: a piece of text, not a secret."""
_PLAIN_KEYS = re.compile(
    r"(?:primary|foreign|partition|sort|sorting|public|cache|routing|group|object|index|row|join|dict|shard|config|data|input|output|"
    r"metric|label|map|hot|host|range|hash|unique|composite|lookup|message|record|event|s3|bucket|feature|column|lock|state)$"
)
_SECRET_KEYS = re.compile(
    r"(?:api|access|secret|private|auth|account|signing|signature|encryption|encrypt|shared|master|storage|license|ssh|deploy|service|"
    r"webhook|jwt|fernet)$"
)
_PASSES = re.compile(r"(?:forward|backward|first|second|third|last|multi|single|one|two|by|render)$")

_HARMLESS = re.compile(
    r"(?i)(?:none|null|nil|true|false|yes|no|on|off|required|optional|missing|invalid|expired|not|unset|undefined|empty|default|basic|bearer|digest|negotiate|apikey|"
    r"oauth2?|iam|ldap|saml|oidc|kerberos|trust|scram-sha-256|anonymous|str|string|int|bytes|bool|float|dict|list|any|secretstr|redacted|withheld|"
    r"\W{0,2}|[*•.]+|[xX]{3,}|[<\[({](?:none|null|redacted|filtered|hidden|withheld|masked|empty|unset|secret|password|token|your[\w -]*)[>\])}]|%\(?\w*\)?s|\{\w*\})$"
)
_ELSEWHERE = re.compile(
    r"\$[{(A-Za-z_]|\{\{|<%|‹redacted-|\(withheld|"
    r"(?:/(?:run|var|etc|home|app|opt|tmp|mnt|root|usr|data|secrets?|vault|workspace|srv|dev|proc|work|code|src|models?)(?:/|$))|(?:~|\.{1,2})/|[A-Za-z]:\\"
)
"""A variable, a template, a path: where a secret is, not what it is."""
_ABSENT = re.compile(r"(?i)(?:none|null|nil|true|false)?$")
_NUMBER = re.compile(r"-?\d{1,6}(?:\.\d+)?%?$")
_PLAIN_WORD = re.compile(r"[A-Za-z][a-z]*(?:[_-][a-z]+)*[.,:;!?]?$")
_PROSE = re.compile(r"[A-Za-z][a-z']*[.,!?;]?$")
_SPEECH = re.compile(
    r"(?:must|is|was|are|should|or|and|has|needs?|requires?|cannot|will|may|can|option|argument|flag|value|given|for|to|in|from|with|not)\b"
)
_GOES_ON = re.compile(r"[ \t]+[\w(\[][^\s=:]*(?:\s|$)")
_CODE = re.compile(r"(?:self|os|cfg|conf|config|settings|args|kwargs|env|environ|request|options|opts|params)\.[A-Za-z_]|[A-Za-z_.]{3,60}[(\[]")
_OPENING = re.compile(r"[\[({]?[bruf]?(\\*)([\"'])(?!\2)")
_BARE = re.compile(r"[^\s‹]+")
_CUT = re.compile(
    r"&(?=[\w.-]+=)|[,;](?=$|[\"']?[\w.-]+[\"']?[=:])|[\"'`](?=$|[,;)}\]:>])|[)}\]>](?=$|[,;.)}\]>\"':])|<(?=[/a-zA-Z])|\\(?=[nrt\"'])", re.ASCII
)
"""Where a value without quotes ends before the next space."""


def secret_name(name: str) -> bool:
    """Whether a value under this name is a secret: DB_PASSWORD is, MAX_TOKENS and PASSWORD_FILE are not."""
    words = [word.lower() for word in _WORD.findall(name) if not word.isdigit()]
    if not words or _PLAIN_FIRST.match(words[0]):
        return False
    *before, last = words
    near = before[-1] if before else ""
    if last in _BY_NEIGHBOUR:
        return _BY_NEIGHBOUR[last](near, name)
    return not _PLAIN_LAST.match(last) and (last in _EXACT or bool(_ENDS.search(last)))


def _secret_key(near: str, name: str) -> bool:
    """API_KEY and whatever the environment calls a key; not the key of a table, a cache or an object."""
    if _SECRET_KEYS.match(near) or _ENDS.search(f"{near}key"):
        return True
    return not _PLAIN_KEYS.match(near) and (name.isupper() or not near)


_BY_NEIGHBOUR: Mapping[str, Callable[[str, str], bool]] = {
    "id": lambda near, name: near in ("session", "secret", "accesskey") or name.lower().replace("-", "_").endswith("access_key_id"),
    "tokens": lambda near, _name: near in ("api", "auth", "access", "refresh", "bearer", "secret"),
    "token": lambda near, _name: not _LEXICAL.match(near),
    "key": _secret_key,
    "pass": lambda near, _name: near != "" and not _PASSES.match(near),
    "string": lambda near, _name: near == "connection",
}


def harmless(value: str) -> bool:
    """Words that say whether a secret is there, masks, and places where one is kept."""
    return bool(_HARMLESS.match(value) or _ELSEWHERE.match(value))


def absent(value: str) -> bool:
    """Whether a setting holds no secret: nothing, a switch, or the place where one is kept."""
    return bool(_ABSENT.match(value) or _ELSEWHERE.match(value))


def value_at(text: str, at: int) -> tuple[int, int, bool]:
    """Where the value that stands at `at` begins and ends, and whether it is in quotes."""
    opening = _OPENING.match(text, at)
    if opening:
        return opening.end(), _quoted_end(text, opening), True
    bare = _BARE.match(text, at)
    if bare is None:
        return at, at, False
    cut = _CUT.search(text, at, bare.end())
    return at, cut.start() if cut else bare.end(), False


def _quoted_end(text: str, opening: re.Match[str]) -> int:
    """At the quote that is escaped as the first one is, or at the line's end."""
    closing = opening.group(1) + opening.group(2)
    line_end = text.find("\n", opening.end())
    stop = len(text) if line_end < 0 else line_end
    place = opening.end()
    while (place := text.find(closing, place, stop)) >= 0:
        if opening.group(1) or not _escaped(text, opening.end(), place):
            return place
        place += 1
    return stop


def _escaped(text: str, start: int, place: int) -> bool:
    """Whether an odd number of backslashes stands before this place."""
    slashes = place
    while slashes > start and text[slashes - 1] == "\\":
        slashes -= 1
    return (place - slashes) % 2 == 1


def tells(name: str, value: str, *, sure: bool, spaced: bool, rest: str) -> bool:
    """Whether the value that stands under a secret's name in running text is the secret itself.

    `sure`: quotes or an option stand before it. `spaced`: a colon and a space do, as before prose. `rest` is what follows on the line.
    """
    if harmless(value.strip()) or (_NUMBER.match(value) and sort_of(name) != "password"):
        return False
    if sure:
        return not (spaced and _SPEECH.match(value) and _GOES_ON.match(rest))
    if spaced and (value[0] in "[{(" or (_PROSE.match(value) and _GOES_ON.match(rest))):
        return False
    if name.isupper():
        return True
    if _CODE.match(value) or value.lower().strip("_") == name.lower().strip("_"):
        return False
    return sort_of(name) == "password" or not (_PLAIN_WORD.match(value) or value.startswith("<"))


def sort_of(name: str) -> str:
    """The sort of secret that a name tells of: password, token, key, cookie or just secret."""
    lowered = name.lower()
    for word, sort in (("pass", "password"), ("pwd", "password"), ("token", "token"), ("key", "key"), ("cookie", "cookie")):
        if word in lowered:
            return sort
    return "secret"
