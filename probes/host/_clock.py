"""When the kernel's clocks began, in seconds since 1970 UTC: turns "1123.355459 s since boot" into a time of day."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

from probes._access import Access
from probes.host._proc import table, text_or_empty

_SCHED_CLOCKS = re.compile(r"^(ktime|cpu_clk)\s*:\s*([\d.]+)", re.MULTILINE)


def booted_at(access: Access) -> float | None:
    """`btime` of /proc/stat (proc_stat(5)): whole seconds, so that two runs give the same number; None if it is not there."""
    seconds = table(text_or_empty(access, "/proc/stat")).get("btime")
    return None if seconds is None else float(seconds)


def kernel_clock_zero(access: Access) -> float:
    """The time of day at which the stamps of the kernel's log read 0.

    The stamps come from the scheduler's clock, which stands still while the machine sleeps, like CLOCK_MONOTONIC and unlike
    /proc/uptime. NTP does not steer it, so it drifts by minutes in a year; where debugfs shows both clocks that is taken out.
    A stamp from before a suspend, or before a virtual machine was restored, comes out late by that pause: nothing records it.
    """
    return time.time() - time.monotonic() + _drift(access)


def _drift(access: Access) -> float:
    """Seconds that CLOCK_MONOTONIC is ahead of the scheduler's clock (debugfs, sched/debug, in milliseconds); 0 if not shown."""
    try:
        head = access.text("/sys/kernel/debug/sched/debug", 1024)  # what follows, a table of every task, is costly to make
    except OSError:
        return 0.0
    clocks = {name: float(value) for name, value in _SCHED_CLOCKS.findall(head)}
    if clocks.keys() != {"ktime", "cpu_clk"}:
        return 0.0
    return (clocks["ktime"] - clocks["cpu_clk"]) / 1000


def utc(at: float) -> str:
    """2026-11-24T22:49:38Z"""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
