"""What a log and the engine's own error mean."""

from __future__ import annotations

import pytest

from probes._contract import Value
from rules.derive.log import LONGEST_LINE, SHOWN, TAIL_LINES
from tests.rules.derive.conftest import facts, told

APP = "container app"


def log(text: str | None) -> dict[str, Value]:
    """What is told of a log, without what it lacks."""
    names = ("log_says", "log_line", *(f"log_{name}" for name in SHOWN))
    return {name: value for name, value in told(facts({APP: {"log_tail": text}}), APP, *names).items() if value != ""}


def says(word: str, line: str, **captures: str) -> dict[str, Value]:
    return {"log_says": word, "log_line": line, **{f"log_{name}": value for name, value in captures.items()}}


@pytest.mark.parametrize(
    ("word", "line", "captures"),
    [
        ("missing-dependency", "ModuleNotFoundError: No module named 'xgboost.core'", {"module": "xgboost.core"}),
        (
            "missing-dependency",
            "ImportError: libGL.so.1: cannot open shared object file: No such file or directory",
            {"library": "libGL.so.1"},
        ),
        ("wrong-command", "sh: nosuchcmd: not found", {"command": "nosuchcmd"}),
        ("wrong-command", "python: can't open file '/app/main.py': [Errno 2] No such file or directory", {"file": "/app/main.py"}),
        ("missing-config", "KeyError: 'MODEL_URI'", {"key": "MODEL_URI"}),
        ("permission", "PermissionError: [Errno 13] Permission denied: '/.cache'", {"file": "/.cache"}),
        ("disk-full", "OSError: [Errno 28] No space left on device: '/data/x'", {"file": "/data/x"}),
        ("port-in-use", "[Errno 98] error while attempting to bind on address ('0.0.0.0', 8000): address already in use", {"port": "8000"}),
        (
            "dependency-unreachable",
            "requests.exceptions.ConnectionError: HTTPConnectionPool(host='mlflow', port=5000): Max retries exceeded with url: /api",
            {"host": "mlflow", "port": "5000"},
        ),
        ("bad-model-artifact", "FileNotFoundError: [Errno 2] No such file or directory: '/models/rf.pkl'", {"file": "/models/rf.pkl"}),
        ("memory-error", "MemoryError", {}),
        ("shared-memory", "Bus error (core dumped)", {}),
        ("jvm-heap", "java.lang.OutOfMemoryError: Java heap space", {}),
        ("not-a-program", "exec /bin/app: exec format error", {}),
        ("application-error", "ValueError: bad shape (3, 4)", {}),
    ],
)
def test_the_last_line_of_a_log_tells_why(word: str, line: str, captures: dict[str, str]) -> None:
    assert says(word, line, **captures) == log(f"starting\nloading settings\n{line}\n")


@pytest.mark.parametrize(
    ("word", "frame", "name"),
    [
        ("missing-dependency", "    raise child_exception_type(errno_num, err_msg, err_filename)", "ffmpeg"),
        ("missing-dependency", "    raise child_exception_type(errno_num, err_msg, err_filename)", "/usr/bin/nvidia-smi"),
        ("application-error", "    raise child_exception_type(errno_num, err_msg, err_filename)", "/work/run"),
        ("application-error", "    with open(name) as file:", "ffmpeg"),
    ],
)
def test_a_name_that_is_not_there_is_a_program_where_one_was_started(word: str, frame: str, name: str) -> None:
    line = f"FileNotFoundError: [Errno 2] No such file or directory: '{name}'"
    found = log(f'Traceback (most recent call last):\n  File "/app/main.py", line 3, in <module>\n{frame}\n{line}\n')

    assert (word, line) == (found["log_says"], found["log_line"])


@pytest.mark.parametrize(
    "prefix", ["", "2026-11-24T22:05:00.123Z ", "2026-11-24 22:05:00,123 ERROR ", "web-1  | ", "[rank0]: ", "(worker pid=77) ", "    "]
)
def test_what_a_logger_writes_before_the_message_does_not_hide_it(prefix: str) -> None:
    line = f"{prefix}ModuleNotFoundError: No module named 'xgboost'"

    assert says("missing-dependency", line.strip(), module="xgboost") == log(f"starting\n{line}")


def test_colours_do_not_hide_a_message() -> None:
    assert says("memory-error", "MemoryError") == log("\x1b[1;31mMemoryError\x1b[0m")


@pytest.mark.parametrize("text", [None, "", "\n\n"])
def test_an_empty_log_says_nothing(text: str | None) -> None:
    assert {} == log(text)


def test_a_log_that_nobody_read_is_unseen() -> None:
    assert {"log_says": "unseen", "log_line": "unseen"} == told(facts({APP: {"state": "exited"}}), APP, "log_says", "log_line")


def test_a_log_without_a_known_message_gives_its_last_words() -> None:
    assert {"log_line": "all is well"} == log("ready\n  all is well  \n\n")


def test_a_line_is_cut() -> None:
    assert {"log_line": "x" * LONGEST_LINE} == log("x" * (LONGEST_LINE + 50))


def test_an_error_that_the_program_outlived_does_not_tell_why_it_ended() -> None:
    assert {"log_line": "step 59"} == log("\n".join(["MemoryError", *(f"step {number}" for number in range(60))]))


def test_what_a_traceback_leads_from_is_told_rather_than_its_last_line() -> None:
    text = """Traceback (most recent call last):
  File "/app/train.py", line 3, in load
KeyError: 'MODEL_URI'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/train.py", line 9, in <module>
RuntimeError: cannot start"""

    assert says("missing-config", "KeyError: 'MODEL_URI'", key="MODEL_URI") == log(text)


def test_a_host_is_taken_from_another_line_that_says_the_same() -> None:
    text = 'could not translate host name "db" to address\nsocket.gaierror: [Errno -2] Name or service not known'

    assert says("dependency-unreachable", "socket.gaierror: [Errno -2] Name or service not known", host="db") == log(text)


def test_captures_of_lines_that_say_something_else_are_left_out() -> None:
    text = "ModuleNotFoundError: No module named 'optional_extra'\nPermissionError: [Errno 13] Permission denied: '/.cache'"

    assert says("permission", "PermissionError: [Errno 13] Permission denied: '/.cache'", file="/.cache") == log(text)


def test_a_hostile_capture_stays_text() -> None:
    line = "HTTPConnectionPool(host='$(reboot); rm -rf /', port=80): Max retries exceeded"

    assert says("dependency-unreachable", line, host="$(reboot); rm -rf /", port="80") == log(line)


# traits


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ((), "ready"),
        (("application-error",), "ValueError: bad"),
        (
            ("application-error", "frame-load-model", "worker-killed"),
            "loading model weights\nRuntimeError: DataLoader worker (pid 77) is killed by signal: Killed.",
        ),
        (("application-error", "frame-read-data", "memory-error"), "    df = pd.read_csv(path)\nMemoryError"),
        ((), "\n".join(["saving checkpoint 3", *["step"] * (TAIL_LINES + 1)])),
        (("frame-checkpoint",), "\n".join(["saving checkpoint 3", *["step"] * TAIL_LINES])),
    ],
)
def test_traits_are_of_the_end_of_the_log(expected: tuple[str, ...], text: str) -> None:
    assert {"log_traits": expected} == told(facts({APP: {"log_tail": text}}), APP, "log_traits")


# numbers of a GPU

NUMBERS = (
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate {tried}. GPU 0 has a total {word} of {capacity} of which {free} is free. "
    "Process 20117 has 8.00 GiB memory in use. Including non-PyTorch memory, this process has {mine} memory in use. Of the allocated memory "
    "{allocated} is allocated by PyTorch, and {reserved} is reserved by PyTorch but unallocated. If reserved but unallocated memory is large try …"
)
ROOMY = {
    "tried": "2.00 GiB", "word": "capacity", "capacity": "24.00 GiB", "free": "1.00 GiB", "mine": "23.00 GiB", "allocated": "20.00 GiB", "reserved": "512.00 MiB",
}  # fmt: skip


@pytest.mark.parametrize(
    ("others", "fragmented", "changed"),
    [
        (0.0, False, {}),
        (0.0, False, {"word": "capacty"}),
        (0.5, True, {"mine": "11.00 GiB", "allocated": "6.00 GiB", "reserved": "4.00 GiB"}),
        (0.5, False, {"mine": "12.00 GiB", "free": "0 bytes"}),
        (0.5, False, {"mine": "11.99 GiB", "free": "10.24 MiB"}),
        (0.0, False, {"mine": "30.00 GiB"}),
        (0.0, False, {"tried": "20.00 MiB", "reserved": "900.00 MiB"}),
        (0.0, False, {"tried": "20.00 MiB", "reserved": "2.00 GiB"}),
        (0.0, True, {"tried": "20.00 MiB", "reserved": "3.00 GiB"}),
        (0.0, False, {"tried": "5.00 GiB", "reserved": "4.00 GiB"}),
    ],
)
def test_a_message_of_a_gpu_tells_who_holds_its_memory(others: float, fragmented: bool, changed: dict[str, str]) -> None:
    found = told(facts({APP: {"log_tail": NUMBERS.format(**(ROOMY | changed))}}), APP, "gpu_others_ratio", "gpu_fragmented")

    assert {"gpu_others_ratio": pytest.approx(others, abs=1e-3), "gpu_fragmented": fragmented} == found


def test_without_its_own_line_what_a_process_holds_is_what_it_allocated_and_reserved() -> None:
    text = NUMBERS.format(**(ROOMY | {"allocated": "10.00 GiB", "reserved": "1.00 GiB"})).replace("this process has", "it has")

    assert {"gpu_others_ratio": 0.5} == told(facts({APP: {"log_tail": text}}), APP, "gpu_others_ratio")


@pytest.mark.parametrize(
    "text",
    [
        "RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB",
        "CUDA error: out of memory",
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 0.00 GiB of which 0 bytes is free.",
        "MemoryError",
        None,
    ],
)
def test_without_numbers_nobody_knows_who_holds_the_gpu(text: str | None) -> None:
    found = told(facts({APP: {"log_tail": text}}), APP, "gpu_others_ratio", "gpu_fragmented")

    assert {"gpu_others_ratio": "unseen", "gpu_fragmented": "unseen"} == found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("connecting to store:6379\nConnectionRefusedError: [Errno 111] Connection refused", "store"),
        ("connecting to db:5432\nconnecting to store:6379\nConnectionRefusedError: [Errno 111] Connection refused", "store"),
        ("connecting to db:5432\nredis.exceptions.ConnectionError: Error 111 connecting to store:6379. Connection refused.", "store"),
        ("connecting to store:6379\n" + 50 * "a row\n" + "ConnectionRefusedError: [Errno 111] Connection refused", ""),
        ("connecting to store:6379\nValueError: bad row", ""),
    ],
    ids=["announced", "the last announced", "the line names it itself", "long before", "another failure"],
)
def test_a_host_that_the_failure_does_not_name_is_the_one_announced_before(text: str, expected: str) -> None:
    assert {"log_host": expected} == told(facts({APP: {"log_tail": text}}), APP, "log_host")


# what it was at


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("step 10 loss 0.5\nsaving checkpoint 1", ("frame-checkpoint", "shows-training")),
        ("saving checkpoint 1\nstep 20 loss 0.4", ("shows-training",)),
        ("loading model weights\nstep 1 loss 0.9\n    torch.save(state, path)", ("frame-checkpoint", "shows-training")),
        ("reading the whole file\nrow 4000\nrow 8000", ("frame-read-data",)),
        ("saving checkpoint at step 20", ("frame-checkpoint",)),
    ],
    ids=["at the end", "it went on", "the last of two", "rows are counted while they are read", "the line counts a step itself"],
)
def test_what_a_program_was_at_is_over_once_it_goes_on(text: str, expected: tuple[str, ...]) -> None:
    assert {"log_traits": expected} == told(facts({APP: {"log_tail": text}}), APP, "log_traits")


# the engine's error


@pytest.mark.parametrize(
    ("expected", "error"),
    [
        ("wrong-command", 'OCI runtime create failed: … exec: "trian": executable file not found in $PATH: unknown'),
        ("wrong-command", 'exec: "/app": stat /app: no such file or directory: unknown'),
        ("permission", 'runc create failed: unable to start container process: exec: "/entrypoint.sh": permission denied: unknown'),
        ("port-in-use", "driver failed programming external connectivity on endpoint b: Bind for 0.0.0.0:8080 failed: port is already allocated"),
        ("gpu-or-driver", 'could not select device driver "" with capabilities: [[gpu]]'),
        (
            "missing-config",
            'error mounting "/x" to rootfs at "/app/conf.yaml": not a directory: unknown: Are you trying to mount a directory onto a file',
        ),
        ("not-a-program", "exec user process caused: exec format error"),
        ("disk-full", "mkdir /var/lib/docker/overlay2/x: no space left on device"),
        ("", "network mlops not found"),
        ("", None),
    ],
)
def test_the_error_of_the_engine_tells_why_it_did_not_start(expected: str, error: str | None) -> None:
    assert {"start_says": expected} == told(facts({APP: {"start_error": error}}), APP, "start_says")


def test_a_text_means_another_thing_in_another_channel() -> None:
    found = facts({APP: {"log_tail": "MemoryError", "start_error": "MemoryError"}})

    assert {"log_says": "memory-error", "start_says": ""} == told(found, APP, "log_says", "start_says")
