"""A growing file: what is appended, what is moved, and going on behind the last row."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from qtui.core.job import Value
from qtui.core.seams import Row
from qtui.sources import TailSource
from tests.sources.reading import written


def tail(path: str | Path, **told: object) -> TailSource:
    return TailSource(path=str(path), idle=0.6, **told)  # type: ignore[arg-type]


def lines(rows: list[Row]) -> list[Value]:
    return [row.fields["line"] for row in rows]


def following(batches: Iterator[list[Row]]) -> list[Row]:
    return [row for batch in batches for row in batch]


def test_it_gives_what_is_there_and_ends_after_an_idle_time(tmp_path: Path) -> None:
    rows = following(tail(written(tmp_path, "log", "a\n\nb\n")).batches())
    assert lines(rows) == ["a", "b"]


def test_what_is_appended_follows_and_half_a_line_waits(tmp_path: Path) -> None:
    path = Path(written(tmp_path, "log", "a\nhal"))
    batches = tail(path).batches()
    assert lines(next(batches)) == ["a"]
    assert next(batches) == []
    with path.open("a") as file:
        file.write("f\nc\n")
    assert lines(following(batches)) == ["half", "c"]


def test_from_the_end_only_what_is_appended_counts(tmp_path: Path) -> None:
    path = Path(written(tmp_path, "log", "old\n"))
    batches = tail(path, start="end").batches()
    assert next(batches) == []
    with path.open("a") as file:
        file.write("new\n")
    assert lines(following(batches)) == ["new"]


def test_a_file_that_does_not_exist_yet_is_waited_for_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "log"
    assert tail(path).check() == ""
    assert tail(path, wait=False).check() == f"{path} does not exist"
    assert "folder" in tail(tmp_path / "no" / "log").check()
    batches = tail(path).batches()
    assert next(batches) == []
    path.write_text("a\n")
    assert lines(following(batches)) == ["a"]


def test_a_rotated_file_is_finished_before_the_new_one_begins(tmp_path: Path) -> None:
    path = Path(written(tmp_path, "log", "a\n"))
    batches = tail(path).batches()
    assert lines(next(batches)) == ["a"]
    path.rename(tmp_path / "log.1")
    path.write_text("c\n")
    with (tmp_path / "log.1").open("a") as file:
        file.write("b\n")
    assert lines(following(batches)) == ["b", "c"]


def test_a_truncated_file_is_read_from_its_start(tmp_path: Path) -> None:
    path = Path(written(tmp_path, "log", "first\nsecond\n"))
    batches = tail(path).batches()
    assert len(next(batches)) == 2
    path.write_text("c\n")
    assert lines(following(batches)) == ["c"]


@pytest.mark.parametrize("at", range(4))
def test_going_on_begins_behind_the_last_row(tmp_path: Path, at: int) -> None:
    path = written(tmp_path, "log", b"same\n\nsame\n" + b"x" * 2_000_000 + b"\nsame\n")
    source = tail(path)
    every = following(source.batches())
    assert len(every) == 4
    assert following(source.after(every[at].fields).batches(at + 1)) == every[at + 1 :]


def test_going_on_finishes_a_file_that_was_rotated_meanwhile(tmp_path: Path) -> None:
    path = Path(written(tmp_path, "log", "a\nb\n"))
    rows = following(tail(path).batches())
    path.rename(tmp_path / "log.1")
    path.write_text("c\n")
    assert lines(following(tail(path).after(rows[0].fields).batches(1))) == ["b", "c"]


def test_another_content_under_the_same_number_is_read_from_its_start(tmp_path: Path) -> None:
    path = Path(written(tmp_path, "log", "a\nb\n"))
    rows = following(tail(path).batches())
    inode = os.stat(path).st_ino
    path.write_text("x\ny\nz\n")
    assert os.stat(path).st_ino == inode
    assert lines(following(tail(path).after(rows[1].fields).batches(2))) == ["x", "y", "z"]


def test_a_grown_file_has_the_fingerprint_it_had(tmp_path: Path) -> None:
    path = Path(written(tmp_path, "log", "a\n"))
    before = tail(path).fingerprint()
    path.write_text("a\nb\n")
    assert tail(path).fingerprint() == before != tail(path, format="jsonl").fingerprint()
