"""Can the default remote be listed from here, and does it hold what dvc.lock records?

repo /repo  repo.remote_says="denied"  repo.remote_words="AccessDenied: Access Denied"  repo.remote_step="signed"
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping

from probes._access import Access, Unreachable
from probes._contract import Answer, Look, Probe, Spec, Subject, Unavailable, Value
from probes._s3 import Client, Head, Identity, Ladder
from probes._s3_grant import grant
from probes._writing import signs_as
from probes.dvc._config import Remote
from probes.dvc._pipeline import Pipeline
from probes.dvc._status import cache_folder, object_path
from probes.dvc._tree import Tree, at_tree
from probes.dvc.repository import s3_place

SAMPLE = 5
MOST_IN_A_FOLDER = 200
GIVES = (
    Spec(
        name="repo.remote_says", type="text", doc="What came of listing it, in one word: denied, no-bucket, refused …; none where the list was given."
    ),
    Spec(name="repo.remote_words", type="text", doc="The store's code and message, or what happened before one answered."),
    Spec(name="repo.remote_step", type="text", doc="Where it ended: setting, name, port, tls, unsigned or signed; none where all went well."),
    Spec(name="repo.remote_knows_us", type="bool", doc="Whether the store knew who asked; none where it did not come to that."),
    Spec(name="repo.remote_seen_unsigned", type="int", doc="Status of HEAD on the bucket by a stranger; none where no store answered."),
    Spec(name="repo.bucket_region", type="text", doc="The region that the store says the bucket is in."),
    Spec(name="repo.remote_proxy", type="text", doc="The proxy that requests go through; none without one."),
    Spec(name="repo.remote_skew", type="span", doc="The store's clock less this machine's; none where it was not told."),
    Spec(
        name="repo.signs_as",
        type="text",
        doc="A token of the keys that it is asked with, the same for those who have the same; none without a whole key.",
    ),
    Spec(name="repo.remote_empty", type="bool", doc="Whether nothing lies under the remote's prefix; none where it could not be listed."),
    Spec(name="repo.objects_asked", type="int", doc="Recorded objects that the remote was asked for, at most 5; none where it could not be asked."),
    Spec(name="repo.objects_missing", type="int", doc="Of those, how many are not there."),
    Spec(name="repo.objects_denied", type="int", doc="Of those, how many may not be seen."),
    Spec(
        name="repo.objects_lost",
        type="texts",
        doc="Outputs of which nothing is in the work tree, in the cache, or in the remote, of those that this was asked for; also of a remote that is a folder.",
    ),
)


HIDDEN = ("repo.remote_empty", "repo.objects_asked", "repo.objects_missing")
"""What a store does not tell to whom it refuses a list."""


def look(access: Access, it: Tree, subjects: tuple[Subject, ...]) -> Iterator[Answer]:
    """A Look at a repository's S3 remote; what cannot be asked this way says so."""
    for subject in subjects:
        if subject == it.subject:
            yield from _answers(access, it)


def _answers(access: Access, it: Tree) -> Iterator[Answer]:
    remote = it.config.remotes.get(it.config.default)
    place = s3_place(remote) if remote is not None else None
    if remote is None or not remote.url or remote.scheme == "local":
        lost = _lost_of_folder(access, it, remote) if remote is not None and remote.url else ()
        values = {**dict.fromkeys((spec.name for spec in GIVES), None), "repo.objects_lost": lost or None}
        yield Look(subject=it.subject, values=values, command=f"cd {it.folder}; dvc status --cloud" if remote else "dvc remote list")
        return
    if place is None:
        detail = f"The remote {remote.name} is of the kind {remote.scheme}, which is not asked."
        yield _blind(it, "not configured", detail, f"Try it by hand: cd {it.folder}; dvc status --cloud")
        return
    try:
        client = Client(access, place, _identity(remote))
    except Unreachable as error:
        yield _blind(it, error.why, error.detail, "Install boto3: pip install 'diagnose[s3]'.")
        return
    ladder = client.ladder()
    absent = _absent(access, it)
    keys = () if _by_name(remote) else _sample(it.pipeline, place.prefix, absent)
    asked = client.heads(keys) if ladder.step in ("", "signed") and ladder.known else {}
    lost = tuple(path for one, path in absent.items() if asked.get(_key(place.prefix, one)) == "not there")
    endpoint = f" --endpoint-url {place.endpoint}" if place.endpoint else ""
    yield Look(
        subject=it.subject,
        values={**_values(ladder, asked), "repo.objects_lost": lost or None, "repo.signs_as": _signs_as(access, remote)},
        command=f"aws s3 ls s3://{place.bucket}/{place.prefix}{endpoint}",
    )
    remedy = grant(ladder.says, place.bucket, place.prefix)
    if remedy:
        detail = f"What lies in s3://{place.bucket}/{place.prefix} could not be seen: {ladder.words}."
        yield Unavailable(kind="repo", why="forbidden", detail=detail, remedy=remedy, names=HIDDEN, asked=it.asked)


def _blind(it: Tree, why: str, detail: str, remedy: str) -> Unavailable:
    return Unavailable(kind="repo", subject=it.subject, why=why, detail=detail, remedy=remedy, asked=it.asked)  # type: ignore[arg-type]  # one of the contract's


def _identity(remote: Remote) -> Identity:
    """Who DVC would be there (dvc_s3): what the remote's settings name, else the environment."""
    verify = remote.get("ssl_verify")
    return Identity(
        profile=remote.get("profile"),
        access_key=remote.get("access_key_id"),
        secret_key=remote.get("secret_access_key"),
        token=remote.get("session_token"),
        credentials_file=remote.get("credentialpath"),
        config_file=remote.get("configpath"),
        verify=None if not verify or verify.lower() == "true" else False if verify.lower() == "false" else verify,
        anonymous=remote.get("allow_anonymous_login").lower() == "true",
    )


def _signs_as(access: Access, remote: Remote, environment: Mapping[str, str] = os.environ) -> str | None:
    """Of keys in the remote's settings, else of the environment's; a profile's are not looked at."""
    if remote.get("access_key_id"):
        names = {"AWS_ACCESS_KEY_ID": "access_key_id", "AWS_SECRET_ACCESS_KEY": "secret_access_key", "AWS_SESSION_TOKEN": "session_token"}
        return signs_as({name: remote.get(own) for name, own in names.items()}, access.redactor)
    return None if remote.get("profile") else signs_as(environment, access.redactor)


def _by_name(remote: Remote) -> bool:
    """Whether it keeps files under their own names, not under their hashes."""
    return "true" in (remote.get("version_aware").lower(), remote.get("worktree").lower())


def _sample(pipeline: Pipeline, prefix: str, absent: Iterable[str]) -> tuple[str, ...]:
    """Objects that a push would have brought there: first those that only the remote can have, then some spread over all that are recorded."""
    recorded = sorted({object_path(out.recorded) for one in pipeline.makers for out in one.outs if out.recorded and out.pushed})
    step = max(1, len(recorded) // SAMPLE)
    return tuple(_key(prefix, one) for one in list(dict.fromkeys((*absent, *recorded[::step])))[:SAMPLE])


def _key(prefix: str, path: str) -> str:
    return f"{prefix}/{path}".lstrip("/")


def _absent(access: Access, it: Tree) -> dict[str, str]:
    """Objects that a push would have brought to the remote and that are not on this machine, each with its output."""
    cache = cache_folder(it.config, it.folder)
    wanted = {object_path(out.recorded): out.path for one in it.pipeline.makers for out in one.outs if out.recorded and out.pushed and not out.remote}
    return {one: path for one, path in wanted.items() if not any(access.path(place).exists() for place in (f"{cache}/{one}", f"{it.folder}/{path}"))}


def _lost_of_folder(access: Access, it: Tree, remote: Remote) -> tuple[str, ...]:
    """Nothing where the folder itself is not there, or keeps files by their names."""
    if _by_name(remote) or not access.path(remote.url).is_dir():
        return ()
    absent = list(_absent(access, it).items())[:MOST_IN_A_FOLDER]
    return tuple(path for one, path in absent if not access.path(f"{remote.url}/{one}").exists())


def _values(ladder: Ladder, asked: Mapping[str, Head]) -> dict[str, Value]:
    answers = list(asked.values())
    return {
        "repo.remote_says": ladder.says or None,
        "repo.remote_words": ladder.words or None,
        "repo.remote_step": ladder.step or None,
        "repo.remote_knows_us": ladder.known,
        "repo.remote_seen_unsigned": ladder.unsigned_status,
        "repo.bucket_region": ladder.region or None,
        "repo.remote_proxy": ladder.proxy or None,
        "repo.remote_skew": ladder.skew_s,
        "repo.remote_empty": None if ladder.objects is None else ladder.objects == 0,
        "repo.objects_asked": len(answers) if answers else None,
        "repo.objects_missing": answers.count("not there") if answers else None,
        "repo.objects_denied": answers.count("denied") if answers else None,
    }


PROBES = (
    Probe(
        name="dvc.remote",
        kind="repo",
        doc="Asks an S3 remote step by step, from its name to a list, and for a few of the objects that dvc.lock records.",
        gives=GIVES,
        look=at_tree("repo", look),
        stands_for=("aws s3 ls s3://bucket/",),
        sweeps=False,
        permissions=("s3:ListBucket and s3:GetObject on the remote",),
        cost=4,
        limit_s=25.0,
    ),
)
