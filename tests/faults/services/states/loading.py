"""A model can't be loaded: what a program of this machine is told in MODEL_URI, and what the registry has."""

from __future__ import annotations

import shutil
from typing import Any

from tests.faults.services.catalogue import LOADING, OFFLINE, REGISTERING, UPLOAD, Expect, state
from tests.faults.services.plant import Garden, Words, closed_port
from tests.stack.mlflow import API, MLflow

LATEST = f"{API}/model-versions/search"
LOADED = "the model is loaded"


def staged(server: MLflow, version: int, stage: str, *, archive: bool = False) -> None:
    body = {"name": "churn", "version": str(version), "stage": stage, "archive_existing_versions": archive}
    assert server.post("model-versions/transition-stage", body).status == 200


def aliased(server: MLflow, alias: str, version: int) -> None:
    assert server.post("registered-models/alias", {"name": "churn", "alias": alias, "version": str(version)}).status == 200


def deleted(server: MLflow, version: int) -> None:
    assert server.ask("DELETE", f"{API}/model-versions/delete", {"name": "churn", "version": str(version)}).status == 200


def places(server: MLflow) -> dict[int, str]:
    """Where in the server's artifacts each version's files are, as the registry says it."""
    found: dict[int, str] = {}
    for version in (1, 2, 3):
        uri: Any = server.get(f"model-versions/get-download-uri?name=churn&version={version}").json["artifact_uri"]
        if uri.startswith("models:/"):
            uri = server.get(f"logged-models/{uri.removeprefix('models:/')}").json["model"]["info"]["artifact_uri"]
        found[version] = str(uri).removeprefix("mlflow-artifacts:/")
    return found


def artifacts_lost(server: MLflow, version: int) -> None:
    """The folder of a version's files is removed from where the server keeps them."""
    flag = "--artifacts-destination"
    root = server.command()[server.command().index(flag) + 1]
    shutil.rmtree(f"{root}/{places(server)[version]}")


# stages


@state(
    LOADING,
    "wrong-stage",
    shows="No versions of model with name 'churn' and stage 'Production'",
    why="Versions 1 to 3 are there, and none has ever had a stage.",
)
def no_stage_at_all(it: Garden) -> Words:
    """The program asks for Production, and the team has never set a stage."""
    server = it.stocked()
    it.serving(server.url, "models:/churn/Production")
    return it.asks(server, LATEST)


@state(
    LOADING,
    "wrong-stage",
    shows="No versions of model with name 'churn' and stage 'Production'",
    why="The aliases are in use, the stages are not: the program was left behind.",
)
def team_went_to_aliases(it: Garden) -> Words:
    """The program asks for Production, the team uses aliases now."""
    server = it.stocked()
    aliased(server, "champion", 3)
    it.serving(server.url, "models:/churn/Production")
    return it.asks(server, LATEST)


@state(
    LOADING,
    "wrong-stage",
    shows="No versions of model with name 'churn' and stage 'Production'.*",
    why="Version 3 is in Staging, none is in Production, none is archived.",
)
def only_in_staging(it: Garden) -> Words:
    """Version 3 was promoted to Staging only."""
    server = it.stocked(2)
    staged(server, 3, "Staging")
    it.serving(server.url, "models:/churn/Production")
    return it.asks(server, LATEST)


@state(
    LOADING,
    Expect("wrong-stage", accept=("malformed-uri",)),
    shows="Invalid Model Version stage: prod",
    why="There is no stage of this name; version 2 is in Production.",
)
def stage_cut_short(it: Garden) -> Words:
    """The program asks for the stage `prod`."""
    server = it.stocked()
    staged(server, 2, "Production")
    it.serving(server.url, "models:/churn/prod")
    return it.asks(server, LATEST)


@state(
    LOADING,
    Expect("model-archived", accept_undetermined=True),
    shows="Archived.*No versions of model with name",
    why="Version 2 was archived, none other is in a stage, and the program asks by stage.",
)
def production_archived(it: Garden) -> Words:
    """Version 2 was in Production and was archived."""
    server = it.stocked()
    staged(server, 2, "Production")
    staged(server, 2, "Archived")
    it.serving(server.url, "models:/churn/Production")
    return it.asks(server, LATEST)


@state(
    LOADING,
    Expect("model-archived", accept_undetermined=True),
    shows="Archived.*No versions of model with name",
    why="Version 1 was archived while the program used it; version 3 is only in Staging.",
)
def archived_for_staging(it: Garden) -> Words:
    """Version 1 was in Production and was archived under a program that had loaded it; the program was then started again."""
    server = it.stocked(2)
    staged(server, 1, "Production")
    first = it.serving(server.url, "models:/churn/Production")
    first.wait_until("the model", lambda: LOADED in first.tail(), 60)
    first.kill()
    staged(server, 3, "Staging")
    staged(server, 1, "Archived")
    it.serving(server.url, "models:/churn/Production")
    return it.asks(server, LATEST)


# versions


@state(
    LOADING,
    "version-deleted",
    shows=r"Model Version \(name=churn, version=2\) not found",
    why="1 and 3 are there, 2 is not: numbers are never given twice.",
)
def version_between_deleted(it: Garden) -> Words:
    """Version 2 was deleted through REST."""
    server = it.stocked()
    deleted(server, 2)
    it.serving(server.url, "models:/churn/2")
    return it.asks(server, LATEST)


@state(
    LOADING,
    Expect("version-deleted", accept_undetermined=True),
    shows=r"Model Version \(name=churn, version=3\) not found",
    why="The highest is 2, and the model was changed after its last version was: a deletion does that. Other changes do so too.",
)
def newest_version_deleted(it: Garden) -> Words:
    """Version 3, the newest, was deleted through REST."""
    server = it.stocked()
    deleted(server, 3)
    it.serving(server.url, "models:/churn/3")
    return it.asks(server, LATEST)


@state(
    LOADING,
    Expect("version-never-existed", accept_undetermined=True),
    shows=r"Model Version \(name=churn, version=30\) not found",
    why="The highest is 3, and nothing was changed since it was made: 30 never was.",
)
def version_that_never_was(it: Garden) -> Words:
    """The program asks for version 30; it means 3."""
    server = it.stocked()
    it.serving(server.url, "models:/churn/30")
    return it.asks(server, LATEST)


# aliases


@state(
    LOADING,
    "wrong-alias",
    shows="Registered model alias champion not found",
    why="No alias of this name; versions 1 to 3 are there, and challenger is.",
)
def alias_taken_away(it: Garden) -> Words:
    """The alias champion was taken away."""
    server = it.stocked()
    aliased(server, "champion", 2)
    aliased(server, "challenger", 3)
    assert server.ask("DELETE", f"{API}/registered-models/alias?name=churn&alias=champion", {"name": "churn", "alias": "champion"}).status == 200
    it.serving(server.url, "models:/churn@champion")
    return it.asks(server, LATEST)


@state(LOADING, "wrong-alias", shows="Registered model alias champoin not found", why="There is champion, and the program says champoin.")
def alias_misspelt(it: Garden) -> Words:
    """The program's alias is misspelt."""
    server = it.stocked()
    aliased(server, "champion", 2)
    it.serving(server.url, "models:/churn@champoin")
    return it.asks(server, LATEST)


@state(
    LOADING,
    Expect(undetermined=("version-deleted", "wrong-alias"), truth="version-deleted", accept=("wrong-alias",), accept_cause=True),
    shows="Registered model alias champion not found",
    why="No alias of this name, and version 2 is gone: a deletion takes a version's aliases along. Which version it named is no longer to be seen.",
)
def alias_gone_with_its_version(it: Garden) -> Words:
    """Version 2, which champion named, was deleted."""
    server = it.stocked()
    aliased(server, "champion", 2)
    deleted(server, 2)
    it.serving(server.url, "models:/churn@champion")
    return it.asks(server, LATEST)


# its files


@state(
    LOADING, "artifact-gone", shows="READY.*a program says: .*(Could not find an .MLmodel|No such artifact)", why="Version 2 is READY, and the place that it names has no file.",
    also={REGISTERING: ("artifact-missing",)},
)  # fmt: skip
def files_deleted(it: Garden) -> Words:
    """Somebody has tidied up the artifact store: the files of version 2 are gone."""
    server = it.stocked()
    artifacts_lost(server, 2)
    it.serving(server.url, "models:/churn/2")
    return it.asks(server, LATEST)


@state(
    LOADING, "artifact-gone", shows="READY.*a program says: .*(Could not find an .MLmodel|No such artifact)", why="champion names version 3, which is READY, and whose files are gone; those of 2 are there.",
    also={REGISTERING: ("artifact-missing",)},
)  # fmt: skip
def alias_moved_to_nothing(it: Garden) -> Words:
    """champion was moved to version 3, whose files are gone."""
    server = it.stocked(2)
    aliased(server, "champion", 2)
    artifacts_lost(server, 3)
    aliased(server, "champion", 3)
    it.serving(server.url, "models:/churn@champion")
    return it.asks(server, LATEST)


@state(
    LOADING, "artifact-gone", shows=r"specified bucket does not exist.*a program says: \S+", why="The version is READY; of its place the server says that the bucket does not exist.",
    also={REGISTERING: ("artifact-missing",), UPLOAD: ("bucket-doesnt-exist",)},
)  # fmt: skip
def bucket_deleted(it: Garden) -> Words:
    """The bucket with the models was deleted."""
    server, store, _keys = it.with_bucket()
    run = server.run()
    server.upload(run, "model/MLmodel", b"flavors:\n  python_function:\n    loader_module: mlflow.pyfunc.model\n")
    server.post("registered-models/create", {"name": "churn"})
    server.post("model-versions/create", {"name": "churn", "source": f"{run['artifact_uri']}/model", "run_id": run["run_id"]})
    it.enter(store.without_bucket("models"))
    it.serving(server.url, "models:/churn/1")
    return it.asks(server, LATEST, f"{API}/artifacts/list?run_id={run['run_id']}")


# the registry


@state(
    LOADING, "mlflow-unreachable", shows="Connection refused.*a program says: .*Max retries", why="Nobody listens at the address that the program has for its registry.",
    also={OFFLINE: ("server-not-running", "wrong-tracking-uri")},
)  # fmt: skip
def registry_down(it: Garden) -> Words:
    """The server was killed, and the program started again."""
    server = it.stocked()
    it.serving(server.url, "models:/churn/2")
    server.kill()
    return it.asks(server)


@state(
    LOADING, "mlflow-unreachable", shows="registered-models/search: 200 .*a program says: .*Max retries", why="The server is well, and has the version; the program asks at another port, where nobody listens.",
    also={OFFLINE: ("wrong-tracking-uri", "server-not-running")},
)  # fmt: skip
def registry_elsewhere(it: Garden) -> Words:
    """The program was told another address than the server's."""
    server = it.stocked()
    it.serving(closed_port(), "models:/churn/2")
    return it.asks(server, LATEST)


# the URI itself


@state(LOADING, "malformed-uri", shows="Could not find a registered artifact repository", why="The scheme is models:/, not model:/.")
def scheme_misspelt(it: Garden) -> Words:
    """MODEL_URI is model:/churn/2."""
    server = it.stocked()
    it.serving(server.url, "model:/churn/2")
    return it.asks(server, LATEST)


@state(LOADING, "malformed-uri", shows="Not a proper models:/ URI", why="The slash after the scheme is not there.")
def slash_left_out(it: Garden) -> Words:
    """MODEL_URI is models:churn/2."""
    server = it.stocked(2)
    it.serving(server.url, "models:churn/2")
    return it.asks(server, LATEST)


@state(
    LOADING,
    Expect("malformed-uri", accept=("wrong-stage",)),
    shows="Invalid Model Version stage: 2@champion",
    why="A version or an alias follows the name, not both. The client takes all of it for a stage.",
)
def version_and_alias(it: Garden) -> Words:
    """MODEL_URI is models:/churn/2@champion."""
    server = it.stocked()
    aliased(server, "champion", 2)
    it.serving(server.url, "models:/churn/2@champion")
    return it.asks(server, LATEST)


@state(
    LOADING,
    "malformed-uri",
    shows="Logged model with ID 'churn:2' not found",
    why="A version stands after a slash; with a colon, as of an image, it is taken for a part of an id.",
)
def version_as_a_tag(it: Garden) -> Words:
    """MODEL_URI is models:/churn:2."""
    server = it.stocked()
    it.serving(server.url, "models:/churn:2")
    return it.asks(server, LATEST)


# healthy


@state(LOADING, None, shows=LOADED, why="All stages are None because the team uses aliases, and champion is there.")
def aliases_in_use(it: Garden) -> Words:
    """The program asks for champion, and has it."""
    server = it.stocked()
    aliased(server, "champion", 3)
    it.serving(server.url, "models:/churn@champion")
    return it.asks(server, LATEST)


@state(LOADING, None, shows=LOADED, why="An archived version loads by its number.")
def archived_by_number(it: Garden) -> Words:
    """The program asks for version 1, which is archived."""
    server = it.stocked()
    staged(server, 1, "Production")
    staged(server, 2, "Production", archive=True)
    it.serving(server.url, "models:/churn/1")
    return it.asks(server, LATEST)


@state(LOADING, None, shows=LOADED, why="Version 2 was deleted, and nobody asks for it.")
def gap_that_nobody_needs(it: Garden) -> Words:
    """The program asks for version 3; 2 was deleted."""
    server = it.stocked()
    deleted(server, 2)
    it.serving(server.url, "models:/churn/3")
    return it.asks(server, LATEST)


@state(LOADING, None, shows=LOADED, why="Stages are not case-sensitive.")
def stage_in_small_letters(it: Garden) -> Words:
    """The program asks for `production`, on MLflow 2."""
    server = it.stocked(2)
    staged(server, 2, "Production")
    it.serving(server.url, "models:/churn/production")
    return it.asks(server, LATEST)


@state(LOADING, None, shows=LOADED, why="`latest` is the highest version.")
def latest_of_all(it: Garden) -> Words:
    """The program asks for the latest; version 1 is archived, 2 was deleted."""
    server = it.stocked()
    staged(server, 1, "Archived")
    deleted(server, 2)
    it.serving(server.url, "models:/churn/latest")
    return it.asks(server, LATEST)
