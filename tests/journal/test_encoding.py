"""Values of jobs as JSON text and lines of the results file."""

from __future__ import annotations

import json

import pytest

from qtui.journal.encoding import decode, encode, keep, kept, result_line
from tests.journal.story import job


@pytest.mark.parametrize("value", [None, True, 3, 2.5, "é", [1, {"a": None}], {"file": "caf\udce9"}, "\x00\x1b", 2**70])
def test_values_come_back(value: object) -> None:
    assert decode(encode(value).decode()) == value


@pytest.mark.parametrize("value", [{(1, 2): 3}, object(), {"x": {1}}, b"\xff", {"n": float("nan"), "s": "\udc80"}])
def test_what_json_cannot_say_becomes_text_instead_of_an_error(value: object) -> None:
    json.loads(encode(value))


def test_nesting_without_end_is_no_error() -> None:
    deep: list[object] = []
    for _ in range(5_000):
        deep = [deep]
    assert b"cannot be shown" in encode(deep)


@pytest.mark.parametrize("text", ["", "plain", "ümlaut", "caf\udce9", "a\x00b"])
def test_column_text_comes_back(text: str) -> None:
    assert kept(keep(text)) == text


def line(value: object, **kwargs: str) -> dict[str, object]:
    made = result_line(job(1, **kwargs), value, encode(value))  # type: ignore[arg-type]  # foreign values on purpose
    assert made.endswith(b"}\n")
    assert made.count(b"\n") == 1
    loaded = json.loads(made, object_pairs_hook=list)
    names = [name for name, _ in loaded]
    assert len(set(names)) == len(names)
    return dict(loaded)


def test_fields_of_a_dict_stand_beside_the_key() -> None:
    assert list(line({"price": 3}, key="u", name="u").items()) == [("key", "u"), ("price", 3)]


def test_the_name_is_told_where_it_is_not_the_key() -> None:
    assert list(line({"price": 3}, key="u", name="page").items()) == [("key", "u"), ("name", "page"), ("price", 3)]


def test_other_values_stand_under_value() -> None:
    assert line("text", key="u", name="u") == {"key": "u", "value": "text"}
    assert line({}, key="u", name="u") == {"key": "u"}


def test_no_field_is_lost_on_a_collision() -> None:
    told = line({"key": 1, "_key": 2, "name": 3}, key="u", name="page")
    assert told == {"__key": "u", "_name": "page", "key": 1, "_key": 2, "name": 3}


def test_a_dict_json_cannot_say_is_still_a_valid_line() -> None:
    assert set(line({(1, 2): 3}, key="u", name="u")) == {"key", "value"}
