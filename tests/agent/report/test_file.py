"""A report's file: whole or not at all, with the rights that were there, and never in the place of a device."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from agent.report._file import write


def test_a_reader_sees_the_old_report_or_the_new_one_and_never_a_half(tmp_path: Path) -> None:
    path = tmp_path / "diagnose.prom"
    texts = {letter * 2_000_000 for letter in "ab"}
    path.write_text("a" * 2_000_000)
    seen = set()

    def write_often() -> None:
        for _ in range(20):
            for text in sorted(texts):
                write(path, text)

    writer = threading.Thread(target=write_often)
    writer.start()
    while writer.is_alive():
        seen.add(path.read_text())
    writer.join()

    assert seen <= texts
    assert [path] == list(tmp_path.iterdir())


def test_a_new_file_has_the_rights_that_are_usual_and_an_old_one_keeps_its_own(tmp_path: Path) -> None:
    old, new, usual = tmp_path / "old", tmp_path / "new", tmp_path / "usual"
    old.write_text("x")
    old.chmod(0o640)
    usual.write_text("x")
    for path in (old, new):
        write(path, "text")

    assert [0o640, usual.stat().st_mode & 0o777] == [path.stat().st_mode & 0o777 for path in (old, new)]


def test_a_link_stays_one_and_a_device_stays_a_device(tmp_path: Path) -> None:
    target, link, fifo = tmp_path / "target", tmp_path / "link", tmp_path / "fifo"
    target.write_text("before")
    link.symlink_to(target)
    os.mkfifo(fifo)
    heard: list[str] = []
    reader = threading.Thread(target=lambda: heard.append(fifo.read_text()))
    reader.start()
    write(link, "after")
    write(fifo, "text")
    reader.join()

    assert (True, "after", ["text"], True) == (link.is_symlink(), target.read_text(), heard, fifo.is_fifo())


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "none" / "report.xml", "text")
