"""Sources that are written in the preset itself: numbers and lists."""

from __future__ import annotations

import datetime

import msgspec
import pytest

from qtui.core.seams import Source
from qtui.sources import ListSource, RangeSource
from tests.sources.reading import counted, fields


def test_a_range_includes_its_last_number() -> None:
    assert fields(RangeSource(stop=3)) == [{"n": 1, "line": "1"}, {"n": 2, "line": "2"}, {"n": 3, "line": "3"}]


def test_a_range_steps_and_counts_down() -> None:
    assert [row["n"] for row in fields(RangeSource(start=10, stop=1, step=-4))] == [10, 6, 2]


def test_a_range_knows_its_total_at_once() -> None:
    source: Source = RangeSource(start=0, stop=10_000_000, step=5)
    assert source.total() == counted(source) == 2_000_001
    assert not source.blocking


def test_a_range_skips_without_walking() -> None:
    last = fields(RangeSource(stop=10_000_000_000), skip=9_999_999_998)
    assert [row["n"] for row in last] == [9_999_999_999, 10_000_000_000]


def test_batches_stay_small() -> None:
    assert [len(batch) for batch in RangeSource(stop=2_500).batches()] == [1_000, 1_000, 500]


def test_the_site_is_bound_into_the_line_once() -> None:
    source = RangeSource(stop=1, line="{site}/p/{n}/{{x}}").bind({"site": "http://127.0.0.1:1/{odd}"})
    assert fields(source) == [{"n": 1, "line": "http://127.0.0.1:1/{odd}/p/1/{x}"}]


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (RangeSource(stop=3, step=0), "step is 0; the numbers would never end"),
        (RangeSource(stop=0), "there is no number from 1 to 0 in steps of 1"),
        (RangeSource(stop=3, line="{m}"), "line has the field {m}; a range has only {n} and {site}"),
        (RangeSource(stop=3, line="{n"), '"{n" has a lone {; write {{ for the character itself'),
        (RangeSource(stop=3, line="{secret:env:TOKEN}"), "{secret:env:TOKEN} is not allowed here"),
        (RangeSource(stop=3, line="{site}/{n}"), ""),
    ],
)
def test_a_range_that_cannot_work_says_why(source: RangeSource, sentence: str) -> None:
    assert source.check() == sentence


def test_a_range_is_titled_by_its_ends() -> None:
    assert RangeSource(stop=1200).title == "numbers 1 to 1,200"
    assert RangeSource(start=0, stop=10, step=5).title == "numbers 0 to 10 by 5"


def test_a_list_gives_texts_as_lines_and_tables_as_they_are() -> None:
    source = ListSource(items=["a", 2, {"url": "u", "tags": ["x"]}])
    assert fields(source) == [{"n": 1, "line": "a"}, {"n": 2, "line": "2"}, {"url": "u", "tags": ["x"]}]
    assert fields(source, skip=2) == [{"url": "u", "tags": ["x"]}]


def test_dates_in_a_list_become_text() -> None:
    assert fields(ListSource(items=[{"day": datetime.date(2031, 5, 4)}])) == [{"day": "2031-05-04"}]


def test_a_list_names_its_columns_only_when_all_rows_have_them() -> None:
    assert ListSource(items=["a"]).columns() == ("n", "line")
    assert ListSource(items=[{"url": "u"}, {"url": "v"}]).columns() == ("url",)
    assert ListSource(items=[{"url": "u"}, "v"]).columns() is None


def test_an_empty_list_is_refused() -> None:
    assert ListSource(items=[]).check() == "items is empty; there is nothing to do"


def test_tables_are_read_as_presets_give_them() -> None:
    read = msgspec.convert({"kind": "list", "items": ["a", {"b": 1}], "rate": 5.0}, ListSource)
    assert read == ListSource(items=["a", {"b": 1}], rate=5.0)
