"""CSV: delimiters, quotes, broken records and headers."""

from __future__ import annotations

from pathlib import Path

import pytest

from qtui.core.seams import Source
from qtui.errors import InputError
from qtui.sources import CsvSource
from tests.sources.reading import counted, fields, problems, rows, written


def test_each_record_is_a_row_named_by_the_header(tmp_path: Path) -> None:
    source: Source = CsvSource(path=written(tmp_path, "u.csv", "id,url\r\n1,a\r\n2,b\r\n"))
    assert source.columns() == ["id", "url"]
    assert fields(source) == [{"id": "1", "url": "a"}, {"id": "2", "url": "b"}]
    assert counted(source) == 2


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_delimiter_is_found_in_the_header(tmp_path: Path, mark: str) -> None:
    source = CsvSource(
        path=written(tmp_path, "u.csv", f'id{mark}"a,b;c;;,,"\n1{mark}x,y;z\n'.replace("x,y;z", '"x,y;z"'))
    )
    assert fields(source) == [{"id": "1", "a,b;c;;,,": "x,y;z"}]


def test_the_delimiter_can_be_given(tmp_path: Path) -> None:
    path = written(tmp_path, "u.csv", "a|b\n1|2\n")
    assert fields(CsvSource(path=path, delimiter="|")) == [{"a": "1", "b": "2"}]
    assert CsvSource(path=path, delimiter="||").check().startswith('delimiter is "||"')


def test_quoted_values_may_hold_delimiters_quotes_and_newlines(tmp_path: Path) -> None:
    source = CsvSource(path=written(tmp_path, "u.csv", 'a,b\n"x,""y""","one\n\ntwo"\n3,4\n'))
    assert fields(source) == [{"a": 'x,"y"', "b": "one\n\ntwo"}, {"a": "3", "b": "4"}]
    assert counted(source) == 2


def test_a_quote_in_the_middle_of_a_value_opens_nothing(tmp_path: Path) -> None:
    assert fields(CsvSource(path=written(tmp_path, "u.csv", 'a,b\n5" disk,x\n3,4\n')))[0] == {"a": '5" disk', "b": "x"}


def test_a_quoted_value_may_span_blocks(tmp_path: Path) -> None:
    long = "line\n" * 20_000
    source = CsvSource(path=written(tmp_path, "u.csv", f'a,b\n1,"{long}"\n2,x\n'))
    assert fields(source) == [{"a": "1", "b": long}, {"a": "2", "b": "x"}]
    assert counted(source) == 2


def test_a_record_of_the_wrong_length_fails_alone(tmp_path: Path) -> None:
    source = CsvSource(path=written(tmp_path, "u.csv", "a,b\n1\n1,2\n1,2,3\n"))
    assert problems(source) == [
        "u.csv line 2: 1 value where the header names 2 columns",
        "u.csv line 4: 3 values where the header names 2 columns",
    ]


def test_problems_name_the_line_a_record_begins_on(tmp_path: Path) -> None:
    source = CsvSource(path=written(tmp_path, "u.csv", 'a,b\n1,"x\ny\nz"\n\n"only\none"\n'))
    assert problems(source) == ["u.csv line 6: 1 value where the header names 2 columns"]


def test_a_record_that_is_not_utf8_fails_alone(tmp_path: Path) -> None:
    source = CsvSource(path=written(tmp_path, "u.csv", b'a,b\n1,"x\n\xff"\n2,y\n'))
    assert [bool(row.problem) for row in rows(source)] == [True, False]
    assert problems(source) == ["u.csv line 2: not UTF-8 (byte 0xff at position 1)"]


def test_a_quote_that_is_never_closed_is_named(tmp_path: Path) -> None:
    source = CsvSource(path=written(tmp_path, "u.csv", 'a,b\n1,2\n3,"4\n5,6\n'))
    assert problems(source) == ["u.csv line 3: a quoted value is never closed"]
    assert counted(source) == 2


def test_a_quote_that_swallows_much_of_the_file_does_not_swallow_the_run(tmp_path: Path) -> None:
    source = CsvSource(path=written(tmp_path, "u.csv", 'a,b\n3,"4\n' + "5,6\n" * 100_000))
    assert problems(source) == ["u.csv line 2: a value is longer than 128 KiB; is a quote never closed?"]
    assert len(rows(source)) > 50_000


def test_blank_lines_are_left_out(tmp_path: Path) -> None:
    source = CsvSource(path=written(tmp_path, "u.csv", "\n  \na\n\n1\n \n2\n"))
    assert fields(source) == [{"a": "1"}, {"a": "2"}]
    assert counted(source) == 2


def test_skipping_agrees_with_reading(tmp_path: Path) -> None:
    content = "a,b\n" + "".join(f'{n},"x\n{n}"\n{n},y\n' for n in range(5_000))
    source = CsvSource(path=written(tmp_path, "u.csv", content))
    every = rows(source)
    assert counted(source) == len(every) == 10_000
    for skip in (1, 3_333, 9_999, 10_000, 10_001):
        assert rows(source, skip) == every[skip:]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "u.csv is empty; its first line must name the columns"),
        ("a,b,a\n1,2,3\n", 'u.csv: the header names the column "a" twice'),
        ("a,,c\n1,2,3\n", "u.csv: column 2 has no name in the header"),
        (b"a\xff,b\n", "u.csv line 1: not UTF-8 (byte 0xff at position 2)"),
        ("a, b\n", ""),
    ],
)
def test_a_header_that_names_no_fields_is_refused(tmp_path: Path, content: str | bytes, sentence: str) -> None:
    source = CsvSource(path=written(tmp_path, "u.csv", content))
    assert source.check() == sentence
    if sentence:
        with pytest.raises(InputError, match=r"u\.csv"):
            rows(source)
