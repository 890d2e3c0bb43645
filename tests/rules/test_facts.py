"""Facts: a derivation that fails costs its own signals and is named."""

from __future__ import annotations

from collections.abc import Mapping

from probes._contract import Observed, Signal, Source, Spec, Subject, Value
from rules._derivation import UNSEEN, Derivation, Given, Relator
from rules._facts import Facts, Want
from rules._vocabulary import Vocabulary

BOX = Subject("box", "one")
SPECS = (Spec(name="box.size", type="int", doc="a size"), Spec(name="box.seen_at", type="time", doc="a time"))


def _bad(_given: Given) -> Mapping[str, Value]:
    raise ZeroDivisionError("division by zero")


def _double(given: Given) -> Mapping[str, Value]:
    size = given.number("box.size")
    return {} if size is None else {"box.double": int(size * 2)}


def _derivation(name: str, function: object, *needs: str) -> Derivation:
    return Derivation(kind="box", gives=(Spec(name=name, type="int", doc="made"),), needs=needs, function=function)  # type: ignore[arg-type]


def _facts(*derivations: Derivation, relators: tuple[Relator, ...] = (), **values: Value) -> Facts:
    signals = [Signal(BOX, f"box.{name}", value, Source("t", "t")) for name, value in values.items()]
    return Facts(Observed(now=100.0, signals=signals), Vocabulary(SPECS, derivations, relators))


def test_a_derivation_that_fails_is_named_and_its_signal_is_unseen() -> None:
    facts = _facts(_derivation("box.bad", _bad, "box.size"), _derivation("box.double", _double, "box.size"), size=4)

    assert (UNSEEN, 8) == (facts.value(BOX, "box.bad"), facts.value(BOX, "box.double"))
    assert {f"{__name__} on box one: ZeroDivisionError: division by zero"} == facts.broken


def test_a_relator_that_fails_is_named() -> None:
    def draw(_facts: Facts) -> list[object]:
        raise KeyError("x")

    relator = Relator(relations=("container needs container",), needs=(), function=draw)  # type: ignore[arg-type]

    assert {f"{__name__}: KeyError: 'x'"} == _facts(relators=(relator,)).broken


def test_a_wish_for_a_derived_signal_passes_through_to_the_probes() -> None:
    assert (Want(BOX, "box.size"),) == _facts(_derivation("box.double", _double, "box.size")).missing(BOX, "box.double")


def test_an_age_is_counted_from_the_run_s_own_now() -> None:
    assert 40.0 == _facts(seen_at=60.0).value(BOX, "box.seen_age")
