"""Lines of text, and how everything that is not text is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from qtui.core.seams import Source
from qtui.sources import LinesSource
from tests.sources.reading import counted, fields, problems, rows, written


def test_each_line_is_a_row_with_its_number(tmp_path: Path) -> None:
    source: Source = LinesSource(path=written(tmp_path, "urls.txt", "a\nb c\n"))
    assert fields(source) == [{"line": "a", "n": 1}, {"line": "b c", "n": 2}]
    assert source.columns() == ("line", "n")
    assert source.blocking


def test_blank_lines_are_left_out_but_counted_in_the_numbers(tmp_path: Path) -> None:
    assert fields(LinesSource(path=written(tmp_path, "x", "\n \t\na\r\n\r\nb"))) == [
        {"line": "a", "n": 3},
        {"line": "b", "n": 5},
    ]


def test_comments_are_left_out_on_request(tmp_path: Path) -> None:
    path = written(tmp_path, "x", "# all\na # not a comment\n  # indented\nb\n")
    assert [row["line"] for row in fields(LinesSource(path=path, comments="#"))] == ["a # not a comment", "b"]
    assert len(fields(LinesSource(path=path))) == 4


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    assert fields(LinesSource(path=written(tmp_path, "x", b"\xef\xbb\xbfa\n"))) == [{"line": "a", "n": 1}]


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    source = LinesSource(path=written(tmp_path, "x", ""))
    assert fields(source) == []
    assert counted(source) == 0


def test_a_line_that_is_not_utf8_fails_alone(tmp_path: Path) -> None:
    source = LinesSource(path=written(tmp_path, "urls.txt", b"a\ncaf\xe9\nb\n"))
    assert [row.fields["line"] for row in rows(source)] == ["a", "caf�", "b"]
    assert problems(source) == ["urls.txt line 2: not UTF-8 (byte 0xe9 at position 4)"]


def test_a_line_with_a_nul_fails_alone(tmp_path: Path) -> None:
    source = LinesSource(path=written(tmp_path, "urls.txt", b"a\nx\0y\nb"))
    assert [row.fields["line"] for row in rows(source)] == ["a", "x␀y", "b"]
    assert problems(source) == ["urls.txt line 2: contains a NUL character at byte 2"]


@pytest.mark.parametrize("size", [(1 << 20) + 1, 5 << 20])
def test_a_line_of_more_than_a_mebibyte_fails_alone(tmp_path: Path, size: int) -> None:
    source = LinesSource(path=written(tmp_path, "urls.txt", b"a\n" + b"x" * size + b"\nb\n"))
    assert [row.fields["line"] for row in rows(source)] == ["a", "x" * 199 + "…", "b"]
    assert problems(source) == ["urls.txt line 2: longer than 1 MiB"]
    assert counted(source) == 3


def test_a_line_of_a_mebibyte_is_fine(tmp_path: Path) -> None:
    source = LinesSource(path=written(tmp_path, "x", b"a\n" + b"x" * (1 << 20) + b"\nb"))
    assert [len(str(row["line"])) for row in fields(source)] == [1, 1 << 20, 1]


def test_characters_that_end_lines_elsewhere_do_not_end_them_here(tmp_path: Path) -> None:
    text = "a\u2028b\x0bc\x85d\x1ee"
    assert fields(LinesSource(path=written(tmp_path, "x", text))) == [{"line": text, "n": 1}]


@pytest.mark.parametrize("comments", ["", "#"])
def test_counting_and_skipping_agree_with_reading(tmp_path: Path, comments: str) -> None:
    odd = ["plain", "", "  ", "# c", " # d", "\t", "caf\u00e9", "x\r", "\r"]
    content = "\n".join(f"{odd[n % len(odd)]}{n if n % 9 in (0, 3) else ''}" for n in range(20_000)) + "\n"
    source = LinesSource(path=written(tmp_path, "x", content), comments=comments)
    every = rows(source)
    assert counted(source) == len(every)
    for skip in (0, 1, 999, 5_000, len(every) - 1, len(every), len(every) + 1):
        assert rows(source, skip) == every[skip:]


def test_counting_stops_when_nobody_wants_to_know(tmp_path: Path) -> None:
    assert LinesSource(path=written(tmp_path, "x", "a\n")).count(lambda: True) is None
