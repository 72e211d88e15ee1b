"""What programs read: events and results as JSON lines, and tables as CSV."""

from __future__ import annotations

import csv
import io
import json

import pytest

from qtui.core.events import Notice, RunEnded
from qtui.core.job import Value
from qtui.plain.jsonlines import columns, csv_lines, event_lines, result_lines

ROWS: list[dict[str, Value]] = [
    {"n": 1, "title": "a, b"},
    {"n": 2, "price": 1.5, "tags": ["x", {"y": None}]},
    {"ok": True},
]


def read(rows: list[dict[str, Value]], *, terminal: bool = False) -> list[dict[str, str]]:
    text = b"".join(csv_lines(columns(rows), rows, terminal=terminal)).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_every_event_is_a_line_with_its_type() -> None:
    lines = event_lines([Notice(1.0, "hello"), RunEnded(2.0, "finished")]).splitlines()

    assert [json.loads(line)["type"] for line in lines] == ["notice", "run-ended"]


def test_missed_events_are_counted_before_those_that_follow() -> None:
    lines = event_lines([RunEnded(2.0, "finished")], missed=12).splitlines()

    assert json.loads(lines[0]) == {"type": "missed", "number": 12}
    assert len(lines) == 2


def test_on_a_terminal_nothing_can_steer_it_and_it_is_still_the_same_json() -> None:
    evil = "\x9b31m\u202e\x7f\u200bü日\U000e0041\n"
    line = event_lines([Notice(1.0, evil)], terminal=True)
    text = line.decode().rstrip("\n")

    assert json.loads(line)["text"] == evil
    assert not any(ch in text for ch in "\x9b\u202e\x7f\u200b\U000e0041\n")
    assert "ü日" in text


def test_results_are_written_in_blocks_and_none_is_lost() -> None:
    rows: list[dict[str, Value]] = [{"n": number} for number in range(1_234)]
    blocks = list(result_lines(rows))

    assert len(blocks) == 3
    assert [json.loads(line)["n"] for line in b"".join(blocks).splitlines()] == list(range(1_234))


def test_no_results_are_no_output() -> None:
    assert list(result_lines([])) == []


def test_a_table_has_the_columns_of_all_rows() -> None:
    assert columns(ROWS) == ["n", "title", "price", "tags", "ok"]
    assert [row["price"] for row in read(ROWS)] == ["", "1.5", ""]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("a, b", "a, b"),
        ('say "x"\ny', 'say "x"\ny'),
        (None, ""),
        (True, "true"),
        (1.5, "1.5"),
        (["ü"], '["ü"]'),
        ("", ""),
    ],
)
def test_cells_are_text_numbers_or_json(value: Value, cell: str) -> None:
    assert read([{"first": 1, "value": value}])[0]["value"] == cell


def test_a_table_on_a_terminal_can_do_no_harm() -> None:
    assert read([{"n": "a\x1b[2Jb\u202e"}], terminal=True)[0]["n"] == "ab"


def test_a_long_cell_is_never_cut() -> None:
    assert read([{"n": "x" * 5_000}], terminal=True)[0]["n"] == "x" * 5_000
