"""Conditions: short typed CEL expressions over signals, with four outcomes. The only file that imports the expression library.

>>> env = Environment({"container.exit_code": "int"})
>>> env.compile("container.exit_code == 137").value({"container.exit_code": 137})
True
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

from cel_expr_python import cel

from probes._contract import Type, Value

_CEL: Mapping[Type, Any] = {
    "bool": cel.Type.BOOL,
    "int": cel.Type.INT,
    "double": cel.Type.DOUBLE,
    "text": cel.Type.STRING,
    "texts": cel.Type.List(cel.Type.STRING),
    "time": cel.Type.TIMESTAMP,
    "span": cel.Type.DURATION,
}
_UNDECLARED = re.compile(r"undeclared reference to '([^']+)'")
_POSITION = re.compile(r"<input>:\d+:(\d+): (.+?)(?: \(in container ''\))?$", re.MULTILINE)
MOST_CHARACTERS = 120


class Outcome(Enum):
    """What an expression came to. CANNOT_TELL: something was not looked at; NOT_APPLICABLE: a kind it names is not there."""

    TRUE = "true"
    FALSE = "false"
    NOT_APPLICABLE = "not applicable"
    CANNOT_TELL = "cannot tell"


class ExpressionError(ValueError):
    """An expression that does not compile, or is not a condition; the message gives the column."""


class RuleBroken(RuntimeError):  # noqa: N818  # it names a state of the rule, as people will read it
    """An expression failed although everything it needs was bound."""


class Expression:
    """One compiled condition and the names it needs."""

    __slots__ = ("_compiled", "_env", "needs", "text")

    def __init__(self, text: str, needs: tuple[str, ...], env: Any, compiled: Any) -> None:
        self.text = text
        self.needs = needs
        self._env = env
        self._compiled = compiled

    def activation(self, bound: Mapping[str, Any]) -> Any:
        """Make bound values (CEL forms, see `cel_value`) ready for `evaluate`; share one among expressions of an environment."""
        return self._env.Activation(bound)

    def evaluate(self, activation: Any) -> bool | None:
        """True, False, or None if the values bound do not decide it."""
        try:
            result = self._compiled.eval(activation).value()
        except RuntimeError:  # the library raises when its iteration budget is spent
            return None
        return result if isinstance(result, bool) else None

    def value(self, bound: Mapping[str, Any]) -> bool | None:
        return self.evaluate(self.activation(bound))


class Environment:
    """Compiles expressions over the names and types given; raises ExpressionError for anything that is not a typed condition."""

    def __init__(self, types: Mapping[str, Type]) -> None:
        self._types = types
        self._env = cel.NewEnv(variables={name: _CEL[type_] for name, type_ in types.items()})

    def compile(self, text: str) -> Expression:
        if len(text) > MOST_CHARACTERS:
            raise ExpressionError(f"The expression has {len(text)} characters; at most {MOST_CHARACTERS} are allowed. Split it into clauses.")
        needs = names_in(text)
        unknown = [name for name in needs if name not in self._types]
        if unknown:
            raise ExpressionError(f"No probe and no derivation gives {', '.join(unknown)}.")
        try:
            compiled = self._env.compile(text)
        except RuntimeError as error:
            raise ExpressionError(_said(error)) from None
        if compiled.return_type() != cel.Type.BOOL:
            raise ExpressionError(f"The expression is a {compiled.return_type().name()}, not a condition: write a comparison.")
        return Expression(text, needs, self._env, compiled)


@functools.cache
def _empty() -> Any:
    return cel.NewEnv(variables={})


@functools.cache
def names_in(text: str) -> tuple[str, ...]:
    """Every signal name in an expression: what an empty environment says is undeclared. Raises ExpressionError on bad syntax."""
    try:
        _empty().compile(text)
    except RuntimeError as error:
        names = tuple(dict.fromkeys(_UNDECLARED.findall(str(error))))
        if not names:
            raise ExpressionError(_said(error)) from None
        return names
    return ()


def _said(error: RuntimeError) -> str:
    found = _POSITION.search(str(error))
    return f"Column {found[1]}: {found[2]}." if found else str(error).splitlines()[0]


def cel_value(type_: Type, value: Value) -> Any:
    """A signal's value as CEL wants it; None (unbound) for what has no "nothing": a bool, a number, a time."""
    if value is None:
        return {"text": "", "texts": []}.get(type_)
    if type_ == "time":
        return _time(float(value))  # type: ignore[arg-type]
    if type_ == "span":
        return dt.timedelta(seconds=float(value))  # type: ignore[arg-type]
    if type_ == "texts":
        return list(value)  # type: ignore[arg-type]
    return float(value) if type_ == "double" else value  # type: ignore[arg-type]


def _time(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def declared(types: Iterable[tuple[str, Type]]) -> dict[str, Type]:
    """The names an expression may use: each signal, and for each `…_at` its age."""
    names: dict[str, Type] = {}
    for name, type_ in types:
        names[name] = type_
        if type_ == "time" and name.endswith("_at"):
            names[name.removesuffix("_at") + "_age"] = "span"
    return names
