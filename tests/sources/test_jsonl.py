"""JSON lines: objects, bare values, and lines that are neither."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from qtui.core.seams import Source
from qtui.sources import JsonlSource
from tests.sources.reading import counted, fields, problems, rows, written


def test_each_object_is_a_row(tmp_path: Path) -> None:
    source: Source = JsonlSource(path=written(tmp_path, "u.jsonl", '{"a": 1, "b": {"c": [true]}}\n\n{"a": null}\r\n'))
    assert fields(source) == [{"a": 1, "b": {"c": [True]}}, {"a": None}]
    assert counted(source) == 2
    assert fields(source, skip=1) == [{"a": None}]
    assert source.columns() is None


def test_a_bare_text_or_number_is_a_line(tmp_path: Path) -> None:
    assert fields(JsonlSource(path=written(tmp_path, "u.jsonl", '"x"\n3\n'))) == [{"line": "x"}, {"line": 3}]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{bad}", "is not JSON: JSON is malformed"),
        ("[1]", "is a list, not an object"),
        ("null", "is null, not an object"),
        ("true", "is true or false, not an object"),
        ("[" * 100_000, "is not JSON"),
        ('{"a": "\\ud800"}', "is not JSON"),
        ('{"a": NaN}', "is not JSON"),
    ],
)
def test_a_line_that_is_no_object_fails_alone(tmp_path: Path, line: str, says: str) -> None:
    source = JsonlSource(path=written(tmp_path, "u.jsonl", f'{{"a": 1}}\n{line}\n{{"a": 3}}\n'))
    assert [bool(row.problem) for row in rows(source)] == [False, True, False]
    assert problems(source)[0].startswith(f"u.jsonl line 2: {says}")
    assert msgspec.json.encode(rows(source))
