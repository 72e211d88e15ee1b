"""Results as CSV: nothing is lost, nothing breaks a record, and a job always stands in its own columns."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtui.core.job import Value
from qtui.core.sheet import Sheet, cell


def read(*records: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(records).decode(), newline="")))


def test_a_table_has_key_name_and_the_fields() -> None:
    sheet = Sheet.of(["n", "title"])

    assert read(sheet.header(), sheet.record("k", "job", {"n": 1, "title": "a, b"})) == [
        ["key", "name", "n", "title"],
        ["k", "job", "1", "a, b"],
    ]


def test_fields_that_come_later_stand_in_the_last_column() -> None:
    sheet = Sheet.of(["n"], more=True)
    records = sheet.header(), sheet.record("k", "j", {"n": 1}), sheet.record("l", "j", {"x": [1], "n": 2, "y": None})

    assert read(*records) == [
        ["key", "name", "n", "more"],
        ["k", "j", "1", ""],
        ["l", "j", "2", '{"x": [1], "y": null}'],
    ]


def test_a_field_called_like_a_column_of_ours_keeps_its_name() -> None:
    sheet = Sheet.of(["key", "name", "_name", "more"], more=True)

    assert sheet.columns == ("_key", "__name", "key", "name", "_name", "more", "_more")
    assert read(sheet.record("k", "j", {"key": 1, "name": 2, "_key": 3})) == [
        ["k", "j", "1", "2", "", "", '{"_key": 3}']
    ]


def test_a_table_is_known_again_by_its_titles() -> None:
    sheet = Sheet.of(["key", "a,b"], more=True)

    assert Sheet.titled(sheet.columns) == sheet


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a, b", "a, b"),
        (None, ""),
        (True, "true"),
        (1.5, "1.5"),
        (["ü"], '["ü"]'),
        ("", ""),
        ({"a": None}, '{"a": null}'),
    ],
)
def test_cells_are_text_numbers_or_json(value: Value, text: str) -> None:
    assert cell(value) == text


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_any_text_is_read_as_it_was(texts: list[str]) -> None:
    fields = {str(number): text for number, text in enumerate(texts)}
    sheet = Sheet.of(fields)

    assert read(sheet.record("k", "j", fields), sheet.record("l", "j", {})) == [
        ["k", "j", *texts],
        ["l", "j", *([""] * len(texts))],
    ]


def test_half_a_character_is_spelled_out() -> None:
    assert read(Sheet.of(["f"]).record("k", "j", {"f": "a\udc80"})) == [["k", "j", "a\\udc80"]]
