"""Which cluster a kubeconfig means: its context, server and namespace, read without starting anything that the file names.

https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/: of several files the first that says a thing counts.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec
import yaml

from agent.settings import SettingsError


class KubeContext(NamedTuple):
    """A context: its name, the server it speaks to, and its namespace ("" if it names none)."""

    name: str
    server: str
    namespace: str


class _Server(msgspec.Struct, frozen=True):
    server: str = ""


class _Cluster(msgspec.Struct, frozen=True):
    name: str
    cluster: _Server = _Server()


class _Context(msgspec.Struct, frozen=True):
    cluster: str = ""
    namespace: str = ""


class _Named(msgspec.Struct, frozen=True):
    name: str
    context: _Context = _Context()


class _File(msgspec.Struct, frozen=True, rename={"current_context": "current-context"}):
    clusters: list[_Cluster] | None = None
    contexts: list[_Named] | None = None
    current_context: str = ""


def context(files: str, wanted: str, *, asked: bool) -> KubeContext | None:
    """The context wanted, or the current one; None if there is no file and nobody asked for one. Raises SettingsError."""
    places = [Path(name).expanduser() for name in files.split(os.pathsep) if name]
    there = [place for place in places if place.exists()]
    if not there:
        if asked:
            raise SettingsError(f"{files}: there is no such kubeconfig.")
        return None
    read = [_read(place) for place in there]
    contexts = {one.name: one.context for one in reversed([one for file in read for one in file.contexts or ()])}
    name = wanted or next((file.current_context for file in read if file.current_context), "")
    if name not in contexts:
        if not asked and not name:
            return None
        what = f"there is no context '{name}'" if name else "no context is the current one"
        raise SettingsError(f"{files}: {what}. Known: {_list(contexts)}. Choose one with --context.")
    servers = {one.name: one.cluster.server for one in reversed([one for file in read for one in file.clusters or ()])}
    chosen = contexts[name]
    return KubeContext(name, servers.get(chosen.cluster, "") or "a server that the file does not name", chosen.namespace)


def names(files: str) -> tuple[str, ...]:
    """Every context that these files name; none of a file that cannot be read."""
    found: list[str] = []
    for place in (Path(name).expanduser() for name in files.split(os.pathsep) if name):
        with contextlib.suppress(SettingsError):
            found += [one.name for one in _read(place).contexts or ()]
    return tuple(dict.fromkeys(found))


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _read(place: Path) -> _File:
    try:
        data = yaml.safe_load(place.read_bytes())
        return msgspec.convert(data or {}, _File)
    except OSError as error:
        raise SettingsError(f"{place}: the kubeconfig cannot be read: {error.strerror}.") from None
    except (yaml.YAMLError, msgspec.ValidationError, RecursionError) as error:
        raise SettingsError(f"{place}: this is not a kubeconfig: {' '.join(str(error).split())[:200]}.") from None
