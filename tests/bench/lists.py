"""The same lists raw: fetched page by page with the official client's connection pool, read and thrown away.

python -m tests.bench.lists KUBECONFIG PLAN        PLAN is JSON: {"lists": [[path, accept], …], "modules": [what to import first, …], "gzip": false}
"""

from __future__ import annotations

import contextlib
import importlib
import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

THREADS = 8
PAGE = 500
_CONTINUE = re.compile(rb'"continue":"([^"]+)"')


def main(kubeconfig: str, plan: dict[str, Any]) -> None:
    """Fetch all; the number of requests and of bytes goes to stdout."""
    for name in plan["modules"]:
        with contextlib.suppress(Exception):  # a part of a package that is not meant to be imported by itself
            importlib.import_module(name)
    client = _client(kubeconfig)
    headers = {"User-Agent": "raw"} | ({"Accept-Encoding": "gzip"} if plan["gzip"] else {})
    with ThreadPoolExecutor(THREADS) as pool:
        read = list(pool.map(lambda one: _fetched(client, one[0], headers | {"Accept": one[1] or "application/json"}), plan["lists"]))
    print(json.dumps({"requests": sum(len(sizes) for sizes in read), "bytes": sum(map(sum, read))}))


def _client(kubeconfig: str) -> Any:
    from kubernetes.client.api_client import ApiClient
    from kubernetes.client.configuration import Configuration
    from kubernetes.config.kube_config import load_kube_config

    configuration = Configuration()
    configuration.connection_pool_maxsize = THREADS
    load_kube_config(config_file=kubeconfig, client_configuration=configuration, persist_config=False)  # type: ignore[no-untyped-call]  # the client's own
    return ApiClient(configuration)


def _fetched(client: Any, path: str, headers: dict[str, str]) -> list[int]:
    """The sizes of a list's pages."""
    sizes, token = [], ""
    while True:
        parameters = {"limit": PAGE} | ({"continue": token} if token else {})
        answer = client.rest_client.pool_manager.request("GET", f"{client.configuration.host}{path}?{urlencode(parameters)}", headers=headers)
        sizes.append(len(answer.data))
        found = _CONTINUE.search(answer.data, 0, 4096)  # the list's own metadata comes first
        if answer.status != 200 or not found:
            return sizes
        token = found[1].decode()


if __name__ == "__main__":
    main(sys.argv[1], json.loads(Path(sys.argv[2]).read_text()))
