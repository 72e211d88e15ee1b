"""Presets: a good one becomes Structs, a bad one every problem at once with line, key and what would be right."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtui.core.port import Problem
from qtui.core.preset import document, parse
from qtui.core.tables import Preset
from qtui.errors import UsageError
from qtui.wiring.presets import Options, load, vocabulary

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

[retry]
backoff = { base = "250ms", max = "2m" }
"""


def read(text: str, *changes: tuple[str, str]) -> tuple[Preset | None, list[Problem]]:
    return parse(text, "p.toml", vocabulary(), changes)


def problems(text: str, *changes: tuple[str, str]) -> list[Problem]:
    preset, found = read(text, *changes)
    assert (preset is None) == bool(found)
    return found


def test_a_good_preset_has_its_values_in_plain_units() -> None:
    preset, found = read(GOOD)

    assert not found
    assert preset is not None
    assert preset.sources[0].rate == 50.0
    assert preset.job.timeout == 90.0
    assert (preset.retry.backoff.base, preset.retry.backoff.max) == (0.25, 120.0)
    assert preset.queue.capacity == 64


def test_all_problems_come_at_once_in_the_order_of_their_lines() -> None:
    bad = GOOD.replace('"50/s"', '"fast"').replace("timeout", "timout").replace('max = "2m"', "max = true")
    found = problems(f"{bad}\n[queue]\ncapacity = 0\n[wrkers]\nconcurrency = 3\n")

    assert [problem.path for problem in found] == [
        "source[0].rate",
        "job.timout",
        "retry.backoff.max",
        "queue.capacity",
        "wrkers",
    ]
    assert [problem.line for problem in found] == [8, 12, 18, 21, 22]


@pytest.mark.parametrize(
    ("old", "new", "path", "suggestion"),
    [
        ("stop", "stopp", "source[0].stopp", "stop"),
        ('kind = "range"', 'kind = "rnge"', "source[0].kind", "range"),
        ('kind = "simulate"', 'kind = "simulat"', "job.kind", "simulate"),
        ("[job.simulate]\nlatency", "[job.simulate]\nlatncy", "job.simulate.latncy", "latency"),
        ("[retry]\n", '[retry]\nrejoin = "fairly"\n', "retry.rejoin", "fair"),
        ("[retry]\n", '[retry]\non = ["timeot"]\n', "retry.on[0]", "timeout"),
        ("[retry]\n", '[retry]\non = ["exeption:KeyError"]\n', "retry.on[0]", "exception:KeyError"),
        ("[retry]\n", '[retry]\non = ["http:5x"]\n', "retry.on[0]", "http:5xx"),
        ("[retry]\n", '[retry]\non = ["http-429"]\n', "retry.on[0]", "http:429"),
        ("[retry]\n", '[retry]\non = ["kiled"]\n', "retry.on[0]", "killed"),
        ("[retry]\n", "[retry]\nattempts_for = { timeot = 5 }\n", "retry.attempts_for.timeot", "timeout"),
    ],
)
def test_the_nearest_spelling_is_offered(old: str, new: str, path: str, suggestion: str) -> None:
    found = problems(GOOD.replace(old, new))

    assert (path, suggestion) in [(problem.path, problem.suggestion) for problem in found]


@pytest.mark.parametrize(
    ("path", "wrong", "suggestion"),
    [
        ("retry.rejoin", "Fair", "fair"),
        ("retry.backoff.jitter", "ful", "full"),
        ("queue.overflow", "blok", "block"),
        ("workers.strategy", "pol", "pool"),
        ("workers.executor", "lokal", "local"),
        ("results.order", "submision", "submission"),
        ("job.on_crash", "hodl", "hold"),
    ],
)
def test_the_nearest_choice_is_offered(path: str, wrong: str, suggestion: str) -> None:
    (problem,) = problems(GOOD, (path, wrong))

    assert (problem.path, problem.suggestion) == (path, suggestion)


@pytest.mark.parametrize(
    ("wrong", "suggestion"),
    [
        ("timeot", "timeout"),
        ("Timeout", "timeout"),
        ("http:50x", "http:5xx"),
        ("http:5XX", "http:5xx"),
        ("5xx", "http:5xx"),
        ("429", "http:429"),
        ("htp:500", "http:500"),
        ("ValueError", "exception:ValueError"),
        ("exeption:KeyError", "exception:KeyError"),
        ("zzz", ""),
    ],
)
def test_the_nearest_class_of_errors_is_offered(wrong: str, suggestion: str) -> None:
    (problem,) = problems(GOOD.replace("[retry]\n", f'[retry]\non = ["any", "{wrong}"]\n'))

    assert (problem.path, problem.suggestion) == ("retry.on[1]", suggestion)
    assert problem.line == 18


def test_the_wrong_entry_of_a_list_is_named() -> None:
    (problem,) = problems(GOOD.replace("[retry]\n", '[retry]\non = ["any", 3]\n'))

    assert (problem.path, problem.line, problem.found) == ("retry.on[1]", 18, "3")


@pytest.mark.parametrize(
    ("text", "path", "suggestion"),
    [("[http]\n", "http", "job.http"), ('[source]\nkind = "range"\n', "source", "[[source]]")],
)
def test_a_table_at_the_wrong_place_is_told_where_it_goes(text: str, path: str, suggestion: str) -> None:
    assert (path, suggestion) in [(problem.path, problem.suggestion) for problem in problems(text)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "at least one [[source]]"),
        ("[preset", "not TOML"),
        ("[preset]\nname = 3\n", "must be text, not a whole number"),
        ('[preset]\nname = ""\n', "must not be empty"),
        ("source = 3\n", "at least one [[source]]"),
        ("source = [3]\n", "must be a table"),
        ("[job]\n", "kind is missing"),
        ("[[job]]\n", "must be a table"),
        ("demo = 3\n", "must be a table"),
        ("[demo]\nsite = 3\n", "must be true or false"),
        ("[workers]\nconcurrency = 5000\n", "must be at most 4096"),
        ("[workers]\nconcurrency = true\n", "must be a whole number"),
        ('[workers]\nstrategy = "boundless"\n', "there is no such choice"),
        ('[workers]\nstrategy = "semaphore"\n[queue]\noverflow = "reject"\n', "it never comes to that"),
        ('[workers]\nstrategy = "unbounded"\nexecutor = "process"\n', "a process for every job"),
        ("[halt]\nfailures = 0\n", 'must be a share such as "20%", or a number from 1 on'),
        ("[halt]\nfailures = 0.2\n", 'must be a share such as "20%", or a number from 1 on'),
        ('[halt]\nfailures = "0%"\n', 'must be a share such as "20%", or a number from 1 on'),
        ('[halt]\nfailures = "101%"\n', 'must be a share such as "20%", or a number from 1 on'),
        ("[halt]\nfailures = 101\n", "101 failures of the last 100 attempts can never be; raise `of`"),
        ("[halt]\nof = 0\n", "must be at least 1"),
        ("[halt]\nconsecutive = 0\n", "must be at least 1"),
        ("[throttle]\nmemory = 0.9\n", 'must be a share such as "90%", or "off"'),
        ('[throttle]\nmemory = "2GB"\n', 'must be a share such as "90%", or "off"'),
    ],
)
def test_each_mistake_has_its_sentence(text: str, said: str) -> None:
    assert any(said in problem.message for problem in problems(text)), problems(text)


@pytest.mark.parametrize(("text", "share"), [('"90%"', 0.9), ('" 7.5 % "', 0.075), ('"100%"', 1.0), ('"off"', 0.0)])
def test_memory_is_a_share_or_off(text: str, share: float) -> None:
    preset, _ = read(GOOD, ("throttle.memory", text))

    assert preset is not None
    assert preset.throttle.memory == share


@pytest.mark.parametrize(("text", "failures"), [('"20%"', 0.2), ('"100%"', 1.0), ("1", 1), ("100", 100)])
def test_failures_are_a_share_or_a_number(text: str, failures: float) -> None:
    preset, _ = read(GOOD, ("halt.failures", text))

    assert preset is not None
    assert (preset.halt.failures, type(preset.halt.failures)) == (failures, type(failures))


def test_the_table_of_another_kind_is_not_silently_ignored() -> None:
    found = problems(GOOD.replace("[job.simulate]\n", '[job.http]\nurl = "x"\n[job.simulate]\n'))

    assert any("would be ignored" in problem.message for problem in found)


def test_a_lone_brace_in_a_template_is_named() -> None:
    found = problems(GOOD.replace("[job]\n", '[job]\nname = "page {n"\n'))

    assert found[0].path == "job.name"
    assert "lone {" in found[0].message


@pytest.mark.parametrize(
    "text",
    ["a." * 40_000 + "b = 1", "x = " + "[" * 5_000, "x = " + "{a=" * 200, 'x = "' + "y" * 70_000, "#" * 2_000_000],
)
def test_input_that_chokes_a_parser_is_refused_at_once(text: str) -> None:
    began = time.process_time()

    assert problems(text)
    assert time.process_time() - began < 1.0


@given(st.text(max_size=300))
def test_no_text_makes_it_raise(text: str) -> None:
    problems(text)


@given(st.sampled_from(GOOD.split()), st.text(max_size=20))
def test_no_edit_makes_it_raise(word: str, other: str) -> None:
    read(GOOD.replace(word, other, 1))


def test_problems_carry_no_control_characters() -> None:
    found = problems('[preset]\n"na\\u001bme" = "\\u001b]0;x\\u0007"\nname = 3\n')

    assert not any(ord(ch) < 32 for problem in found for ch in problem.message + problem.found + problem.suggestion)


def test_values_can_be_changed_from_outside() -> None:
    changes = [
        ("workers.concurrency", "16"),
        ("preset.name", "other"),
        ("source.rate", '"5/s"'),
        ("source[0].stop", "3"),
    ]
    preset, found = read(GOOD, *changes)

    assert not found
    assert preset is not None
    assert (preset.workers.concurrency, preset.about.name, preset.sources[0].rate) == (16, "other", 5.0)


@pytest.mark.parametrize("path", ["nope.x", "preset.name.deeper", "source[7].stop", "workers.concurency"])
def test_a_change_that_hits_nothing_is_a_problem(path: str) -> None:
    assert problems(GOOD, (path, "1"))


def test_input_paths_are_relative_to_the_preset_and_the_command_line_to_the_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "in.txt").write_text("a\n")
    (tmp_path / "own.csv").write_text("line\nb\n")
    preset = tmp_path / "presets" / "p.toml"
    preset.write_text(GOOD.replace('kind = "range"\nstop = 10', 'kind = "lines"\npath = "in.txt"'))
    monkeypatch.chdir(tmp_path)
    beside, own = load(str(preset)), load(str(preset), Options(input="own.csv"))

    assert beside.preset is not None
    assert own.preset is not None
    assert beside.preset.sources[0].path == str(tmp_path / "presets" / "in.txt")  # type: ignore[attr-defined]
    assert own.preset.sources[0].kind == "csv"
    assert own.preset.sources[0].path == str(tmp_path / "own.csv")  # type: ignore[attr-defined]


def test_an_input_that_cannot_be_read_is_a_problem_of_the_preset(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(GOOD.replace('kind = "range"\nstop = 10', 'kind = "lines"\npath = "missing.txt"'))
    loaded = load(str(path))

    assert loaded.preset is None
    assert "missing.txt" in loaded.problems[0].message


def test_a_preset_that_is_not_utf8_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_bytes(b"[preset]\nname = '\xff'\n")

    assert load(str(path)).problems[0].line == 2


def test_a_missing_preset_names_the_bundled_ones() -> None:
    with pytest.raises(UsageError, match=r"no preset ghost.*backpressure"):
        load("ghost")


def test_the_tables_in_force_have_the_changes_and_keep_their_templates() -> None:
    text = GOOD + '[job.http]\nheaders = { A = "{secret:env:TOKEN}" }\n'
    tables = document(text, [("workers.concurrency", "3"), ("source[0].stop", "5")])

    assert tables["workers"] == {"concurrency": 3}
    assert tables["source"][0]["stop"] == 5
    assert tables["job"]["http"]["headers"] == {"A": "{secret:env:TOKEN}"}


def test_the_tables_in_force_have_the_source_of_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text(GOOD)
    (tmp_path / "rows.tsv").write_text("n\tm\n1\t2\n")
    told = load(str(tmp_path / "p.toml"), Options(str(tmp_path / "rows.tsv"))).document

    assert told["source"] == [{"kind": "csv", "name": "", "path": str(tmp_path / "rows.tsv"), "delimiter": "tab"}]


@pytest.mark.parametrize(
    ("path", "format_", "shape"),
    [
        ("r.csv", "auto", "csv"),
        ("r.CSV", "auto", "csv"),
        ("r.csv", "jsonl", "jsonl"),
        ("r", "csv", "csv"),
        ("r", "auto", "jsonl"),
    ],
)
def test_the_suffix_decides_the_format_unless_the_preset_does(path: str, format_: str, shape: str) -> None:
    preset, _ = read(GOOD, ("results.path", path), ("results.format", format_))

    assert preset is not None
    assert preset.results.shape == shape


@pytest.mark.parametrize("change", [("results.order", "submision"), ("results.format", "cvs")])
def test_an_unknown_order_or_format_is_told_with_what_there_is(change: tuple[str, str]) -> None:
    preset, (problem,) = read(GOOD, change)

    assert preset is None
    assert problem.suggestion in ("submission", "csv")
