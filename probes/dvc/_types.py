"""Types of columns, as the tools of this field name them, and whether a column of one may stand where another is wanted.

typed("int64") -> Type("integer", 64)     typed("double") -> Type("float", 64)     typed("datetime64[ns]") -> Type("time")

What MLflow allows was tried with 3.17: int32 for a long or a double, float32 for a double; not int64 for a double, nor float64 for a float.
"""

from __future__ import annotations

import re
from typing import NamedTuple

ANY = "any"
_EXACT = {
    "integer": ("integer", 0), "int": ("integer", 64), "long": ("integer", 64), "short": ("integer", 16), "byte": ("integer", 8),
    "bigint": ("integer", 64), "smallint": ("integer", 16), "tinyint": ("integer", 8), "year": ("integer", 0),
    "number": ("number", 0), "numeric": ("number", 0),
    "float": ("float", 64), "double": ("float", 64), "halffloat": ("float", 16), "real": ("float", 32),
    "str": ("string", 0), "string": ("string", 0), "text": ("string", 0), "varchar": ("string", 0), "char": ("string", 0), "large_string": ("string", 0),
    "string_view": ("string", 0), "category": ("category", 0), "categorical": ("category", 0),
    "bool": ("boolean", 0), "boolean": ("boolean", 0),
    "date": ("time", 0), "datetime": ("time", 0), "timestamp": ("time", 0), "time": ("clock", 0), "duration": ("span", 0),
    "binary": ("binary", 0), "bytes": ("binary", 0), "large_binary": ("binary", 0),
    "array": ("list", 0), "list": ("list", 0), "geopoint": (ANY, 0), "object": (ANY, 0), "any": (ANY, 0), "none": (ANY, 0), "null": ("nothing", 0),
}  # fmt: skip
_MLFLOW = {"integer": ("integer", 32), "float": ("float", 32)}
"""Where MLflow means another width by a word than the rest."""
_PATTERNS = (
    (re.compile(r"u?int(\d+)(?:dtype)?(?:\[.*\])?"), "integer"),
    (re.compile(r"float(\d+)(?:dtype)?(?:\[.*\])?"), "float"),
    (re.compile(r"decimal.*"), "decimal"),
    (re.compile(r"(?:datetime|timestamp).*|date(?:32|64)?(?:\[.*\])?|datetimetz"), "time"),
    (re.compile(r"time(?:32|64)?\[.*\]"), "clock"),
    (re.compile(r"(?:timedelta|duration).*"), "span"),
    (re.compile(r"(?:string|str|object_?string|<u\d*).*"), "string"),
    (re.compile(r"dictionary.*|categor.*"), "category"),
    (re.compile(r"bool.*"), "boolean"),
    (re.compile(r"(?:large_|fixed_size_)?list.*|array.*"), "list"),
    (re.compile(r"(?:fixed_size_)?binary.*"), "binary"),
)
_NUMBERS = ("integer", "float", "number", "decimal")


class Type(NamedTuple):
    """A family and, where it is known, the width in bits of a number."""

    family: str
    bits: int = 0

    def __str__(self) -> str:
        words = {"time": "date or time", "clock": "time of day", "span": "duration", "nothing": "nothing but nulls"}
        return f"{self.family} of {self.bits} bits" if self.bits else words.get(self.family, self.family)


def typed(word: str, *, mlflow: bool = False) -> Type:
    """A type by its name; what is not known may be anything."""
    name = word.strip().lower()
    found = (_MLFLOW.get(name) if mlflow else None) or _EXACT.get(name)
    if found is not None:
        return Type(*found)
    for pattern, family in _PATTERNS:
        match = pattern.fullmatch(name)
        if match:
            return Type(family, int(match[1]) if pattern.groups and match[1].isdigit() and len(match[1]) < 4 else 0)
    return Type(ANY)


def fits(have: Type, want: Type, *, coerced: bool) -> bool:
    """Whether a column of one type may stand where another is wanted. `coerced`: whoever reads it converts numbers as far as nothing is lost."""
    if ANY in (have.family, want.family) or "nothing" in (have.family, want.family):
        return True
    if want.family in ("number", "category") or have.family == "category":
        return have.family in _NUMBERS if want.family == "number" else want.family in ("category", "string")
    if have.family == want.family:
        return not (have.bits and want.bits) or have.bits <= want.bits or coerced
    if want.family == "float" and have.family == "integer":
        return coerced or not (have.bits and want.bits) or have.bits < want.bits
    return coerced and want.family == "string"
