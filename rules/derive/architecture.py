"""Is the image built for the processor that it runs on? And what does the command itself give away?"""

from __future__ import annotations

import re
from collections.abc import Mapping

from probes._contract import Spec, Value
from rules._derivation import Derivation, Given

_ALIASES = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386", "i386": "386"}
_JAVA = re.compile(r"(?:^|[\s/'\"])(?:java|spark-submit|spark-class|kafka-run-class\S*|hadoop)\b|-Xmx|-jar\s")


def _fits(given: Given) -> Mapping[str, Value]:
    image, engine = given.text("image.architecture"), given.text("engine.architecture")
    if not image or not engine:
        return {"container.architecture_fits": None}
    built, runs = _ALIASES.get(image, image), _ALIASES.get(engine, engine)
    return {"container.architecture_fits": built == runs or (built, runs) == ("386", "amd64")}


def _java(given: Given) -> Mapping[str, Value]:
    return {"container.runs_java": bool(_JAVA.search(given.text("container.command")))}


DERIVATIONS = (
    Derivation(
        kind="container",
        gives=(Spec(name="container.architecture_fits", type="bool", doc="its image is for the engine's processor"),),
        needs=("image.architecture", "engine.architecture"),
        function=_fits,
    ),
    Derivation(
        kind="container",
        gives=(Spec(name="container.runs_java", type="bool", doc="its command starts Java"),),
        needs=("container.command",),
        function=_java,
    ),
)
