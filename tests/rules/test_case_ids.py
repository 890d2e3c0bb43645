"""The id of a case is the same in the next run, also where a run calls a thing by a token of its own."""

from __future__ import annotations

from agent.pipeline import load
from agent.report.build import _without_token
from probes._contract import Observed, Relation, Subject
from rules._case import Group
from rules._facts import Facts
from rules._judge import _Court

_PROBES, BOOK = load()
COMPILED = next(one for one in BOOK.compiled if one.row.id == "kubernetes/crashloopbackoff")
FIRST, SECOND = Subject("account", "‹redacted-key-1a2b3c›"), Subject("account", "‹redacted-key-9f8e7d›")
API, JOB = Subject("container", "api"), Subject("container", "job")


def id_of(group: Group, *relations: Relation) -> str:
    facts = Facts(Observed(now=1e9, relations=list(relations)), BOOK.vocabulary)
    return _Court(BOOK, facts)._case_id(COMPILED, group, "now")


def test_who_shares_a_key_stands_for_it() -> None:
    first = id_of(Group((API, JOB), FIRST, (), head=FIRST))

    assert first == id_of(Group((JOB, API), SECOND, (), head=SECOND))
    assert first != id_of(Group((API,), FIRST, (), head=FIRST))


def test_who_has_a_key_that_is_itself_in_trouble_stands_for_it() -> None:
    first = id_of(Group((FIRST,), FIRST, ()), Relation("signs_as", API, FIRST))

    assert first == id_of(Group((SECOND,), SECOND, ()), Relation("signs_as", API, SECOND))
    assert first != id_of(Group((FIRST,), FIRST, ()), Relation("signs_as", JOB, FIRST))


def test_a_token_in_what_members_share_is_no_difference() -> None:
    assert id_of(Group((API,), API, ("'s3://‹redacted-password-1a2b3c›@h'",))) == id_of(Group((API,), API, ("'s3://‹redacted-password-ffffff›@h'",)))


def test_a_title_names_no_token() -> None:
    assert "3 containers that share one access key: CrashLoopBackOff" == _without_token(f"3 containers that share {FIRST}: CrashLoopBackOff")
    assert "url http://u:a withheld value@h" == _without_token("url http://u:‹redacted-password-1a2b3c›@h")
