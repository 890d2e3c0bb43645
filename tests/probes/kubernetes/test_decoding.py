"""Lists are decoded in several threads: the first answers of one shape may come to all of them at once."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys, threading
from probes.kubernetes._cluster import parsed
from probes.kubernetes._lists import KINDS
from probes.kubernetes._shapes import Page
sys.setswitchinterval(1e-6)
kinds = [kind for kind in KINDS.values() for _ in range(2)]
together = threading.Barrier(len(kinds))
def read(kind):
    together.wait()
    found.append(parsed(kind.path, b'{"items": [{"metadata": {"name": "one"}}]}', Page[kind.shape]).items[0].metadata.name)
found = []
threads = [threading.Thread(target=read, args=(kind,)) for kind in kinds]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(found) == len(kinds), *set(found))
"""


def test_threads_that_meet_a_shape_at_once_all_get_it_decoded() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)

    assert (0, "True one\n", "") == (done.returncode, done.stdout, done.stderr)
