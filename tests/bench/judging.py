"""How long 400 rows spread over 20 kinds take on 1,000 subjects, beside the same comparisons as plain Python."""

from __future__ import annotations

import resource
import time
from pathlib import Path

from probes._contract import Observed, Signal, Source, Spec, Subject
from rules._book import Book, compile_book
from rules._facts import Facts
from rules._judge import judge
from rules._row import Cause, Evidence, Fix, Row, RowFile, Verify
from rules._vocabulary import Vocabulary

KINDS, ROWS, SUBJECTS, SIGNALS = 20, 400, 1000, 12
NOW = 1_800_000_000.0


def _row(number: int) -> RowFile:
    kind = f"kind{number % KINDS}"
    evidence = tuple(
        Evidence(if_=f"{kind}.s{place} > {number % 7}", then={f"c{place % 4}": 6.0}, else_={f"c{place % 4}": -3.0}, group="status", say="so")
        for place in range(1, 10)
    )
    row = Row(
        id=f"bench/row-{number}", symptom=f"Symptom {number}", status="stable", triage=("look",), for_each=kind,
        present=f"{kind}.s0 == {number} && {kind}.s1 >= 0", causes=tuple(Cause(id=f"c{place}", cause=f"C{place}", prior=0.2) for place in range(4)),
        fix=(Fix(for_=("c0",), do="Mend it."),), verify=(Verify(do="Look."),), prevent=("Care.",), evidence=evidence,
    )  # fmt: skip
    return RowFile(row, Path(f"row-{number}.yaml"), {})


def _observed() -> Observed:
    source = Source("bench", "bench")
    subjects = [(number, Subject(f"kind{number % KINDS}", f"s{number:04}")) for number in range(SUBJECTS)]
    return Observed(
        now=NOW,
        signals=[
            Signal(subject, f"{subject.kind}.s{place}", number % ROWS if place == 0 else (number * place) % 11, source)
            for number, subject in subjects
            for place in range(SIGNALS)
        ],
    )


def _book() -> Book:
    specs = [Spec(name=f"kind{kind}.s{place}", type="int", doc="a number") for kind in range(KINDS) for place in range(SIGNALS)]
    return compile_book([_row(number) for number in range(ROWS)], Vocabulary(specs, ()))


def _plain(observed: Observed) -> int:
    """The same presence test as plain Python over dictionaries."""
    values: dict[Subject, dict[str, object]] = {}
    for signal in observed.signals:
        values.setdefault(signal.subject, {})[signal.name.partition(".")[2]] = signal.value
    found = 0
    for number in range(ROWS):
        kind = f"kind{number % KINDS}"
        for subject, signals in values.items():
            found += subject.kind == kind and signals["s0"] == number and signals["s1"] >= 0  # type: ignore[operator]
    return found


def main() -> None:
    """Print the figures."""
    began = time.perf_counter()
    book = _book()
    compiled = time.perf_counter()
    observed = _observed()
    ready = time.perf_counter()
    facts = Facts(observed, book.vocabulary)
    judged = judge(book, facts)
    done = time.perf_counter()
    found = _plain(observed)
    plain = time.perf_counter() - done
    print(f"compiling {ROWS} rows                        {compiled - began:7.3f} s")
    print(f"judging {ROWS} rows x {SUBJECTS} subjects           {done - ready:7.3f} s  ({len(judged.cases)} cases; goal < 1 s)")
    print(f"the same presence test in plain Python    {plain:7.3f} s  ({found} found)  ratio {(done - ready) / plain:.1f}")
    print(f"peak memory                               {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:7.0f} MiB")


if __name__ == "__main__":
    main()
