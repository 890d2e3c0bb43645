"""Kills for memory in the kernel's log (mm/oom_kill.c, mm/memcontrol.c): who, when, how large, at whose limit.

    oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/job,task_memcg=/job/a,task=python3,pid=6054,uid=0
    Memory cgroup out of memory: Killed process 6054 (python3) total-vm:82100kB, anon-rss:39552kB, file-rss:6600kB, shmem-rss:0kB, UID:0 …

Kernels before 4.19 say the first in other words, and the second without its beginning:

    Task in /job/a killed as a result of limit of /job
    Memory cgroup out of memory: Kill process 28437 (java) score 980 or sacrifice child
    Killed process 28438 (java) total-vm:20255636kB, anon-rss:466160kB, file-rss:13684kB
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from probes._contract import Value
from probes.host._cgroup import container_of
from probes.host._clock import utc
from probes.host._kmsg import Line

_REASON = re.compile(r"oom-kill:constraint=(?P<constraint>\w+)(?:.*?,oom_memcg=(?P<limit>[^,]*))?(?:.*?,task_memcg=(?P<task>[^,]*))?")
_OLD_REASON = re.compile(r"Task in (?P<task>\S+) killed as a result of limit of (?P<limit>\S+)")
_GROUP = re.compile(r"Tasks in (?P<group>\S+) are going to be killed due to memory\.oom\.group set")
_OLD_CHOICE = re.compile(r"(?P<scope>Memory cgroup out of memory|Out of memory)[^:]*: Kill process \d+")
_KILL = re.compile(
    r"(?:(?P<scope>Memory cgroup out of memory|Out of memory)[^:]*: )?Killed process (?P<pid>\d+)"
    r" \((?P<name>.*)\)(?=$|,? UID| total-vm:|, )(?P<sizes>.*)"
)
_SIZE = re.compile(r"(anon-rss|file-rss|shmem-rss):(\d+)kB")
_ONE_EVENT_S = 5.0
"""A kill belongs to the reason before it if no more time than this lies between them."""

Scope = Literal["cgroup", "machine"]


class Kill(NamedTuple):
    """One process that the kernel killed for memory; sizes in bytes, None where the line does not say."""

    at: float
    pid: int
    name: str
    scope: Scope
    limit_cgroup: str | None
    container_id: str | None
    rss: int | None
    anon: int | None
    shmem: int | None


class _Reason(NamedTuple):
    at: float
    scope: Scope
    limit: str
    task: str
    """The group of the process chosen, or of all that die with it."""


def wanted(text: str) -> bool:
    """Whether a line of the log belongs to a kill."""
    return "Kill" in text or "kill" in text


def kills(lines: Iterable[Line]) -> Iterator[Kill]:
    """Every kill in the lines, in their order. Lines of other kinds are passed over."""
    reason = None
    for line in lines:
        found = _KILL.match(line.text)
        if found:
            yield _kill(line.at, found, reason if reason and line.at - reason.at <= _ONE_EVENT_S else None)
        else:
            reason = _reason(line, reason)


def _reason(line: Line, before: _Reason | None) -> _Reason | None:
    if found := _REASON.match(line.text):
        scope: Scope = "cgroup" if found["constraint"] == "CONSTRAINT_MEMCG" else "machine"
        return _Reason(line.at, scope, found["limit"] or "", found["task"] or "")
    if found := _OLD_REASON.match(line.text):
        return _Reason(line.at, "cgroup", found["limit"], found["task"])
    if before and (found := _GROUP.match(line.text)):
        return before._replace(at=line.at, task=found["group"])
    if (found := _OLD_CHOICE.match(line.text)) and _scope(found["scope"]) == "machine":
        return _Reason(line.at, "machine", "", "")
    return before


def _scope(words: str) -> Scope:
    return "cgroup" if words.startswith("Memory cgroup") else "machine"


def _kill(at: float, found: re.Match[str], reason: _Reason | None) -> Kill:
    said = _scope(found["scope"]) if found["scope"] else None
    if reason and said not in (None, reason.scope):
        reason = None
    sizes = {name: int(amount) * 1024 for name, amount in _SIZE.findall(found["sizes"])}
    return Kill(
        at=at,
        pid=int(found["pid"]),
        name=found["name"],
        scope=said or (reason.scope if reason else "machine"),
        limit_cgroup=(reason.limit or None) if reason else None,
        container_id=container_of(reason.task) or container_of(reason.limit) if reason else None,
        rss=sum(sizes.values()) if sizes else None,
        anon=sizes.get("anon-rss"),
        shmem=sizes.get("shmem-rss"),
    )


def values(kill: Kill) -> dict[str, Value]:
    """Every process signal for a process that was killed."""
    return {
        "process.pid": kill.pid,
        "process.name": kill.name,
        "process.command": None,
        "process.state": "killed",
        "process.rss_bytes": kill.rss,
        "process.anon_bytes": kill.anon,
        "process.shmem_bytes": kill.shmem,
        "process.started_at": None,
        "process.age": None,
        "process.container_id": kill.container_id,
        "process.killed_at": kill.at,
        "process.kill_scope": kill.scope,
        "process.kill_cgroup": kill.limit_cgroup,
    }


def sentence(kill: Kill) -> str:
    """2026-11-24T22:49:38Z cgroup 9f86d081884c python3 6054 47259648"""
    return f"{utc(kill.at)} {kill.scope} {kill.container_id or '-'} {kill.name} {kill.pid} {'-' if kill.rss is None else kill.rss}"
