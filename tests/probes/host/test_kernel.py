"""Kills and crashes in the kernel's log: every form of line, no log at all, and real ones on this machine."""

from __future__ import annotations

from typing import Any

import pytest

from probes._contract import Look, Relation, Subject, Swept
from probes.host.kernel import PROBES

from .conftest import BOOT, NOW, MakeAccess, RunProbe, host_values, kmsg, processes

(PROBE,) = PROBES
pytestmark = pytest.mark.usefixtures("kernel_clock")
HOST_SUBJECT = Subject("host", "gpu-1")
ID = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SIZES = "total-vm:82100kB, anon-rss:300kB, file-rss:60kB, shmem-rss:40kB, UID:0 pgtables:144kB oom_score_adj:0"
MEMCG = "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0"


def test_a_kill_at_a_containers_limit_gives_the_process_and_the_host(machine: MakeAccess, run: RunProbe) -> None:
    log = kmsg(
        "python3 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        f"{MEMCG},oom_memcg=/mljobs,task_memcg=/mljobs/{ID},task=python3,pid=6054,uid=0",
        f"Memory cgroup out of memory: Killed process 6054 (python3) {SIZES}",
    )
    answers = run(PROBE, machine({"/dev/kmsg": log}))

    process = Subject("process", "python3 (pid 6054)")
    of_process = {
        "process.pid": 6054,
        "process.name": "python3",
        "process.command": None,
        "process.state": "killed",
        "process.rss_bytes": 400 * 1024,
        "process.anon_bytes": 300 * 1024,
        "process.shmem_bytes": 40 * 1024,
        "process.started_at": None,
        "process.age": None,
        "process.container_id": "9f86d081884c",
        "process.killed_at": BOOT + 9002.0,
        "process.kill_scope": "cgroup",
        "process.kill_cgroup": "/mljobs",
    }
    of_host = {
        "host.oom_victims": ("2027-01-15T07:43:22Z cgroup 9f86d081884c python3 6054 409600",),
        "host.last_machine_oom_at": None,
        "host.last_cgroup_oom_at": BOOT + 9002.0,
        "host.crashes": (),
        "host.kernel_log_since": BOOT + 9000.0,
        "host.kernel_log_complete": True,
    }
    looks = [(answer.subject, answer.values) for answer in answers if isinstance(answer, Look)]
    assert [(HOST_SUBJECT, of_host), (process, of_process)] == looks
    assert [Relation("on", process, HOST_SUBJECT), Swept(kind="process", scope="gpu-1", count=1)] == answers[-2:]


GROUP_KILL = (
    f"{MEMCG},oom_memcg=/kubepods/pod1/{ID},task_memcg=/kubepods/pod1/{ID},task=python3,pid=7,uid=0",
    f"Memory cgroup out of memory: Killed process 7 (python3) {SIZES}",
    f"Tasks in /kubepods/pod1/{ID} are going to be killed due to memory.oom.group set",
    f"Memory cgroup out of memory: Killed process 7 (python3) {SIZES}",
    f"Memory cgroup out of memory: Killed process 8 (worker) {SIZES}",
)
KUBE = f"/kubepods/pod1/{ID}"
FORMS = [
    pytest.param(
        (
            "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/init.scope,task=python,pid=7,uid=0",
            f"Out of memory: Killed process 7 (python) {SIZES}",
        ),
        {7: ("machine", None, None, "python")},
        id="the whole machine",
    ),
    pytest.param(
        (
            f"oom-kill:constraint=CONSTRAINT_CPUSET,nodemask=0,cpuset=x,mems_allowed=0,global_oom,task_memcg=/docker/{ID},task=a,pid=7,uid=0",
            f"Out of memory: Killed process 7 (a) {SIZES}",
        ),
        {7: ("machine", None, "9f86d081884c", "a")},
        id="the whole machine kills in a container",
    ),
    pytest.param(GROUP_KILL, {7: ("cgroup", KUBE, "9f86d081884c", "python3"), 8: ("cgroup", KUBE, "9f86d081884c", "worker")}, id="a whole group"),
    pytest.param(
        (
            f"Task in /docker/{ID} killed as a result of limit of /docker/{ID}",
            "Memory cgroup out of memory: Kill process 6 (java) score 980 or sacrifice child",
            "Killed process 7 (java) total-vm:20255636kB, anon-rss:466160kB, file-rss:13684kB",
        ),
        {7: ("cgroup", f"/docker/{ID}", "9f86d081884c", "java")},
        id="kernel 4: at a limit",
    ),
    pytest.param(
        (
            f"Task in /docker/{ID} killed as a result of limit of /docker/{ID}",
            "Memory cgroup out of memory: Kill process 6 (java) score 980 or sacrifice child",
            "Out of memory: Kill process 7 (mysqld) score 511 or sacrifice child",
            "Killed process 7 (mysqld), UID 27, total-vm:20255636kB, anon-rss:466160kB, file-rss:13684kB, shmem-rss:0kB",
        ),
        {7: ("machine", None, None, "mysqld")},
        id="kernel 3: the whole machine, after another kill",
    ),
    pytest.param(
        ("Memory cgroup out of memory: Killed process 7 (python3)",),
        {7: ("cgroup", None, None, "python3")},
        id="the reason is lost and the sizes too",
    ),
    pytest.param(
        (f"Out of memory: Killed process 7 (a) (b) c) {SIZES}",), {7: ("machine", None, None, "a) (b) c")}, id="a name with brackets and spaces"
    ),
    pytest.param(
        (
            f"{MEMCG},oom_memcg=/other,task_memcg=/other,task=a,pid=1,uid=0",
            *["usb 1-1: new device"] * 6,
            f"Memory cgroup out of memory: Killed process 7 (b) {SIZES}",
        ),
        {7: ("cgroup", None, None, "b")},
        id="a reason of long ago is another kill's",
    ),
    pytest.param(("systemd[1]: job.service: A process of this unit has been killed by the OOM killer.",), {}, id="talk about a kill is none"),
    pytest.param(("Out of memory: Killed process x (y)", "Out of memory: Killed process", "oom-kill:constraint="), {}, id="torn lines"),
]


@pytest.mark.parametrize(("lines", "expected"), FORMS)
def test_every_form_of_a_kill_is_read(machine: MakeAccess, run: RunProbe, lines: tuple[str, ...], expected: dict[int, Any]) -> None:
    found = processes(run(PROBE, machine({"/dev/kmsg": kmsg(*lines)})))

    names = ("process.kill_scope", "process.kill_cgroup", "process.container_id", "process.name")
    assert expected == {values["process.pid"]: tuple(values[name] for name in names) for values in found.values()}


def test_sizes_that_the_line_does_not_give_are_none(machine: MakeAccess, run: RunProbe) -> None:
    answers = run(PROBE, machine({"/dev/kmsg": kmsg("Out of memory: Killed process 7 (python3)")}))

    expected = (("2027-01-15T07:43:20Z machine - python3 7 -",), [None])
    assert expected == (host_values(answers)["host.oom_victims"], [values["process.rss_bytes"] for values in processes(answers).values()])


def test_a_program_cannot_forge_a_kill(machine: MakeAccess, run: RunProbe) -> None:
    answers = run(PROBE, machine({"/dev/kmsg": kmsg(f"Out of memory: Killed process 7 (python3) {SIZES}", priority=14)}))

    expected = ((), True)
    assert expected == (host_values(answers)["host.oom_victims"], host_values(answers)["host.kernel_log_complete"])


def test_kills_older_than_six_hours_are_the_hosts_and_no_processes(machine: MakeAccess, run: RunProbe) -> None:
    old = kmsg(f"Out of memory: Killed process 7 (old) {SIZES}", second=int(NOW - BOOT) - 6 * 3600 - 1)
    new = kmsg(f"Out of memory: Killed process 8 (new) {SIZES}", second=int(NOW - BOOT) - 6 * 3600 + 1, first=1)
    answers = run(PROBE, machine({"/dev/kmsg": old + new}))

    assert [Subject("process", "new (pid 8)")] == list(processes(answers))
    expected = ["new", "old"]
    assert expected == [victim.split()[3] for victim in host_values(answers)["host.oom_victims"]]


def test_of_many_kills_the_newest_fifty_are_kept(machine: MakeAccess, run: RunProbe) -> None:
    log = kmsg(*(f"Out of memory: Killed process {pid} (p) {SIZES}" for pid in range(1, 61)))
    answers = run(PROBE, machine({"/dev/kmsg": log}))

    expected = [int(victim.split()[4]) for victim in host_values(answers)["host.oom_victims"]]
    assert expected == list(range(60, 10, -1))


def test_a_process_number_used_twice_is_the_newer_process(machine: MakeAccess, run: RunProbe) -> None:
    line = f"Out of memory: Killed process 7 (p) {SIZES}"
    answers = run(PROBE, machine({"/dev/kmsg": kmsg(line, line)}))

    expected = [BOOT + 9001.0]
    assert expected == [values["process.killed_at"] for values in processes(answers).values()]


def test_crashes_are_told_by_kind(machine: MakeAccess, run: RunProbe) -> None:
    log = kmsg(
        "python3[13378]: segfault at 0 ip 00007fb913185ad8 sp 00007ffcbba2b5d8 error 4 in libc.so.6[167ad8,7fb913044000+156000] likely on CPU 1",
        "Code: e1 ff ff ff c3 66 2e 0f 1f 84 00",
        "traps: python3[13419] trap invalid opcode ip:7fa279cc0000 sp:7ffe88a88638 error:0 in dev/zero[0,7fa279cc0000+1000]",
        "traps: python3[13460] general protection fault ip:7fb64f2a7000 sp:7ffedeb156a8 error:0 in dev/zero[0,7fb64f2a7000+1000]",
        "MCE: Killing trainer:88 due to hardware memory corruption fault at 7f0000000000",
        "loader: potentially unexpected fatal signal 7.",
        "worker[9]: unhandled level 2 translation fault (11) at 0x00000008, esr 0x92000006, in libtorch.so[400000+1000]",
    )
    answers = run(PROBE, machine({"/dev/kmsg": log}))

    expected = (
        "2027-01-15T07:43:26Z worker 9 segfault",
        "2027-01-15T07:43:25Z loader - bus error",
        "2027-01-15T07:43:24Z trainer 88 hardware memory corruption",
        "2027-01-15T07:43:23Z python3 13460 general protection fault",
        "2027-01-15T07:43:22Z python3 13419 invalid opcode",
        "2027-01-15T07:43:20Z python3 13378 segfault",
    )
    assert expected == host_values(answers)["host.crashes"]


def test_garbled_records_are_passed_over(machine: MakeAccess, run: RunProbe) -> None:
    log = "\0\0;;\n6,x,y,-;Out of memory: Killed process 1 (a)\n KEY=value\n6,1\n" + kmsg("Out of memory: Killed process 2 (b)", first=5)

    assert [Subject("process", "b (pid 2)")] == list(processes(run(PROBE, machine({"/dev/kmsg": log + "6,9,99"}))))
