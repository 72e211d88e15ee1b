"""The filter language: every word understood or refused where it stands, and written back as it was meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtui.core.job_filter import Condition, among, check, complete, parse, written

ALL = 'state:failed host:api.example attempt>1 run>5s producer:feeds sig:503 since:10m id:3187 "free text" /re+x/ !x'


def test_every_kind_of_condition_is_understood() -> None:
    assert parse(ALL) == (
        (
            Condition("state", ":", "failed"),
            Condition("host", ":", "api.example"),
            Condition("attempt", ">", "1", 1.0),
            Condition("run", ">", "5s", 5.0),
            Condition("producer", ":", "feeds"),
            Condition("sig", ":", "503"),
            Condition("since", ":", "10m", 600.0),
            Condition("id", ":", "3187", 3187.0),
            Condition("text", ":", "free text"),
            Condition("regex", ":", "re+x"),
            Condition("text", ":", "x", negated=True),
        ),
        (),
    )


@pytest.mark.parametrize(
    ("typed", "condition"),
    [
        ("!state:failed,held", Condition("state", ":", "failed,held", negated=True)),
        ('producer:"lines of urls.txt"', Condition("producer", ":", "lines of urls.txt")),
        ("HOST=api", Condition("host", "=", "api")),
        ("id:#1,2", Condition("id", ":", "#1,2", 1.0)),
        ("id>=100", Condition("id", ">=", "100", 100.0)),
        ("https://x/y", Condition("text", ":", "https://x/y")),
        ("/p/123", Condition("text", ":", "/p/123")),
        ("!/a b\\/c/", Condition("regex", ":", "a b\\/c", negated=True)),
        ("a.b:443", Condition("text", ":", "a.b:443")),
    ],
)
def test_the_words_of_one_condition(typed: str, condition: Condition) -> None:
    assert parse(typed) == ((condition,), ())


@pytest.mark.parametrize(
    ("typed", "start", "end", "why"),
    [
        ("x state:fialed", 2, 14, "no state of this name; did you mean failed? state is one of open"),
        ("state:blue", 0, 10, "state is one of open, pending, running"),
        ("prodcer:feeds", 0, 13, "there is no key prodcer; did you mean producer?"),
        ("http:503", 0, 8, "put it in quotes to search for it"),
        ("attempt>many", 0, 12, "a whole number"),
        ("run:5s", 0, 6, "run takes > or < or >= or <="),
        ("run>5x", 0, 6, 'run takes a duration such as "500ms"'),
        ("since:", 0, 6, "since takes a duration"),
        ("id:x", 0, 4, "a job number such as 3187"),
        ("a /(x+)+/", 2, 9, "a repeat inside a repeat"),
        ("/[/", 0, 3, "no pattern"),
        ('"open', 0, 5, "the quote is not closed"),
        ("host:", 0, 5, "host: of what?"),
        ("!", 0, 1, "is missing"),
    ],
)
def test_a_mistake_is_told_where_it_stands(typed: str, start: int, end: int, why: str) -> None:
    (mistake,) = parse(typed).mistakes

    assert (mistake.start, mistake.end) == (start, end)
    assert why in mistake.why


def test_what_is_right_beside_a_mistake_is_kept() -> None:
    assert parse("state:done run:1").conditions == (Condition("state", ":", "done"),)


def test_what_is_written_means_the_same() -> None:
    conditions = parse(ALL).conditions

    assert parse(written(conditions)) == (conditions, ())


@given(st.text(max_size=60))
def test_anything_typed_is_understood_or_refused_and_survives_the_round_trip(typed: str) -> None:
    parsed = parse(typed)

    assert all(0 <= mistake.start < mistake.end <= len(typed) for mistake in parsed.mistakes)
    if not parsed.mistakes:
        assert check(parsed.conditions) == ""
        assert parse(written(parsed.conditions)).conditions == parsed.conditions


@pytest.mark.parametrize(
    "condition",
    [
        Condition("regex", ":", "(a+)+"),
        Condition("nonsense", ":", "x"),
        Condition("attempt", ">", "1", 7.0),
        Condition("id", ">", "1) OR (1=1", 1.0),
    ],
)
def test_conditions_of_a_stranger_are_checked(condition: Condition) -> None:
    assert check([condition])


@pytest.mark.parametrize(
    ("typed", "options"),
    [
        ("", ("state:", "host:", "attempt:", "run>", "wait>", "producer:", "sig:", "since:", "id:")),
        ("s", ("state:", "sig:", "since:")),
        ("!st", ("!state:",)),
        ("state:f", ("failed",)),
        ("state:failed,h", ("held",)),
        ("producer:fe", ("feeds", "old feeds")),
        ("producer:old", ("old feeds",)),
        ("zzz", ()),
    ],
)
def test_completion_offers_keys_and_values(typed: str, options: tuple[str, ...]) -> None:
    found = complete(typed, len(typed), {"producer": ["feeds", "old feeds", "sitemap"]})

    assert tuple(option.strip('"') for option in found.options) == options


def test_a_completion_takes_the_place_of_what_is_begun() -> None:
    typed = "x state:failed,he"
    found = complete(typed, len(typed), {})

    assert typed[: found.start] + found.options[0] == "x state:failed,held"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("x", '"x" !state:aside state:failed,held'),
        ("state:failed", "!state:aside state:failed"),
        ("state:held", "state:held"),
        ("state:aside x", '"x" state:aside'),
        ("state:failed,aside", "state:failed,aside"),
    ],
)
def test_those_set_aside_are_meant_only_by_their_name(typed: str, meant: str) -> None:
    allowed = ("failed", "held", "cancelled", "aside")
    assert written(among(parse(typed).conditions, allowed, ("failed", "held"))) == meant
