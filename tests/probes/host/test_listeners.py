"""Who listens where, from the tables of sockets and the open files of processes."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest

from probes._access import Access
from probes._contract import Look, Subject, Unavailable
from probes.host.listeners import PROBES

from .conftest import Files, MakeAccess, RunProbe

(PROBE,) = PROBES
HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


def line(address: str, state: str, inode: int) -> str:
    return f"   0: {address} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 {inode} 1 0000 100 0 0 10 0\n"


TABLES: Files = {
    "/proc/net/tcp": HEAD
    + line("00000000:1F90", "0A", 11)
    + line("0100007F:0016", "0A", 12)
    + line("0100007F:2710", "01", 13)
    + "   9: torn\n"
    + line("zz:zz", "0A", 14),
    "/proc/net/tcp6": HEAD + line("00000000000000000000000000000000:1F90", "0A", 15) + line("00000000000000000000000001000000:0CEA", "0A", 16),
    "/proc/1/comm": "systemd\n",
    "/proc/1/fd/3": Path("socket:[12]"),
    "/proc/30/comm": "nginx\n",
    "/proc/30/fd/0": Path("/dev/null"),
    "/proc/30/fd/6": Path("socket:[11]"),
    "/proc/30/fd/7": Path("socket:[15]"),
    "/proc/31/comm": "nginx\n",
    "/proc/31/fd/6": Path("socket:[11]"),
}


def test_each_listener_is_named_with_its_first_owner(machine: MakeAccess, run: RunProbe) -> None:
    answers = run(PROBE, machine(TABLES))

    expected = {
        "host.listeners": (
            "127.0.0.1:22 systemd (pid 1)",
            "[::1]:3306 -",
            "0.0.0.0:8080 nginx (pid 30)",
            "[::]:8080 nginx (pid 30)",
        ),
        "host.listening_ports": ("22", "3306", "8080"),
    }
    assert [(Subject("host", "gpu-1"), expected)] == [(answer.subject, answer.values) for answer in answers if isinstance(answer, Look)]


def test_a_socket_of_the_kernel_has_no_owner_and_nothing_is_hidden(machine: MakeAccess, run: RunProbe) -> None:
    assert not [answer for answer in run(PROBE, machine(TABLES)) if isinstance(answer, Unavailable)]


def test_owners_that_are_hidden_are_said_to_be_hidden(machine: MakeAccess, run: RunProbe) -> None:
    access = machine({"/proc/net/tcp": HEAD + line("00000000:1F90", "0A", 11), "/proc/7/comm": "other\n"})

    expected = Unavailable(
        kind="host",
        subject=Subject("host", "gpu-1"),
        names=("host.listeners",),
        why="forbidden",
        detail="The owners of some listening sockets are hidden from this user; they are shown as -.",
        remedy="Run diagnose as root, or give it CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH.",
    )
    assert expected == run(PROBE, access)[-1]


def test_without_listeners_there_are_none(machine: MakeAccess, run: RunProbe) -> None:
    (look,) = run(PROBE, machine({"/proc/net/tcp": HEAD}))

    assert isinstance(look, Look)
    expected = {"host.listeners": (), "host.listening_ports": ()}
    assert expected == look.values


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_real_listener_of_ours_is_named(run: RunProbe, family: socket.AddressFamily) -> None:
    with socket.socket(family) as server:
        try:
            server.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
        server.listen()
        port = server.getsockname()[1]
        look = run(PROBE, Access({}, deadline=time.monotonic() + 60))[0]

    assert isinstance(look, Look)
    address = "[::1]" if family == socket.AF_INET6 else "127.0.0.1"
    name = Path(f"/proc/{os.getpid()}/comm").read_text().strip()
    listeners = look.values["host.listeners"]
    assert isinstance(listeners, tuple)
    assert f"{address}:{port} {name} (pid {os.getpid()})" in listeners
