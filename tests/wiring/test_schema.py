"""`qtui schema`: it accepts what the reader of presets accepts and refuses what that refuses for its shape."""

from __future__ import annotations

import tomllib

import jsonschema
import msgspec
import pytest

from qtui.core.port import Problem
from qtui.core.preset import parse
from qtui.core.tables import Adaptive, Preset
from qtui.kinds import KINDS
from qtui.sources import SOURCES
from qtui.wiring.authoring import new_preset
from qtui.wiring.finding import bundled
from qtui.wiring.meanings import meanings
from qtui.wiring.presets import vocabulary
from qtui.wiring.schema import plain_tables, preset_schema

GOOD = """
[preset]
name = "good"
[[source]]
kind = "range"
stop = 10
rate = "50/s"
[job]
kind = "simulate"
timeout = "1m30s"
[job.simulate]
latency = "20ms"
[queue]
capacity = 4
[retry]
backoff = { base = "250ms", max = 120 }
"""
CHECK = jsonschema.Draft7Validator(preset_schema())


Read = tuple[Preset | None, list[Problem]]


def read(text: str) -> Read:
    return parse(text, "p.toml", vocabulary())


def with_table(text: str) -> str:
    """A good preset with another table in it."""
    return GOOD.replace("[retry]", f"{text}\n[retry]")


def refused(text: str) -> bool:
    return not CHECK.is_valid(tomllib.loads(text))


def test_it_is_a_schema() -> None:
    jsonschema.Draft7Validator.check_schema(preset_schema())


@pytest.mark.parametrize("path", bundled(), ids=lambda path: str(path.stem))
def test_every_bundled_preset_is_valid(path: object) -> None:
    text = path.read_text()  # type: ignore[attr-defined]

    assert not [error.message for error in CHECK.iter_errors(tomllib.loads(text))]


@pytest.mark.parametrize("kind", KINDS)
def test_what_new_writes_is_valid(kind: str) -> None:
    assert not [error.message for error in CHECK.iter_errors(tomllib.loads(new_preset(kind)))]


def test_every_kind_source_and_table_is_in_it() -> None:
    told = preset_schema()["properties"]

    assert set(KINDS) <= set(told["job"]["properties"])
    assert told["job"]["properties"]["kind"]["enum"] == list(KINDS)
    assert [each["properties"]["kind"]["const"] for each in told["source"]["items"]["oneOf"]] == list(SOURCES)
    _, problems = read("nonsense = 1\n" + GOOD)
    assert set(problems[0].allowed.split(", ")) == set(told)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"50/s"', '"fast"'),
        ('"50/s"', '"0/s"'),
        ('"50/s"', "0"),
        ('"50/s"', "true"),
        ('"1m30s"', '"1 fortnight"'),
        ('"1m30s"', "-1"),
        ("capacity = 4", "capacity = 0"),
        ("capacity = 4", "capacity = 1.5"),
        ("capacity = 4", 'capacity = "4"'),
        ("capacity = 4", "capacity = true"),
        ("capacity = 4", "capcity = 4"),
        ("capacity = 4", 'overflow = "blok"'),
        ("[queue]", "[queueue]"),
        ('name = "good"', "name = 3"),
        ('name = "good"', 'name = ""'),
        ('name = "good"', ""),
        ("stop = 10", "stopp = 10"),
        ("stop = 10", ""),
        ('kind = "range"', 'kind = "rnge"'),
        ('kind = "range"', ""),
        ("[[source]]", "[source]"),
        ('kind = "simulate"', 'kind = "simulat"'),
        ('kind = "simulate"', 'kind = "http"'),
        ("[job.simulate]", '[job.http]\nurl = "x"\n[job.simulate]'),
        ("latency", "latncy"),
        ("base =", "bse ="),
        ("max = 120", 'jitter = "some"'),
        ("[retry]", '[retry]\non = ["timeot"]'),
        ("[retry]", '[retry]\non = ["http:99"]'),
        ("[retry]", "[retry]\non = [3]"),
        ("[retry]", '[retry]\non = "timeout"'),
        ("[retry]", '[retry]\nrejoin = "fairly"'),
        ("[retry]", '[results]\norder = "submision"\n[retry]'),
        ("[retry]", "[throttle]\nadaptive = 3\n[retry]"),
        ("[retry]", "[throttle]\nadaptive = { max = 0 }\n[retry]"),
        ("[retry]", "[throttle]\nadaptive = { mn = 1 }\n[retry]"),
        ("[retry]", "[halt]\nfailures = 0\n[retry]"),
        ("[retry]", "[halt]\nfailures = 0.2\n[retry]"),
        ("[retry]", '[halt]\nfailures = "0%"\n[retry]'),
        ("[retry]", '[halt]\nfailures = "101%"\n[retry]'),
        ("[retry]", '[halt]\nfailures = "off"\n[retry]'),
        ("[retry]", "[halt]\nof = 0\n[retry]"),
        ("[retry]", "[throttle]\nmemory = 0.9\n[retry]"),
        ("[retry]", '[throttle]\nmemory = "2GB"\n[retry]'),
        ("[retry]", '[throttle]\nmemory = "0%"\n[retry]'),
        ("[retry]", "[demo]\nsite = 3\n[retry]"),
        ("[retry]", "[demo]\nprducts = 3\n[retry]"),
    ],
)
def test_what_is_refused_for_its_shape_is_refused_by_both(old: str, new: str) -> None:
    bad = GOOD.replace(old, new, 1)

    assert not refused(GOOD)
    assert refused(bad)
    assert read(bad)[0] is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("true", Adaptive()),
        ("false", None),
        ("{}", Adaptive()),
        ('{ min = 2, max = 9, window = "2s" }', Adaptive(min=2, max=9, window=2.0)),
    ],
)
def test_what_adapts_is_a_word_or_a_table(text: str, meant: Adaptive | None) -> None:
    good = with_table(f"[throttle]\nadaptive = {text}")

    assert not refused(good)
    preset, problems = read(good)
    assert preset is not None, problems
    assert preset.throttle.adapts == meant


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("3", "this must be true or false or a table, not a whole number"),
        ("{ min = 9, max = 3 }", "min is 9 and max only 3: it could allow nothing"),
        ('{ window = "0s" }', "window must be longer than nothing"),
    ],
)
def test_what_cannot_adapt_is_refused_with_the_reason(text: str, message: str) -> None:
    _, problems = read(with_table(f"[throttle]\nadaptive = {text}"))

    assert [problem.message for problem in problems] == [message]


@pytest.mark.parametrize("text", ['"500ms"', '"1.5s"', '"1h 30m"', "3", "0.5", '"2d"'])
def test_durations_are_what_people_write(text: str) -> None:
    good = GOOD.replace('"1m30s"', text)

    assert not refused(good)
    assert read(good)[0] is not None


@pytest.mark.parametrize(
    "text",
    [
        'throttle.memory = "90%"',
        'throttle.memory = "off"',
        'throttle.memory = " 7.5 %"',
        'halt.failures = "20%"',
        'halt.failures = "100%"',
        "halt.failures = 50",
        "halt.consecutive = 1",
    ],
)
def test_shares_and_numbers_are_what_people_write(text: str) -> None:
    good = f"{text}\n{GOOD}"

    assert not refused(good)
    assert read(good)[0] is not None


def test_every_key_has_a_meaning() -> None:
    known = vocabulary()
    every = [*plain_tables().values(), *known.kinds.values(), *known.sources.values(), known.demo]
    silent = [
        f"{table.__name__}.{field.name}"
        for table in every
        for field in msgspec.structs.fields(table)
        if field.name not in meanings(table)
    ]

    assert not silent


LOGIN = """
[job]
kind = "http"
[job.http]
url = "u"
[job.http.login]
url = "l"
{}
"""


@pytest.mark.parametrize(
    ("lines", "good"),
    [
        ("", True),
        ('[[job.http.login.before]]\nurl = "b"\ntake = { t = "json:t" }', True),
        ('before = [{ url = "b" }, { url = "c" }]', True),
        ("before = [{}]", False),
        ('before = [{ url = "b", tkae = {} }]', False),
        ('before = { url = "b" }', False),
        ("ended = [99]", False),
    ],
)
def test_a_list_of_tables_is_checked_like_a_table(lines: str, good: bool) -> None:
    text = GOOD[: GOOD.index("[job]")] + LOGIN.format(lines)

    assert refused(text) is not good
    assert bool(read(text)[0]) is good
