"""Whether a key is the trouble of all who have it."""

from __future__ import annotations

import pytest

from tests.rules.derive._uploads import DIRECTLY, NEAR, OF_BUCKET, OF_SHOP, REFUSED, SHOP, SHOPS, Values, box, upload
from tests.rules.derive.conftest import facts


@pytest.mark.parametrize(
    ("change", "expected"),
    [({}, "wrong-secret"), ({"signs_as": "another"}, ""), ({"signs_as": None}, ""), ({"log_tail": "well\n"}, ""), ({"s3_endpoint": "http://elsewhere:9000"}, "")],
    ids=["one key", "two keys", "keys that nobody saw", "only one is refused", "two stores"],
)
def test_a_key_is_the_trouble_where_a_store_takes_it_from_none_who_have_it(change: Values, expected: str) -> None:
    found = facts({NEAR: DIRECTLY, SHOP: OF_SHOP, SHOPS: OF_BUCKET, "container one": box(REFUSED), "container two": box(REFUSED, **change)})
    users = ("container one", "container two") if expected else None

    assert (expected, users, bool(expected)) == upload(found, "account a token", "trouble", "users", "together")


def test_pods_that_take_their_variables_from_one_secret_have_one_key() -> None:
    taken = {"signs_as": None, "aws_names": ("Secret s3",), "engine": "kubernetes", "s3_endpoint": "http://10.0.0.9:9000"}
    pods = {f"container {pod}/train": box(REFUSED, **taken) for pod in ("ml/a", "ml/b", "web/a")}
    found = facts({NEAR: DIRECTLY, SHOPS: OF_BUCKET, **pods})

    assert ("wrong-secret", ("container ml/a/train", "container ml/b/train")) == upload(found, "account Secret s3 of ml", "trouble", "users")
    assert ("",) == upload(found, "account Secret s3 of web", "trouble")
