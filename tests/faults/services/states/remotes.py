"""A DVC remote denies access: seen in the shell of somebody who works in the repository."""

from __future__ import annotations

import shutil

from tests.faults.services.catalogue import REMOTE, Expect, state
from tests.faults.services.plant import Garden, Words
from tests.stack.dvc import Repository
from tests.stack.s3 import READ, allow

CLOUD = "status --cloud --json"
PUSH = "push"
WRONG_KEY = Expect("missing-credentials", accept=("iam-permissions",), accept_undetermined=True)
"""The row has no id for a key that the store does not take. It is less wrong to call that credentials than rights, and either is."""


def something_new(repository: Repository) -> None:
    """Data of which the remote has nothing yet."""
    repository.write("data/raw.csv", "id,x,y\n1,0.9,1\n")
    repository.dvc("add", "--quiet", "data/raw.csv")


@state(
    REMOTE,
    "missing-credentials",
    shows="Unable to locate credentials",
    why="No key in the environment, in a file, or in DVC's settings, and a bucket that asks for one.",
)
def no_key(it: Garden) -> Words:
    """The shell has no credentials."""
    repository, store, _keys = it.in_bucket()
    repository.settings = store.settings()
    return it.looks(repository, CLOUD, PUSH)


@state(REMOTE, "missing-credentials", shows=r"config profile \(team\) could not be found", why="The remote's profile is in no file of this person's.")
def profile_of_somebody_else(it: Garden) -> Words:
    """The remote names a profile that this person does not have."""
    repository, store, _keys = it.in_bucket()
    repository.settings = store.settings()
    repository.set_remote("store", "s3://dvc/data", endpointurl=store.url, region=store.region, profile="team")
    return it.looks(repository, CLOUD, PUSH)


@state(REMOTE, WRONG_KEY, shows="InvalidAccessKeyId|Forbidden", why="The store does not know the key.")
def key_deleted(it: Garden) -> Words:
    """The key was deleted in the store."""
    repository, store, keys = it.in_bucket()
    it.enter(store.without_user(keys))
    return it.looks(repository, CLOUD)


@state(REMOTE, WRONG_KEY, shows="SignatureDoesNotMatch|Forbidden", why="The store knows the key, and the secret is another.")
def secret_of_old(it: Garden) -> Words:
    """The key was given a new secret, and this person has the old one."""
    repository, store, keys = it.in_bucket()
    it.enter(store.other_secret(keys))
    return it.looks(repository, CLOUD)


@state(REMOTE, "wrong-bucket", shows="NoSuchBucket", why="The store says that there is no such bucket.")
def bucket_gone(it: Garden) -> Words:
    """The bucket was deleted."""
    repository, store, _keys = it.in_bucket()
    it.enter(store.without_bucket("dvc"))
    return it.looks(repository, "push", CLOUD)


@state(REMOTE, "wrong-bucket", shows="NoSuchBucket", why="The store says that there is no such bucket; there is `dvc`.")
def bucket_misspelt(it: Garden) -> Words:
    """The remote's URL names another bucket, one that never was."""
    repository, store, _keys = it.in_bucket()
    repository.set_remote("store", "s3://dvc-data/data", endpointurl=store.url, region=store.region)
    repository.commit("The remote moves")
    return it.looks(repository, "push", CLOUD)


@state(
    REMOTE,
    Expect("wrong-bucket", accept=("data-not-pushed",), accept_undetermined=True),
    shows='"model.bin": "(new|missing)"',
    why="A local setting, which git does not have, names another prefix; nothing is there, and all is where the repository's own setting says.",
)
def local_setting_names_another_place(it: Garden) -> Words:
    """In config.local another prefix of the bucket is the default remote."""
    repository, store, _keys = it.in_bucket()
    repository.set_remote("scratch", "s3://dvc/scratch", layer="config.local", endpointurl=store.url, region=store.region)
    return it.looks(repository, CLOUD)


@state(
    REMOTE,
    Expect(undetermined=("wrong-bucket", "data-not-pushed"), truth="wrong-bucket", accept=("data-not-pushed",), accept_cause=True),
    shows='"model.bin": "missing"',
    why="The bucket is there and may be read; under the prefix there is nothing of what the repository names. Whether it is another prefix or nobody has pushed is not to be seen.",
)
def prefix_misspelt(it: Garden) -> Words:
    """The remote's URL has a misspelt prefix, and this is a fresh clone."""
    repository, store, _keys = it.in_bucket()
    repository.set_remote("store", "s3://dvc/dta", endpointurl=store.url, region=store.region)
    repository.commit("The remote moves")
    repository.forget()
    return it.looks(repository, CLOUD)


@state(REMOTE, "wrong-bucket", shows="remote 'storage' doesn't exist|config file error", why="The default remote is one that no setting describes.")
def remote_without_a_section(it: Garden) -> Words:
    """core.remote names a remote that is not there."""
    repository, _store, _keys = it.in_bucket()
    config = repository.root / ".dvc/config"
    config.write_text(config.read_text().replace("remote = store", "remote = storage"))
    return it.looks(repository, CLOUD)


@state(REMOTE, "iam-permissions", shows="AccessDenied", why="The store knows the key and denies it everything.")
def key_without_rights(it: Garden) -> Words:
    """The key is good, and no policy allows it anything."""
    repository, store, _keys = it.in_bucket()
    repository.settings = store.settings(store.user("newcomer"))
    something_new(repository)
    return it.looks(repository, CLOUD, PUSH)


@state(
    REMOTE,
    "iam-permissions",
    shows=r"AccessDenied\) when calling the ListObjectsV2",
    why="Known objects may be read, and the list may not: DVC lists before all else.",
)
def no_listing(it: Garden) -> Words:
    """The policy denies s3:ListBucket."""
    repository, store, keys = it.in_bucket()
    it.enter(store.denying("dvc", keys, "s3:ListBucket"))
    return it.looks(repository, CLOUD)


@state(REMOTE, "iam-permissions", shows="403|Forbidden|AccessDenied", why="The list may be read, and the objects in it may not.")
def no_reading(it: Garden) -> Words:
    """The policy allows the list and not s3:GetObject; this is a fresh clone."""
    repository, store, keys = it.in_bucket()
    it.enter(store.denying("dvc", keys, "s3:GetObject"))
    repository.forget()
    return it.looks(repository, "fetch")


@state(
    REMOTE,
    Expect(undetermined=("iam-permissions", "data-not-pushed"), truth="iam-permissions", accept=("data-not-pushed",), accept_cause=True),
    shows=r"AccessDenied\) when calling the PutObject",
    why="Reading works and the newest data is not there. Whether a push would be denied only a push can tell.",
)
def no_writing(it: Garden) -> Words:
    """The key may read and not write; new data waits to be pushed."""
    repository, store, _keys = it.in_bucket()
    reader = store.user("reader")
    store.policy("dvc", allow("dvc", reader, *READ))
    repository.settings = store.settings(reader)
    something_new(repository)
    repository.commit("New data")
    return it.looks(repository, PUSH)


@state(REMOTE, "network", shows="Could not connect to the endpoint URL", why="Nobody listens at the endpoint.")
def store_stopped(it: Garden) -> Words:
    """The store was stopped."""
    repository, store, _keys = it.in_bucket()
    it.enter(store.stopped())
    return it.looks(repository, CLOUD)


@state(
    REMOTE,
    "network",
    shows="Could not connect to the endpoint URL",
    why="The endpoint's name does not resolve; DVC has the same words for it as for a refusal.",
)
def name_unknown(it: Garden) -> Words:
    """The endpoint's name is one of a network that we are not in."""
    repository, store, _keys = it.in_bucket()
    repository.set_remote("store", "s3://dvc/data", endpointurl=f"http://store.intern:{store.port}", region=store.region)
    repository.settings |= {"AWS_ENDPOINT_URL": ""}
    return it.looks(repository, CLOUD)


@state(REMOTE, "network", shows="a stopped store", why="The endpoint takes connections and does not answer.")
def store_frozen(it: Garden) -> Words:
    """The store's process was stopped by a signal."""
    repository, store, _keys = it.in_bucket()
    it.enter(store.frozen())
    looks = it.looks(repository)
    return Words(looks.words, lambda: "a stopped store" if stands_still(store.pid) else "", looks.environment)  # DVC would wait for ten minutes


def stands_still(pid: int) -> bool:
    with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123  one line
        return file.read().rpartition(")")[2].split()[0] == "T"


@state(
    REMOTE,
    "network",
    shows="SSL|certificate",
    why="The certificate is of an authority that this shell does not know: the connection does not come about.",
)
def authority_unknown(it: Garden) -> Words:
    """The store speaks TLS, and the shell has not its authority."""
    repository, _store, _keys = it.in_bucket(tls=True)
    del repository.settings["AWS_CA_BUNDLE"]
    return it.looks(repository, CLOUD)


@state(
    REMOTE, "data-not-pushed", shows='"model.bin": "missing"', why="The rest is there, and this one object is neither in the cache nor in the remote."
)
def one_object_lost(it: Garden) -> Words:
    """A fresh clone; of the remote, which is a folder, one object was never pushed."""
    repository = it.repository()
    repository.lose("model.bin")
    repository.forget()
    return it.looks(repository, CLOUD)


@state(
    REMOTE, "data-not-pushed", shows='"data/raw.csv": "missing"', why="The commit names data that nobody has pushed; the older data is in the bucket."
)
def committed_without_push(it: Garden) -> Words:
    """A colleague has committed new data and forgotten to push; this is a fresh clone."""
    repository, _store, _keys = it.in_bucket()
    something_new(repository)
    repository.commit("New data")
    repository.forget()
    return it.looks(repository, CLOUD)


@state(
    REMOTE,
    Expect(
        undetermined=("wrong-bucket", "data-not-pushed", "network"), truth="wrong-bucket", accept=("network", "data-not-pushed"), accept_cause=True
    ),
    shows='"model.bin": "(new|missing)"',
    why="The folder that the remote names is not there: never made, moved, or not mounted.",
)
def folder_not_mounted(it: Garden) -> Words:
    """The remote is a folder on a share that is not mounted; a fresh clone."""
    repository = it.repository()
    shutil.rmtree(repository.remote)
    repository.forget()
    return it.looks(repository, CLOUD)


# healthy


@state(REMOTE, None, shows="status --cloud --json: 0 {}", why="All of it is pushed.")
def folder_with_everything(it: Garden) -> Words:
    """The remote is a folder beside the repository."""
    return it.looks(it.repository(), CLOUD)


@state(REMOTE, None, shows="status --cloud --json: 0 {}", why="All of it is pushed, and the key may do all that is needed.")
def bucket_with_everything(it: Garden) -> Words:
    """The remote is a bucket."""
    repository, _store, _keys = it.in_bucket()
    return it.looks(repository, CLOUD)


@state(REMOTE, None, shows='"model.bin": "deleted"', why="All of it is in the remote: `dvc pull` brings it.")
def clone_not_pulled(it: Garden) -> Words:
    """A fresh clone that nobody has pulled yet."""
    repository, _store, _keys = it.in_bucket()
    repository.forget()
    return it.looks(repository, CLOUD)


@state(REMOTE, None, shows="status --cloud --json: 0 {}", why="The remote that is used is well; the old one, which is gone, nobody uses.")
def old_remote_beside(it: Garden) -> Words:
    """A second remote of the settings is gone; it is not the default."""
    repository, store, _keys = it.in_bucket()
    config = repository.root / ".dvc/config"
    config.write_text(f"{config.read_text()}['remote \"old\"']\n    url = s3://dvc-2022/data\n    endpointurl = {store.url}\n")
    return it.looks(repository, CLOUD)


@state(REMOTE, None, shows="status --cloud --json: 0 {}", why="Who reads needs no right to write, and everything is there.")
def reader_of_everything(it: Garden) -> Words:
    """The key may only read, and nothing waits to be pushed."""
    repository, store, _keys = it.in_bucket()
    reader = store.user("reader")
    store.policy("dvc", allow("dvc", reader, *READ))
    repository.settings = store.settings(reader)
    return it.looks(repository, CLOUD)
