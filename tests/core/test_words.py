"""Text made safe, units read and written, templates filled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtui import text
from qtui.core import units
from qtui.core.template import Template, TemplateError
from qtui.text import clean, clean_block

HOSTILE = [
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x1b]52;c;aGk=\x1b\\",
    "\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\",
    "\x1bP1$r0m\x1b\\",
    "\x1bc",
    "\x1b[2J\x1b[H",
    "\x9b31m",
    "\x9d0;x\x9c",
    "\x90q\x9c",
    "a\x08\x08b",
    "a\rb",
    "a\x00b\x7f",
    "\u202egnp.exe",
    "\u2066\u2069",
    "\u200b\u200d\ufeff",
    "\U000e0041\U000e007f",
    "\ud800x\udfff",
    "\x1b",
    "\x1b[",
    "\x1b]",
    "\x1b[999999999999999999m",
    "\x1b]0;never ended",
    "\u2028\u2029\x85",
]


@pytest.mark.parametrize("raw", HOSTILE, ids=ascii)
def test_nothing_hostile_is_left(raw: str) -> None:
    shown = clean(f"before{raw}after")

    assert shown.startswith("before")
    assert shown.isprintable()
    assert not any("\u202a" <= ch <= "\u202e" or "\u2066" <= ch <= "\u2069" for ch in shown)
    assert not any("\ud800" <= ch <= "\udfff" for ch in shown)


@given(st.text(st.characters(exclude_categories=[]), max_size=200))
def test_cleaning_twice_is_cleaning_once(raw: str) -> None:
    once = clean(raw)

    assert once.isprintable()
    assert len(once) <= text.MAX_FIELD
    assert clean(once) == once


@given(st.binary(max_size=200))
def test_bytes_that_are_no_text_can_be_shown(raw: bytes) -> None:
    assert clean(raw).isprintable()


def test_an_object_whose_text_raises_can_be_shown() -> None:
    class Rude:
        def __str__(self) -> str:
            raise RuntimeError("no")

    assert clean(Rude()) == "<Rude that cannot be shown: RuntimeError>"


def test_a_megabyte_is_cut_without_being_worked_through() -> None:
    shown = clean("\x1b[31m" * 1_000_000 + "x", 50)

    assert len(shown) <= 50


def test_plain_and_foreign_letters_stay() -> None:
    assert clean("Zürich 世界 ✓ [/b]") == "Zürich 世界 ✓ [/b]"


def test_blocks_keep_their_lines_and_nothing_else() -> None:
    assert clean_block("a\tb\r\n\x1b[31mc\x07") == "a   b\nc␇"


@pytest.mark.parametrize(
    ("value", "seconds"), [("1.5s", 1.5), ("500ms", 0.5), ("1m30s", 90), ("2h", 7200), (3, 3.0), ("1 h 1 m", 3660)]
)
def test_durations(value: object, seconds: float) -> None:
    assert units.duration(value) == seconds


@pytest.mark.parametrize(("value", "rate"), [("50/s", 50), ("100/min", 100 / 60), ("1.5/h", 1.5 / 3600), (7, 7)])
def test_rates(value: object, rate: float) -> None:
    assert units.rate(value) == pytest.approx(rate)


@pytest.mark.parametrize(("value", "octets"), [("10MiB", 10 << 20), ("500kB", 500_000), ("1 GB", 10**9), (77, 77)])
def test_sizes(value: object, octets: int) -> None:
    assert units.size(value) == octets


@pytest.mark.parametrize("value", ["", "s", "-1s", "1.5", "1x", "1s2", True, None, [], float("nan"), -1, "infs"])
def test_what_is_no_duration_is_refused_with_an_example(value: object) -> None:
    with pytest.raises(ValueError, match=r"1\.5s"):
        units.duration(value)


@pytest.mark.parametrize("value", ["0/s", "50", "50/", "/s", "50/year", 0, -3, True, None])
def test_what_is_no_rate_is_refused_with_an_example(value: object) -> None:
    with pytest.raises(ValueError, match="50/s"):
        units.rate(value)


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        (text.seconds(0.923), "0.92s"),
        (text.seconds(3.71), "3.7s"),
        (text.seconds(12.2), "12s"),
        (text.seconds(286), "4:46"),
        (text.clock(9509), "2:38:29"),
        (text.rate(6.71), "6.7/s"),
        (text.rate(12_345), "12k/s"),
        (text.percent(0.004), "<1%"),
        (text.percent(0.999), "99%"),
        (text.percent(1.0), "100%"),
        (text.count(3130), "3,130"),
        (text.short_count(1_204_331), "1.2M"),
        (text.size(61_000_000), "61 MB"),
        (text.plural(1, "job"), "1 job"),
        (text.plural(2, "retry", "retries"), "2 retries"),
        (text.middle("blog.example/post/86759", 16), "blog.…post/86759"),
        (text.middle("abc", 1), "…"),
    ],
)
def test_numbers_for_people(call: str, shown: str) -> None:
    assert call == shown


def test_a_template_fills_fields_nested_fields_and_braces() -> None:
    template = Template("{{{line}}} {user.id} {n}")

    assert template.fields == {"line", "user.id", "n"}
    assert template.fill({"line": "x", "user": {"id": 7}}, {"n": True}) == "{x} 7 true"


def test_the_first_row_that_has_a_field_wins() -> None:
    assert Template("{a}").fill({"a": 1}, {"a": 2}) == "1"


def test_a_missing_field_names_what_there_is() -> None:
    with pytest.raises(TemplateError, match=r"no field \{url\}; this row has line, n"):
        Template("{url}").fill({"n": 1, "line": "x"})


@pytest.mark.parametrize("broken", ["{", "}", "a{b", "{a b}", "{}", "{1x}"])
def test_a_broken_template_is_refused(broken: str) -> None:
    with pytest.raises(TemplateError):
        Template(broken)


def test_secrets_are_known_by_name_and_looked_up_only_where_allowed() -> None:
    template = Template("Bearer {secret:env:TOKEN}")

    assert template.secret_names == {"TOKEN"}
    assert template.fill({}, lookup=lambda name: name) == "Bearer secret:env:TOKEN"
    with pytest.raises(TemplateError, match="not allowed here"):
        template.fill({})
