"""Is the image for this processor, and does the command start Java?"""

from __future__ import annotations

import pytest

from tests.rules.derive.conftest import facts, told

RELATIONS = ("container app uses image app:1", "container app on engine box")


@pytest.mark.parametrize(
    ("expected", "image", "engine"),
    [
        (True, "amd64", "amd64"),
        (True, "amd64", "x86_64"),
        (True, "arm64", "aarch64"),
        (True, "arm", "armv7l"),
        (False, "arm64", "x86_64"),
        (False, "amd64", "arm64"),
        (False, "s390x", "amd64"),
        (None, None, "amd64"),
        (None, "arm64", None),
    ],
)
def test_an_image_fits_by_whatever_name_its_processor_goes(expected: bool | None, image: str | None, engine: str | None) -> None:
    found = facts({"container app": {}, "image app:1": {"architecture": image}, "engine box": {"architecture": engine}}, RELATIONS)

    assert {"architecture_fits": expected} == told(found, "container app", "architecture_fits")


def test_an_image_that_nobody_looked_at_is_unseen() -> None:
    found = facts({"container app": {}, "image app:1": {}, "engine box": {"architecture": "amd64"}}, RELATIONS)

    assert {"architecture_fits": "unseen"} == told(found, "container app", "architecture_fits")


@pytest.mark.parametrize(
    ("expected", "command"),
    [
        (True, "java -jar /app/server.jar"),
        (True, "/usr/bin/java -Xmx2g Main"),
        (True, "sh -c 'exec java $OPTS Main'"),
        (True, "/opt/spark/bin/spark-submit job.py"),
        (True, "kafka-run-class kafka.Kafka"),
        (False, "node javascript/main.js"),
        (False, "python train.py"),
        (False, None),
    ],
)
def test_java_is_known_by_its_command(expected: bool, command: str | None) -> None:
    assert {"runs_java": expected} == told(facts({"container app": {"command": command}}), "container app", "runs_java")
