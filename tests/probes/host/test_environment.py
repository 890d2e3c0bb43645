"""Programs outside of containers that name an MLflow or a model."""

from __future__ import annotations

from probes._contract import Subject
from probes.host.environment import PROBES

from .conftest import MakeAccess, RunProbe, processes
from .test_load import stat

(PROBE,) = PROBES
TRACKED = "HOME=/root\0MLFLOW_TRACKING_URI=http://ml:hunter22x@localhost:5000\0"


def test_a_python_program_that_names_one_is_told_and_others_are_not(machine: MakeAccess, run: RunProbe) -> None:
    files = {
        "/proc/7/stat": stat(7, "python", 20), "/proc/7/environ": TRACKED, "/proc/7/cmdline": "python\0serve.py\0models:/churn/3\0",
        "/proc/8/stat": stat(8, "bash", 20), "/proc/8/environ": TRACKED,
        "/proc/9/stat": stat(9, "python3", 20), "/proc/9/environ": "HOME=/root\0",
        "/proc/10/stat": stat(10, "gunicorn", 20),
        "/proc/11/stat": stat(11, "python", 20), "/proc/11/environ": TRACKED, "/proc/11/cgroup": f"0::/docker/{'a' * 64}\n",
    }  # fmt: skip

    found = processes(run(PROBE, machine(files)))

    assert list(found) == [Subject("process", "python (pid 7)")]
    (values,) = found.values()
    assert (values["process.tracking_uri"], values["process.model_uri"], values["process.state"]) == ("http://localhost:5000", "models:/churn/3", "running")


def test_what_has_a_network_of_its_own_is_not_asked_at_our_loopback(machine: MakeAccess, run: RunProbe) -> None:
    files = {f"/proc/{pid}/{name}": text for pid in (7, 8) for name, text in (("stat", stat(pid, "python", 20)), ("environ", TRACKED))}
    access = machine(files)
    for pid, network in ((7, "net:[1]"), (8, "net:[2]"), ("self", "net:[1]")):
        place = access.path(f"/proc/{pid}/ns/net")
        place.parent.mkdir(parents=True)
        place.symlink_to(network)

    assert list(processes(run(PROBE, access))) == [Subject("process", "python (pid 7)")]
