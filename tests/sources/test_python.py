"""Rows out of Python functions: lists, generators, async ones, failing ones and those that never end."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from qtui.core.capabilities import Capabilities
from qtui.core.seams import Source
from qtui.errors import InputError, PresetError
from qtui.sources import PythonSource
from qtui.sources.pump import AHEAD
from tests.sources import producers
from tests.sources.reading import fields, problems


def source(name: str, **args: object) -> Source:
    return PythonSource(function=f"tests.sources.producers:{name}", args=args).bind({})


@pytest.mark.parametrize(
    ("name", "args", "values"),
    [
        ("listed", {}, [0, 1, 2]),
        ("listed", {"upto": 2500}, list(range(2500))),
        ("streamed", {"upto": 2500}, list(range(2500))),
        ("awaited", {}, ["a", "b"]),
        ("listed", {"upto": 0}, []),
    ],
)
def test_whatever_gives_values_is_a_source(name: str, args: dict[str, object], values: list[object]) -> None:
    assert fields(source(name, **args)) == [{"line": value} for value in values]


def test_rows_already_taken_are_left_out() -> None:
    assert fields(source("listed", upto=2500), 2498) == [{"line": 2498}, {"line": 2499}]


def test_rows_are_kept_as_json_would_and_others_are_problems() -> None:
    mixed = source("mixed")

    assert fields(mixed)[:4] == [{"day": "2024-02-29"}, {"line": "text"}, {"line": 1.5}, {"number": 7}]
    none, a_list, an_object = problems(mixed)
    assert none == "tests.sources.producers:mixed row 5 is of type NoneType, not a dict, a text or a number"
    assert "row 6 is of type list" in a_list
    assert "row 7 cannot be kept" in an_object


@pytest.mark.parametrize(
    ("name", "said"),
    [("breaks", "LookupError: no luck"), ("breaks_too", "SystemExit: 3"), ("gives_up", "CancelledError")],
)
def test_an_exception_in_the_middle_comes_behind_the_rows_and_names_its_line(name: str, said: str) -> None:
    batches = source(name).batches()
    got = []
    with pytest.raises(InputError) as failed:
        got += [row for batch in batches for row in batch]

    lines = Path(producers.__file__).read_text().split("\n")
    line = next(n for n, text in enumerate(lines, 1) if "raise" in text and said.partition(":")[0] in text)
    assert str(failed.value) == f"tests.sources.producers:{name} failed: {said} ({producers.__file__}:{line})"


def test_rows_before_an_exception_are_given() -> None:
    batches = source("breaks").batches()

    assert [row.fields for row in next(batches)] == [{"line": "good"}]


def test_what_gives_no_rows_says_so() -> None:
    with pytest.raises(InputError, match="gave int; it must give an iterable of rows"):
        fields(source("number"))


@pytest.mark.parametrize(
    ("name", "args"), [("endless", {}), ("streamed", {"upto": 10**9}), ("silent_too", {})], ids=str
)
def test_closing_closes_the_generator(tmp_path: Path, name: str, args: dict[str, object]) -> None:
    note = tmp_path / "note"
    batches = source(name, note=str(note), **args).batches()
    next(batches)
    batches.close()  # type: ignore[attr-defined]

    assert note.read_text() == "closed"


def test_a_silent_one_gives_its_reader_a_turn_and_is_left_behind() -> None:
    begun = time.monotonic()
    batches = source("silent").batches()

    assert next(batches) == []
    batches.close()  # type: ignore[attr-defined]
    assert time.monotonic() - begun < 3


def test_only_so_many_rows_are_made_ahead(tmp_path: Path) -> None:
    batches = source("endless", note=str(tmp_path / "note")).batches()
    first = [row.fields["line"] for row in next(batches)]
    taken = [row.fields["line"] for row in next(batches)]
    batches.close()  # type: ignore[attr-defined]

    assert taken[0] == len(first)
    assert len(first) <= AHEAD
    assert len(taken) <= AHEAD


@pytest.mark.parametrize(
    ("name", "args", "said"),
    [
        ("lsted", {}, r"tests\.sources\.producers has no lsted; did you mean listed\?"),
        ("NO_FUNCTION", {}, "is not a function but int"),
        ("listed", {"up": 3}, "cannot be called with args: got an unexpected keyword argument 'up'"),
        ("streamed", {}, "cannot be called with args: missing a required argument: 'upto'"),
    ],
)
def test_what_cannot_be_called_is_refused_before_the_run(name: str, args: dict[str, object], said: str) -> None:
    with pytest.raises(PresetError, match=said):
        source(name, **args)


def test_checking_imports_nothing() -> None:
    unbound = PythonSource(function="there.is.no.such:thing")

    assert unbound.check() == ""
    assert unbound.capabilities() == Capabilities(imports=("there.is.no.such",))
    assert not unbound.harmless
    assert PythonSource(function="a:b", path="/no/such/folder").check().endswith("is not a folder")


def test_it_is_never_taken_for_the_same_input() -> None:
    assert (source("listed").fingerprint(), source("listed").repeatable) == ("", False)
