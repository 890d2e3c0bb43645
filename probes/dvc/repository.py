"""Which remote does a DVC repository use, from which file is that, and what does this user have for it?

repo /repo  repo.remote="shared"  repo.remote_url="s3://models/dvc"  repo.remote_set_in="/repo/.dvc/config"  repo.credentials=("the environment …",)
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

from probes._access import Access
from probes._contract import Answer, Look, Probe, Relation, Spec, Subject, Swept, Unavailable, Value
from probes._s3 import Place
from probes.dvc._config import LOCAL, TRACKED, Config, Remote, secrets, without_userinfo
from probes.dvc._credentials import found
from probes.dvc._history import NoHistoryError, tracked_by_git
from probes.dvc._lock import lock
from probes.dvc._tree import Tree, at_tree, under_git

REMOTE = (
    Spec(name="repo.remote", type="text", doc="The default remote's name; none where none is set."),
    Spec(name="repo.remotes", type="texts", doc="The names of all remotes."),
    Spec(name="repo.remote_undefined", type="bool", doc="Whether the default names a remote that no file defines, or one without a URL."),
    Spec(name="repo.undefined_at", type="time", doc="When the file that names such a default was last written; none where the default is defined."),
    Spec(name="repo.remote_url", type="text", doc="The default remote's URL or folder, without name and password."),
    Spec(name="repo.remote_kind", type="text", doc="local for a folder, else the URL's scheme, such as s3."),
    Spec(
        name="repo.remote_endpoint",
        type="text",
        doc="Its endpointurl, or for S3 what AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL says; none for the usual one.",
    ),
    Spec(name="repo.remote_region", type="text", doc="Its region; none where it names none."),
    Spec(name="repo.remote_profile", type="text", doc="The profile of ~/.aws that it names."),
    Spec(name="repo.remote_set_in", type="text", doc="The file that the URL in force is from."),
    Spec(name="repo.remote_elsewhere", type="text", doc="What .dvc/config says of the default remote, where .dvc/config.local says otherwise."),
    Spec(name="repo.config_unreadable", type="texts", doc="Settings files that cannot be read, and why."),
    Spec(
        name="repo.objects_recorded", type="int", doc="Files and folders that dvc.lock and .dvc files record a hash of, and that are kept in a cache."
    ),
)
HERE = (
    Spec(name="repo.credentials", type="texts", doc="Places that hold credentials for an S3 remote, the one used first; none where no place does."),
    Spec(name="repo.credentials_half", type="texts", doc="Places that hold a key without its secret, or the other way round."),
    Spec(name="repo.profile_missing", type="bool", doc="Whether the profile that is asked for is in neither file of AWS."),
    Spec(name="repo.remote_folder_missing", type="bool", doc="Whether a remote that is a folder is not there; none for other remotes."),
    Spec(name="repo.remote_folder_closed", type="bool", doc="Whether this user may not read and write in it; none for other remotes."),
    Spec(name="repo.lock_held", type="bool", doc="Whether somebody holds the lock: every other DVC command waits, then gives up."),
    Spec(name="repo.lock_held_at", type="time", doc="Since when it is held."),
    Spec(name="repo.lock_holder", type="text", doc="The process of this machine that holds it; none where none is found."),
)
SECRETS = Spec(name="repo.secrets_tracked", type="texts", doc="Settings in files under Git that hold a secret, by name.")


def look(access: Access, it: Tree, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look at the repository, and the bucket that it uses."""
    remote = it.config.remotes.get(it.config.default)
    yield Look(
        subject=it.subject, values=_remote(access, it, remote) | _here(access, it, remote), command=f"cd {it.folder}; dvc config --list --show-origin"
    )
    place = s3_place(remote) if remote is not None else None
    if place is not None:
        yield Relation("uses", it.subject, Subject("bucket", place.key))
    yield Swept(kind="repo", scope="this machine", count=1)


def look_for_secrets(access: Access, it: Tree, _subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """Which settings files under Git hold secrets; where Git does not answer, that is not known."""
    try:
        listed = tracked_by_git(access, it.folder, ".dvc") if under_git(access, it) else ()
    except NoHistoryError as error:
        yield Unavailable(
            kind="repo", subject=it.subject, why="refused", detail=f"Git does not list its files: {error}.", remedy=error.remedy, asked=it.asked
        )
        return
    found_ = tuple(f"{file}: {one}" for file in (TRACKED, LOCAL) if file in listed for one in secrets(it.config, f"{it.folder}/{file}"))
    yield Look(subject=it.subject, values={SECRETS.name: found_ or None}, command=f"cd {it.folder}; git ls-files .dvc")


def s3_place(remote: Remote) -> Place | None:
    """Where an S3 remote lies; None for another kind of remote."""
    parts = urlsplit(remote.url)
    if parts.scheme != "s3" or not parts.netloc:
        return None
    environment = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    return Place(bucket=parts.netloc, prefix=parts.path.strip("/"), endpoint=remote.get("endpointurl") or environment, region=remote.get("region"))


def _written(access: Access, file: str) -> float | None:
    try:
        return access.path(file).stat().st_mtime
    except OSError:
        return None


def _remote(access: Access, it: Tree, remote: Remote | None) -> dict[str, Value]:
    config = it.config
    url = remote.options.get("url") if remote is not None else None
    undefined = bool(config.default) and url is None
    return {
        "repo.remote": config.default or None,
        "repo.remotes": tuple(sorted(config.remotes)) or None,
        "repo.remote_undefined": undefined,
        "repo.undefined_at": _written(access, config.core["remote"].file) if undefined else None,
        "repo.remote_url": without_userinfo(url.value) if url else None,
        "repo.remote_kind": remote.scheme if remote is not None and url else None,
        "repo.remote_endpoint": _endpoint(remote) if remote is not None else None,
        "repo.remote_region": remote.get("region") or None if remote is not None else None,
        "repo.remote_profile": remote.get("profile") or None if remote is not None else None,
        "repo.remote_set_in": url.file if url else None,
        "repo.remote_elsewhere": _elsewhere(config, it.folder),
        "repo.config_unreadable": config.unreadable or None,
        "repo.objects_recorded": sum(bool(out.recorded) and out.cached for one in it.pipeline.makers for out in one.outs),
    }


def _endpoint(remote: Remote) -> str | None:
    place = s3_place(remote)
    return without_userinfo(place.endpoint if place is not None else remote.get("endpointurl")) or None


def _elsewhere(config: Config, folder: str) -> str | None:
    """The tracked file's default remote and its URL, where the one in force is another."""
    tracked = config.layers.get(f"{folder}/{TRACKED}", {})
    local = config.layers.get(f"{folder}/{LOCAL}", {})
    name = tracked.get("core", {}).get("remote", "")
    url = tracked.get(f'remote "{name}"', {}).get("url", "")
    own = local.get(f'remote "{config.default}"', {}).get("url", "")
    if not name or (name == config.default and own in ("", url)):
        return None
    return f"{name} ({without_userinfo(url)})" if url else name


def _here(access: Access, it: Tree, remote: Remote | None) -> dict[str, Value]:
    who = found(access, remote) if remote is not None and remote.scheme == "s3" else None
    missing, closed = _folder(access, remote)
    held = lock(access, it.folder)
    return {
        "repo.credentials": who.places or None if who else None,
        "repo.credentials_half": who.half or None if who else None,
        "repo.profile_missing": who.profile_missing if who else None,
        "repo.remote_folder_missing": missing,
        "repo.remote_folder_closed": closed,
        "repo.lock_held": held.held,
        "repo.lock_held_at": held.since,
        "repo.lock_holder": held.holder or None,
    }


def _folder(access: Access, remote: Remote | None) -> tuple[bool | None, bool | None]:
    """Whether the folder of a local remote is missing, and whether it is closed to this user."""
    if remote is None or remote.scheme != "local" or not remote.url:
        return None, None
    place = access.path(remote.url)
    try:
        missing = not place.is_dir()
    except OSError:
        return None, True
    return missing, not missing and not os.access(place, os.R_OK | os.W_OK | os.X_OK)


PROBES = (
    Probe(
        name="dvc.repository",
        kind="repo",
        doc="Reads the settings of a DVC repository: its remotes, the credentials that are there for them, and its lock.",
        gives=(*REMOTE, *HERE),
        look=at_tree("repo", look),
        stands_for=("dvc remote list", "dvc config --list --show-origin", "Check credentials"),
        relations=("repo uses bucket",),
        permissions=("read the work tree, ~/.config/dvc and ~/.aws",),
        limit_s=15.0,
    ),
    Probe(
        name="dvc.secrets",
        kind="repo",
        doc="Whether settings files of DVC that are under Git hold secrets.",
        gives=(SECRETS,),
        look=at_tree("repo", look_for_secrets),
        stands_for=("git ls-files .dvc",),
        permissions=("read the work tree and its Git index",),
    ),
)
