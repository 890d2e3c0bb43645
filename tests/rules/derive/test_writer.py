"""Who writes where, through whom, and with whose keys."""

from __future__ import annotations

from tests.rules.derive._uploads import (
    BUCKET,
    DIRECTLY,
    NEAR,
    OF_BUCKET,
    OF_SERVER,
    OF_SHOP,
    OF_WRITER,
    SERVER,
    SHOP,
    WRITER,
    box,
    targets,
    upload,
)
from tests.rules.derive.conftest import facts


def test_a_server_writes_where_its_command_says() -> None:
    found = facts({SERVER: OF_SERVER, WRITER: OF_WRITER})

    assert [BUCKET] == targets(found, SERVER, "keeps_in bucket")
    assert [WRITER] == targets(found, SERVER, "served_by process")


def test_who_writes_through_the_server_needs_no_credentials() -> None:
    found = facts({NEAR: DIRECTLY, "container one": box("well", experiment="stored", aws_names=None, signs_as=None)})

    assert [NEAR] == targets(found, "container one", "writes_through mlflow")
    assert ("the server", None, "one, through http://10.0.0.8:5000") == upload(found, "container one", "writer", "lacks_credentials", "what")


def test_the_name_of_a_store_s_container_and_its_published_port_are_one_store() -> None:
    home = "bucket models@127.0.0.1:19000"
    published = {**OF_SHOP, "published_ports": ("19000->9000/tcp",)}
    found = facts({NEAR: DIRECTLY, SHOP: published, home: {**OF_BUCKET, "named_here": True}, "container one": box("well")})

    assert [home] == targets(found, "container one", "writes_to bucket")
    assert [SHOP] == targets(found, home, "served_by container")


def test_pods_that_take_their_variables_from_one_secret_sign_as_one() -> None:
    taken = {"signs_as": None, "aws_names": ("Secret s3",), "engine": "kubernetes"}
    found = facts({NEAR: DIRECTLY, **{f"container {pod}/train": box("well", **taken) for pod in ("ml/a", "ml/b", "web/a")}})

    assert ["Secret s3 of ml", "Secret s3 of web"] == [one.key for one in found.subjects("account")]
    assert ["account Secret s3 of ml"] == targets(found, "container ml/b/train", "signs_as account")
