"""Reports made by hand, as a run would give them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from agent.report._clean import mapped
from agent.report.model import Candidate, Check, Gap, Incident, Known, Line, Looked, Repair, Report, RowJudged

NOW = 1_795_563_061.0
"""2026-11-24 23:31 UTC."""


def incident(**changed: Any) -> Incident:
    """The ordinary one: a training container below its memory limit, likely so."""
    fields: dict[str, Any] = {
        "id": "a3f9",
        "fingerprint": "5f0c2b7de8a94416",
        "thing": "container trainer",
        "row": "training/training-oom",
        "symptom": "Training OOM (Out of Memory)",
        "title": "trainer (training) runs out of memory: killed 6 times at its limit of 512 MiB",
        "state": "now",
        "severity": "high",
        "subjects": ("container trainer",),
        "affected": 1,
        "head": "",
        "onset": NOW - 1080,
        "onset_known": True,
        "band": "likely",
        "named": ("The memory limit is below what the job is known to need",),
        "named_ids": ("limit-too-low",),
        "evidence": (
            Line("true", "its limit was 2 GiB in the earlier run and is 512 MiB now", "docker inspect trainer: limit_lowered yes", 20.0, "change"),
            Line("true", "it was recreated differently shortly before", "docker inspect trainer: changed_before_failure yes", 5.0, "change"),
            Line("true", "the kernel killed it for memory", "docker inspect trainer: oom_killed yes", 4.0, "status"),
            Line("true", "its memory limit is 512 MiB", "docker inspect trainer: has_memory_limit yes", -0.1, "spec"),
            Line("false", "no kernel line says that the machine ran out of memory", "dmesg: kill_scope container", 6.0, "events"),
            Line("false", "its memory did not grow steadily", "container_memory_working_set_bytes: memory_growth none", 5.0, "metrics"),
            Line("unknown", "how many steps it had done", "container.log_steps", 4.8, "log"),
            Line("unknown", "how much of the GPU others hold", "container.gpu_others_ratio", 1.4, "metrics"),
            Line("unknown", "whether it was refused memory", "container.log_says", 1.2, "log"),
        ),
        "fix": (
            Repair(
                "The memory limit is below what the job is known to need",
                "Give it back what it had.",
                "docker update --memory 2147483648 --memory-swap 2147483648 trainer-with-a-long-name-in-production",
                "safe",
            ),
        ),
        "verify": (Check("docker stats --no-stream", 'it.memory_trouble == ""', "10m"),),
        "prevent": ("Set memory limits", "Monitor memory usage", "Use smaller models or mixed precision"),
        "candidates": (
            Candidate("limit-too-low", "The memory limit is below what the job is known to need", 0.7212, {"change": 20.0, "events": 6.0}),
            Candidate("batch-size-too-large", "Batch size too large", 0.1804, {"change": 3.0}),
            Candidate("memory-leak", "Memory leak", 0.0984, {}),
        ),
    }
    return Incident(**(fields | changed))


def rich() -> Report:
    """A root with two consequences, and a second problem that is not settled."""
    slow = incident(
        id="0d17", fingerprint="0d17e9a0c1b2d3f4", thing="container loader", subjects=("container loader",), title="loader (data) waits for trainer's output", severity="medium", consequences=(), fix=(), verify=(), prevent=(), candidates=()
    )
    crash = incident(
        id="b1c2", fingerprint="b1c2d3e4f5061728", row="kubernetes/crashloopbackoff", symptom="CrashLoopBackOff", severity="high", consequences=(slow,), subjects=("container trainer",),
        title="trainer restarts again and again: 6 times in 18 min, the last time with exit code 137 after 41 s", named=("It runs out of memory",),
        evidence=(Line("true", "it runs out of memory", "[a3f9]", 15.0, "parent"),), fix=(), candidates=(), also=("77aa0123",),
    )  # fmt: skip
    return report(
        verdict=f"2 problems: {incident().title}; and 1 more.",
        incidents=(incident(consequences=(crash,)), _undetermined()),
        recovered=(incident(id="9c0d", fingerprint="9c0d9c0d9c0d9c0d", thing="container metrics-proxy", title="metrics-proxy was unreachable", state="recovered"),),
        rows=tuple(msgspec.structs.replace(one, state="found") if one.id != "monitoring/scrape" else one for one in ROWS),
        open=("Prometheus Scrape Failures: cannot tell for 3 target(s); unseen: target.health, target.last_error.",),
    )


def _undetermined() -> Incident:
    return incident(
        id="e07b", fingerprint="e07be07be07be07b", thing="workload shop/api", row="kubernetes/crashloopbackoff", symptom="CrashLoopBackOff", title="api restarts again and again (and 6 more of the same)",
        severity="medium", band="undetermined", subjects=tuple(f"container api-{number}" for number in range(1, 8)), affected=7, onset=None, onset_known=False,
        named=("App crashes on start", "Missing dependencies", "A service it needs at start is unreachable"),
        named_ids=("app-crashes-on-start", "missing-dependencies", "dependency-unreachable"),
        evidence=(
            Line("true", "it ended with exit code 1", "docker inspect api-1: ended_with 1", 6.0, "status"),
            Line("false", "nobody told the engine to kill it", "docker events: killed_by_command no", 3.0, "events"),
            Line("unknown", "what its log ends with", "container.log_says", 14.0, "log"),
        ),
        fix=(
            Repair("App crashes on start", "Run it once by hand and mend what it says.", "docker logs --tail 50 api-1"),
            Repair("Missing dependencies", "Rebuild the image with what its log names.", "", "restarts"),
        ),
        verify=(Check("", "it.restart_count == 0", "5m"),),
        prevent=("Test the image locally.",),
        candidates=(
            Candidate("app-crashes-on-start", "App crashes on start", 0.41, {"status": 6.0}),
            Candidate("missing-dependencies", "Missing dependencies", 0.30, {"status": 5.0, "events": -1.0}),
            Candidate("dependency-unreachable", "A service it needs at start is unreachable", 0.29, {"status": 5.0}),
        ),
    )  # fmt: skip


LOGS = Gap(
    "docker.logs of container api-1", "forbidden", "The engine answers 403 to GET /containers/api-1/logs.",
    "Allow GET /containers/*/logs in the socket proxy.", asked=True, leaves_open=("CrashLoopBackOff: App crashes on start, Missing dependencies",),
)  # fmt: skip
PROMETHEUS = Gap("prometheus", "not configured", "No address is set.", "Name it: --prometheus URL.", asked=False)
KERNEL = Gap(
    "host.kernel", "forbidden", "/dev/kmsg may not be read.", "Run diagnose as root.", asked=False, leaves_open=("Training OOM: Memory leak",)
)


ROWS = (
    RowJudged("kubernetes/crashloopbackoff", "CrashLoopBackOff", "not there", 7, ("App crashes on start", "Missing dependencies"), ("Test the image locally.",)),
    RowJudged("monitoring/scrape", "Prometheus Scrape Failures", "cannot tell", 3, ("Target is down",), ("Watch the targets.",)),
    RowJudged("training/training-oom", "Training OOM (Out of Memory)", "not there", 7, ("Memory leak", "Batch size too large"), ("Set memory limits",)),
)


def report(**changed: Any) -> Report:
    """Nothing found, everything seen; unless something else is said."""
    fields: dict[str, Any] = {
        "tool": "0.1.0",
        "rules": "3f2a",
        "now": NOW,
        "targets": ("docker unix:///var/run/docker.sock", "host localhost"),
        "verdict": "Nothing wrong in what I could see: 7 containers, 1 host. Not looked at: prometheus, host.kernel.",
        "incidents": (),
        "recovered": (),
        "open": (),
        "gaps": (LOGS, msgspec.structs.replace(LOGS, what="docker.logs of container api-2"), PROMETHEUS, KERNEL),
        "looked": (Looked("docker.containers", 1, 1.914, "done"), Looked("docker.logs", 2, 0.2, "failed"), Looked("host.memory", 1, 0.05, "done")),
        "seen": ("7 containers", "1 host"),
        "rows": ROWS,
        "live_rows": 3,
        "all_rows": 37,
        "broken": (),
        "conflicts": (),
        "stopped": False,
    }
    return Report(**(fields | changed))


def nothing() -> Report:
    return report(gaps=(PROMETHEUS, KERNEL))


def blind() -> Report:
    """The one thing asked for did not answer, and the run was cut short."""
    gap = Gap(
        "docker.containers", "timed out", "unix:///var/run/docker.sock took the connection and said nothing for 10 s.",
        "See whether the engine is alive: systemctl status docker.", asked=True,
        leaves_open=("Training OOM (Out of Memory) (whether it is there at all)", "CrashLoopBackOff (whether it is there at all)"),
    )  # fmt: skip
    return report(
        verdict="Nothing wrong in what I could see: nothing. Not looked at: docker.containers.", gaps=(gap,), seen=(), stopped=True,
        looked=(Looked("docker.containers", 1, 10.0, "timed out"),),
    )  # fmt: skip


def none_fits() -> Report:
    """A symptom that no known cause explains, in a version with a broken rule and sources that disagree."""
    found = incident(band="none fits", named=(), named_ids=(), fix=(), state="flapping", onset_known=False, severity="critical")
    return report(
        verdict=f"1 problem: {found.title}.", incidents=(found,), gaps=(),
        broken=("serving/api-503: 'it.status / 0 == 1' fails on service api.",),
        conflicts=("container trainer container.memory_limit_bytes: docker inspect says 1, kubectl get pod says 2.",),
    )  # fmt: skip


def known() -> Report:
    """The rich report, in which the second problem and one consequence are known, by a file of which two entries are of no use any more."""
    base = rich()
    first, second = base.incidents
    accepted = Known("Sold off next week; nobody's trouble.", "2026-12-01", "team-shop", "known.yaml:2")
    below = msgspec.structs.replace(first.consequences[0], known=accepted)
    return msgspec.structs.replace(
        base, verdict=f"1 problem: {first.title}. 1 known problem.", known_issues=("known.yaml:6: matches nothing that was found.",), fail_on="medium",
        incidents=(msgspec.structs.replace(first, consequences=(below,)), msgspec.structs.replace(second, known=accepted)),
    )  # fmt: skip


PAYLOADS = (
    "\x1b[31m\x1b]0;owned\x07\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\\x9b2J",
    "a\nb\r\nc\td\x0be\u2028f\x85g",
    "\u202egpj.exe\u2066\u200b\ufeff\u00ad\U000e0041",
    "<script>alert(1)</script><!-- --><img src=x onerror=alert(1)>",
    "[click](https://evil.example) ![x](http://evil.example/p.png) www.evil.example evil.example a@evil.example @here #1 :boom:",
    "```\n# Heading\n~~~ `code` ``` | a | b |\n|---|---|\n> quote",
    "=HYPERLINK(\"http://evil.example\") =cmd|' /C calc'!A0 +1 -1 @SUM(A1)",
    "w" * 300 + " " + "模" * 120 + " e" + "\u0301" * 50,
    "1. one - two * three _four_ **five** $(six) ${seven} \\",
)
_FIXED = {
    *("true", "false", "unknown", "now", "high", "medium", "critical", "low", "diagnosed", "likely", "undetermined", "none fits"),
    *("found", "recovered", "cannot tell", "not there", "nothing to judge"),
    *(row.id for row in ROWS),  # the loader lets identifiers alone through
    *("safe", "restarts", "destructive", "not configured", "forbidden", "timed out", "diagnose.report/1"),
}


def hostile(payload: str) -> Report:
    """The rich report with the payload before and behind every text that could come from outside."""
    base = rich()
    base = msgspec.structs.replace(base, broken=("rule: fails",), conflicts=("one says 1, other says 2",))
    first, *others = base.incidents
    marked = msgspec.structs.replace(first, known=Known("because", "2026-12-01", "us", "known.yaml:2"))
    base = msgspec.structs.replace(base, known_issues=("known.yaml:3: matches nothing.",), incidents=(marked, *others), asked=("container trainer.",), elsewhere=2)
    return mapped(base, lambda text: text if text in _FIXED else f"{payload} {text} {payload}")


GOLDEN: dict[str, Callable[[], Report]] = {
    "rich": rich,
    "known": known,
    "nothing": nothing,
    "blind": blind,
    "none_fits": none_fits,
    "hostile": lambda: hostile("".join(PAYLOADS[:2] + PAYLOADS[3:7])),
}
