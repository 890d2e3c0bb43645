"""Signatures match what they must, nothing that they must not, and each other's texts only where that is meant."""

from __future__ import annotations

import random
import string
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import _signatures
from rules._blocks import NEAR_LINES, WRAPPED_LINES, plain
from rules._signatures import FOLDER, MOST, Match, Signature, Signatures, check, decisive, fault_of, ours, read
from rules._yaml import RowError

ACCEPTED: set[tuple[str, str]] = set()
"""(whose text, who matches it too and says something else): none; what overlaps says so by `instead_of`."""

SAYS = {
    "application-log": {
        *("application-error", "bad-model-artifact", "cpu-lacks-instruction", "dependency-unreachable", "disk-full", "gpu-or-driver", "gpu-out-of-memory"),
        *("jvm-heap", "memory-error", "memory-guard", "missing-config", "missing-dependency", "no-interpreter", "not-a-program", "permission"),
        *("port-in-use", "shared-memory", "worker-killed", "wrong-architecture", "wrong-command"),
    },
    "runtime": {"disk-full", "gpu-or-driver", "missing-config", "not-a-program", "permission", "port-in-use", "wrong-command"},
    "kernel-log": {"crashed", "disk-error", "gpu-or-driver", "hung", "machine-out-of-memory", "memory-limit"},
}
TRAITS = {
    *("certificate-refused", "child-killed", "connects-to", "driver-collect", "frame-backward", "frame-checkpoint", "frame-load-model", "frame-read-data", "shows-serving", "shows-training", "starts-a-program"),
    *("gpu-library-not-loaded", "gpu-numbers", "gpu-shared", "leaked-shared-memory", "told-to-stop", "login-refused", "no-more-threads", "too-many-files"),
    *("mlflow-database-full", "mlflow-database-refuses", "mlflow-database-unknown-host", "mlflow-database-unreachable"),
    *("mlflow-database-unusable", "mlflow-driver-missing", "mlflow-host-rejected", "mlflow-other-server", "mlflow-refused"),
    *("mlflow-run-logged", "mlflow-schema", "mlflow-server-errors", "mlflow-timed-out", "mlflow-unknown-host", "model-alias-missing"),
    *("load-dependencies-differ", "model-environment-differs", "model-files-missing", "model-files-unread", "model-missing", "model-stage-empty", "model-stage-unknown"),
    *("model-uri-malformed", "model-version-missing", "registers-bad-name", "registers-deleted-run", "registers-foreign-source"),
    *("registers-missing-files", "registers-missing-run", "registers-never-ready", "registers-no-mlmodel", "registers-nowhere"),
    *("store-aws-unreachable", "store-checksum", "store-clock", "store-denied", "store-denied-by-key-service", "store-denied-by-policy"),
    *("store-denied-list", "store-expired", "store-full", "store-malformed", "store-no-bucket", "store-no-credentials", "store-not-a-store"),
    *("store-not-tls", "store-other-region", "store-overloaded", "store-role-refused", "store-timed-out", "store-tls", "store-unknown-key"),
    *("store-unreachable", "store-wrong-secret", "upload-done", "upload-local-path", "upload-not-served", "upload-server-failed"),
    *("upload-too-large", "upload-tried"),
}
TRACE = "Traceback (most recent call last):\n"


@pytest.mark.parametrize("signature", read(FOLDER), ids=lambda one: one.id)
def test_a_signature_keeps_its_word(signature: Signature) -> None:
    assert "" == fault_of(signature)


@pytest.mark.parametrize("signature", read(FOLDER), ids=lambda one: one.id)
def test_a_signature_is_found_among_many_lines_as_it_is_alone(signature: Signature) -> None:
    """Unless another that matches the same line stands for it."""
    for text in signature.match:
        found = ours().scan(f"ready\n{text}\ngoing on\n", signature.channel)
        known = {match.id for match in found} | {id_ for match in found for id_ in match.signature.instead_of}

        assert signature.id in known, text
        assert {1} == {match.line for match in found if match.id == signature.id} | {1}


def test_no_signature_takes_the_text_of_one_that_says_something_else() -> None:
    confused = [
        (one.id, match.id)
        for one in ours().all
        for text in one.match
        for match in ours().scan(text, one.channel)
        if match.signature.says and one.says and match.signature.says != one.says and not match.signature.general and not one.general
        if one.id not in match.signature.instead_of
    ]

    assert [] == [pair for pair in confused if pair not in ACCEPTED]


def test_what_is_said_is_said_in_known_words() -> None:
    assert SAYS == {channel: {one.says for one in ours().all if one.channel == channel and one.says} for channel in SAYS}
    assert TRAITS == {one.trait for one in ours().all if one.trait}


NO_INDEX = "WARNING: Retrying after connection broken by 'NewConnectionError(': Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')': /simple/feast/\n"


def _decisive(text: str) -> Match | None:
    return decisive(text, ours().scan(text, "application-log"))


def _says(text: str) -> str:
    found = _decisive(text)
    return found.signature.says if found else ""


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("missing-dependency", "ERROR: No matching distribution found for torch==2.9.0\n"),
        ("dependency-unreachable", f"{NO_INDEX}ERROR: Could not find a version that satisfies the requirement feast==0.40.1 (from versions: none)\nERROR: No matching distribution found for feast==0.40.1\n"),
        ("missing-dependency", f"{NO_INDEX}ERROR: Could not find a version that satisfies the requirement feast==9 (from versions: 0.39.0, 0.40.1)\nERROR: No matching distribution found for feast==9\n"),
        ("missing-dependency", f"starting\n{TRACE}  File \"a.py\", line 1\nModuleNotFoundError: No module named 'xgboost'\n"),
        ("application-error", f"WARNING connect to db:5432: connection refused, trying again\nconnected\n{TRACE}ValueError: bad shape\n"),
        ("dependency-unreachable", f"{TRACE}ConnectionRefusedError: [Errno 111] Connection refused\n\nDuring handling of the above exception, another exception occurred:\n\n{TRACE}RuntimeError: no store\n"),
        ("missing-dependency", f"{TRACE}ModuleNotFoundError: No module named 'm'\n[ERROR] Reason: Worker failed to boot.\n"),
        ("", "epoch 1 done\n" * 30),
        ("", "ModuleNotFoundError: No module named 'optional'\n" + "step done\n" * 80),
        ("missing-config", "\x1b[31mRuntimeError: DATABASE_URL is not set\x1b[0m\n"),
        ("missing-config", "\x1b]0;title\x07RuntimeError: DATABASE_URL is not set\n"),
        ("application-error", "api  | ValueError: x\n"),
        ("application-error", f"{TRACE}ConnectionRefusedError: [Errno 111] x\n" + "step done\n" * (NEAR_LINES + 1) + "Segmentation fault (core dumped)\n"),
        ("dependency-unreachable", f'{TRACE}  File "a.py", line 1\nConnectionRefusedError: [Errno 111] x\nshutting down\npanic: no store\n'),
        ("missing-dependency", "Error: could not start\nCaused by: java.lang.ClassNotFoundException: org.postgresql.Driver\n"),
        ("wrong-command", "Error: Could not find or load main class Main\nCaused by: java.lang.ClassNotFoundException: Main\n"),
        ("jvm-heap", 'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space\n\tat Main.main(Main.java:3)\nCaused by: java.lang.RuntimeException: x\n\t... 3 more\n'),
        ("gpu-or-driver", f"{TRACE}ImportError: libcuda.so.1: cannot open shared object file: No such file or directory\n"),
        ("shared-memory", f"{TRACE}OSError: [Errno 28] No space left on device: '/dev/shm/torch_9'\n"),
        ("disk-full", f"{TRACE}OSError: [Errno 28] No space left on device: '/data/x'\n"),
    ],
)  # fmt: skip
def test_the_line_that_ended_the_program_decides(expected: str, text: str) -> None:
    assert expected == _says(text)


GUNICORN = """\
[2026-11-25 01:17:07 +0000] [11104] [INFO] Starting gunicorn 27.0.1
[2026-11-25 01:17:07 +0000] [11221] [INFO] Booting worker with pid: 11221
{said}
[2026-11-25 01:17:08 +0000] [11221] [INFO] Worker exiting (pid: 11221)
[2026-11-25 01:17:08 +0000] [11104] [ERROR] Worker (pid:11221) exited with code 4.
[2026-11-25 01:17:08 +0000] [11104] [ERROR] Shutting down: Master
[2026-11-25 01:17:08 +0000] [11104] [ERROR] Reason: App failed to load.
"""
TORCHRUN = """\
[rank0]: Traceback (most recent call last):
[rank0]:   File "/app/train.py", line 3, in <module>
[rank0]:     loss.backward()
[rank0]: torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.64 GiB of which 1.20 GiB is free.
E1124 10:00:00.000000 1 torch/distributed/elastic/multiprocessing/api.py:826] failed (exitcode: 1) local_rank: 0 (pid: 88) of binary: /usr/bin/python
Traceback (most recent call last):
  File "/usr/local/bin/torchrun", line 8, in <module>
    sys.exit(main())
torch.distributed.elastic.multiprocessing.errors.ChildFailedError:
============================================================
train.py FAILED
------------------------------------------------------------
  error_file: <N/A>
  traceback : To enable traceback see: https://pytorch.org/docs/stable/elastic/errors.html
"""


@pytest.mark.parametrize(
    ("expected", "captures", "text"),
    [
        ("wrong-command", {"command": "nope", "module": "good"}, GUNICORN.format(said="Failed to find attribute 'nope' in 'good'.")),
        ("missing-dependency", {"module": "nomod"}, GUNICORN.format(said="ModuleNotFoundError: No module named 'nomod'\nNo module named 'nomod'")),
        ("application-error", {}, GUNICORN.format(said="going")),
        ("gpu-out-of-memory", {"tried": "2.00", "tried_unit": "GiB"}, TORCHRUN),
        ("application-error", {}, "ModuleNotFoundError: No module named 'm'\n" + "step done\n" * (WRAPPED_LINES + 1) + "ERROR:    Application startup failed. Exiting.\n"),
        ("wrong-command", {"option": "Nope"}, "Unrecognized VM option 'Nope'\nError: Could not create the Java Virtual Machine.\nError: A fatal exception has occurred. Program will exit.\n"),
        ("application-error", {}, "ERROR:    Application startup failed. Exiting.\n"),
    ],
)  # fmt: skip
def test_who_only_tells_of_another_s_failure_does_not_decide(expected: str, captures: dict[str, str], text: str) -> None:
    found = _decisive(text)

    assert found is not None
    assert (expected, captures) == (found.signature.says, dict(found.captures))


@pytest.mark.parametrize(
    "before",
    [
        "", "web-1  | ", "2026-11-24T22:05:00.123456789Z ", "2026-11-24 22:05:00,123 ERROR ", "[2026-01-01 00:00:00 +0000] [7] [ERROR] ", "ERROR:    ", "ERROR:root:",
        "[rank0]: ", "[default0]:", "E1124 10:00:00.000000 1 train.go:12] ", "(train pid=77) ", "(pid=77, ip=10.0.0.3) ", "web-1  | 2026-11-24 22:05:00 FATAL ", "22:05:00 [CRITICAL] ",
    ],
)  # fmt: skip
def test_what_stands_before_a_message_does_not_hide_it(before: str) -> None:
    line = f"{before}Segmentation fault (core dumped)"
    (found,) = ours().scan(f"ready\n{line}\n", "application-log")

    assert ("python/fatal", 1, line.strip(), "general") == (found.id, found.line, found.text, found.precedence)


def test_a_message_keeps_what_is_its_own() -> None:
    assert "[FATAL tini (7)] exec nosuch failed" == plain("[FATAL tini (7)] exec nosuch failed")
    assert '  File "a.py", line 1' == plain('app-1  |   File "a.py", line 1')
    assert "    raise x" == plain("[rank0]:     raise x")


@pytest.mark.parametrize(
    ("host", "port", "text"),
    [
        ("127.0.0.1", "1", "redis.exceptions.ConnectionError: Error 111 connecting to 127.0.0.1:1. Connection refused."),
        ("mlflow", "5000", 'urllib3.exceptions.NewConnectionError("HTTPConnection(host=\'mlflow\', port=5000): Failed to establish a new connection: [Errno 111] Connection refused")'),
        ("127.0.0.1", "5432", 'psql: error: connection to server at "127.0.0.1", port 5432 failed: Connection refused'),
        ("minio", "9000", 'Could not connect to the endpoint URL: "http://minio:9000/bucket"'),
        ("kafka", "9092", "%3|1.1|FAIL|rdkafka#producer-1| [thrd:kafka:9092/bootstrap]: kafka:9092/bootstrap: Failed to resolve 'kafka:9092'"),
        ("10.0.0.1", "5432", "dial tcp 10.0.0.1:5432: connect: connection refused"),
        ("mlflow", "5000", "aiohttp.client_exceptions.ClientConnectorError: Cannot connect to host mlflow:5000 ssl:default [Connect call failed ('10.0.0.2', 5000)]"),
    ],
)  # fmt: skip
def test_a_host_and_its_port_are_captured(host: str, port: str, text: str) -> None:
    captures: dict[str, str] = {}
    for match in ours().scan(text, "application-log"):
        captures |= match.captures

    assert (host, port) == (captures.get("host"), captures.get("port"))


def test_numbers_of_an_older_gpu_message_are_captured() -> None:
    text = "CUDA out of memory. Tried to allocate 2.87 GiB (GPU 0; 14.76 GiB total capacity; 8.77 GiB already allocated; 19.75 MiB free; 13.71 GiB reserved in total by PyTorch)"
    captures: dict[str, str] = {}
    for match in ours().scan(text, "application-log"):
        captures |= match.captures

    assert {"tried": "2.87", "capacity": "14.76", "free": "19.75", "free_unit": "MiB", "mine": "13.71"}.items() <= captures.items()


def test_lines_are_counted_across_chunks() -> None:
    text = "x" * 100 + "\n"
    text = text * 10_000 + "ModuleNotFoundError: No module named 'm'\n"

    assert [10_000] == [match.line for match in ours().scan(text, "application-log") if match.id == "python/missing-module"]


def test_of_a_signature_that_matches_everywhere_the_newest_are_kept() -> None:
    found = ours().scan("reading the whole file\n" * 5000, "application-log")

    assert (MOST, 4999) == (len(found), found[-1].line)


@given(st.lists(st.sampled_from([text for one in ours().all if one.channel == "application-log" for text in one.match] + ["", "step 3", "  x = 1", "ü€"]), max_size=12))
def test_many_lines_at_once_give_what_each_line_gives_alone(lines: list[str]) -> None:
    alone = [(number, match.id) for number, line in enumerate(lines) for match in ours().scan(line, "application-log")]

    assert alone == [(match.line, match.id) for match in ours().scan("\n".join(lines), "application-log")]


def test_noise_hides_nothing_from_the_set() -> None:
    chooser = random.Random(7)  # noqa: S311  # noise, not a secret
    noise = "".join(chooser.choice(string.printable) for _ in range(200_000))
    for one in ours().all:
        for text in one.match:
            found = ours().scan(f"{noise}\n{text}\n{noise}", one.channel)
            known = {match.id for match in found} | {id_ for match in found for id_ in match.signature.instead_of}
            assert one.id in known, text


def test_a_channel_without_signatures_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_signatures, "CHUNK", 8)

    assert () == Signatures(()).scan("MemoryError", "application-log")
    assert ["memory/memory-error"] == [match.id for match in ours().scan("a\nb\nMemoryError\n", "application-log") if not match.signature.general]


@pytest.mark.parametrize(
    ("expected", "body"),
    [
        ("a.yaml:1: a/b: it must match: x", "- {id: a/b, pattern: y, says: s, match: [x], never: [z]}"),
        ("a.yaml:1: a/b: it must not match: zy", "- {id: a/b, pattern: y, says: s, match: [y], never: [zy]}"),
        ("a.yaml:1: a/b: the pattern does not compile", "- {id: a/b, pattern: '(', says: s, match: [y], never: [z]}"),
        ("a.yaml:1: a/b: there is no capture 'nosuch'", "- {id: a/b, pattern: '(?P<nosuch>y)', says: s, match: [y], never: [z]}"),
        ("a.yaml:1: a/b: it has either 'says' or 'trait'", "- {id: a/b, pattern: y, match: [y], never: [z]}"),
        ("a.yaml:1: a/b: there is no signature 'a/c' in its channel", "- {id: a/b, pattern: [x, y], says: s, match: [y], never: [z], instead_of: [a/c]}"),
        ("a.yaml:1: a/b: no signature has the trait 'nosuch'", "- {id: a/b, pattern: y, says: s, match: [y], never: [z], led_by: nosuch}"),
        ("a.yaml:2: the signature a/b stands twice", "- {id: a/b, pattern: y, says: s, match: [y], never: [z]}\n- {id: a/b, pattern: y, says: s, match: [y], never: [z]}"),
        ("a.yaml:1: Unknown key `match_all`", "- {id: a/b, pattern: y, says: s, match: [y], never: [z], match_all: 1}"),
        ("a.yaml:1: Expected `array` of length >= 1", "- {id: a/b, pattern: y, says: s, match: [y], never: []}"),
        ("a.yaml:1: Expected `str` matching regex", "- {id: A B, pattern: y, says: s, match: [y], never: [z]}"),
    ],
)  # fmt: skip
def test_a_fault_in_a_file_of_signatures_is_named_with_its_line(tmp_path: Path, expected: str, body: str) -> None:
    (tmp_path / "a.yaml").write_text(body, encoding="utf-8")

    with pytest.raises(RowError) as caught:
        read(tmp_path)

    assert expected in str(caught.value)


def test_the_shipped_signatures_have_no_fault_and_a_broken_one_is_told() -> None:
    broken = msgspec.structs.replace(ours().all[0], never=ours().all[0].match)

    assert [] == list(check(ours().all))
    assert [broken.id] == [id_ for id_, _fault in check([broken, *ours().all[1:]])]


@pytest.mark.parametrize("pattern", ["(a+)+$", "(.*a){12}", "(?:^|x)a|a$"])
def test_the_pattern_engine_is_linear(pattern: str) -> None:
    evil = Signatures((Signature(id="a/b", pattern=pattern, says="x", match=("a",), never=("b",)),))

    assert evil.scan("a" * 50_000 + "!", "application-log") is not None
