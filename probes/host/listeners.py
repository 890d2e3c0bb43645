"""Who listens on which TCP port here: says why "address already in use", and whether a server is up at all.

In a container these are the ports of its own network. A port that Docker forwards without its proxy has no listener and is not seen.
"""

from __future__ import annotations

import socket
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address
from typing import NamedTuple

from probes._access import Access
from probes._contract import Answer, Look, Probe, Spec, Subject, Unavailable
from probes.host._proc import host, text_or_empty
from probes.host._process import pids

LISTENERS = Spec(
    name="host.listeners", type="texts", doc='TCP listeners by port, as "0.0.0.0:8080 nginx (pid 12)"; "-" where we may not see whose it is.'
)
PORTS = Spec(name="host.listening_ports", type="texts", doc="Numbers of the TCP ports that someone listens on, each once.")

_LISTEN = "0A"  # TCP_LISTEN, include/net/tcp_states.h
_MOST = 300
_LIMIT_S = 3.0


class Listener(NamedTuple):
    """A listening socket; the inode tells whose file it is."""

    port: int
    address: str
    inode: str


def look(access: Access, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """The host with its listeners. OSError if /proc is not there."""
    subject = host(access)
    found = [*_listening(access.text("/proc/net/tcp"), socket.AF_INET), *_listening(text_or_empty(access, "/proc/net/tcp6"), socket.AF_INET6)]
    owners = _owners(access, {listener.inode for listener in found})
    listeners = dict.fromkeys(f"{listener.address} {owners.get(listener.inode, '-')}" for listener in sorted(found))
    ports = dict.fromkeys(str(listener.port) for listener in sorted(found))
    yield Look(subject=subject, values={LISTENERS.name: tuple(listeners)[:_MOST], PORTS.name: tuple(ports)[:_MOST]}, command="ss -ltnp")
    if any(listener.inode not in owners for listener in found) and _hidden(access):
        yield _unnamed(subject)


def _hidden(access: Access) -> bool:
    """Whether other users' files are hidden from us. If not, a socket without an owner is the kernel's, as of an NFS server."""
    try:
        next(access.path("/proc/1/fd").iterdir(), None)
    except OSError:
        return True
    return False


def _unnamed(subject: Subject) -> Unavailable:
    return Unavailable(
        kind="host",
        subject=subject,
        names=(LISTENERS.name,),
        why="forbidden",
        detail="The owners of some listening sockets are hidden from this user; they are shown as -.",
        remedy="Run diagnose as root, or give it CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH.",
    )


def _listening(text: str, family: int) -> Iterator[Listener]:
    """Columns 2, 4 and 10 of /proc/net/tcp (proc_pid_net(5)): local address, state, inode. Lines of another form are left out."""
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < 10 or fields[3] != _LISTEN:
            continue
        address, _, port = fields[1].partition(":")
        try:
            number = int(port, 16)
            yield Listener(number, f"{_host(address, family)}:{number}", fields[9])
        except (ValueError, struct.error):
            continue


def _host(digits: str, family: int) -> str:
    """The address, from 32-bit words in the machine's own byte order."""
    words = [int(digits[start : start + 8], 16) for start in range(0, len(digits), 8)]
    packed = struct.pack(f"{'<' if sys.byteorder == 'little' else '>'}{len(words)}I", *words)
    address = ip_address(socket.inet_ntop(family, packed))
    return f"[{address}]" if address.version == 6 else str(address)


def _owners(access: Access, inodes: set[str]) -> dict[str, str]:
    """The first process that holds each socket; a server's workers share that of their parent, which has the lower number."""
    owners: dict[str, str] = {}
    end = time.monotonic() + access.remaining(_LIMIT_S)
    for pid in pids(access):
        if not inodes - owners.keys() or time.monotonic() > end:
            break
        for inode in inodes.intersection(_sockets(access, pid)) - owners.keys():
            owners[inode] = f"{text_or_empty(access, f'/proc/{pid}/comm').strip()} (pid {pid})"
    return owners


def _sockets(access: Access, pid: int) -> Iterator[str]:
    """Inodes of the sockets that a process holds; none if it is gone or not ours to see."""
    with suppress(OSError):
        for entry in access.path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):  # closed meanwhile
                link = str(entry.readlink())
                if link.startswith("socket:["):
                    yield link[8:-1]


PROBES = (
    Probe(
        name="host.listeners",
        kind="host",
        doc="TCP ports that are listened on, and by whom.",
        gives=(LISTENERS, PORTS),
        look=look,
        stands_for=("lsof -i :8080", "ss -ltnp", "netstat -tlnp", "Check port in use"),
        permissions=("root, or CAP_SYS_PTRACE with CAP_DAC_READ_SEARCH, to name the owners of other users' sockets",),
    ),
)
