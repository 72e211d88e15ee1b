"""Saving a run's preset with the values in force, and reading its file again, on runs that really ran."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from qtui.core.commands import SetAdaptive, SetConcurrency, SetRate
from qtui.core.snapshot import AutoView, Control, Snapshot, ThrottleView
from qtui.errors import CannotWrite, UsageError
from qtui.wiring.editing import draft, reload, save
from qtui.wiring.toml_text import toml_text
from tests.tui.samples import sample
from tests.wiring.stage import Stage

PRESET = """\
# for a reader
[preset]
name = "bench"
[[source]]
kind = "lines"
path = "rows.txt"
[queue]
capacity = 16
[workers]
concurrency = 4
[throttle]
rate = "500/s"
[job]
kind = "simulate"
[job.simulate]
latency = "0s"
"""


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path)
    (tmp_path / "rows.txt").write_text("a\nb\n")
    assert stage.run("run", stage.write("bench.toml", PRESET)).returncode == 0
    return stage


def folder(stage: Stage) -> Path:
    (description,) = stage.state.glob("*/run.json")
    return description.parent


def unchanged() -> Snapshot:
    return sample(control=Control(concurrency=4, capacity=16, rate=500.0), throttle=ThrottleView(rate=500.0))


def steered() -> Snapshot:
    control = Control(concurrency=12, capacity=16, rate=None)
    return sample(control=control, throttle=ThrottleView(per_host=2, adaptive=AutoView(5, 1, 12)))


def test_a_saved_preset_has_the_values_in_force_and_all_that_was_not_changed(stage: Stage) -> None:
    written = tomllib.loads(draft(folder(stage), steered(), str(stage.folder / "tuned.toml")).text)

    was = tomllib.loads(PRESET)
    assert written == was | {
        "workers": {"concurrency": 12},
        "throttle": {"per_host": 2, "adaptive": True},
    }


def test_the_difference_to_the_file_is_told(stage: Stage) -> None:
    told = draft(folder(stage), steered(), str(stage.folder / "tuned.toml"))

    assert [(change.path, change.old, change.new) for change in told.changes] == [
        ("workers.concurrency", "4", "12"),
        ("throttle.per_host", "—", "2"),
        ("throttle.adaptive", "—", "true"),
        ("throttle.rate", "500/s", "—"),
    ]


def test_what_was_not_steered_differs_in_nothing(stage: Stage) -> None:
    assert draft(folder(stage), unchanged(), str(stage.folder / "same.toml")).changes == []


def test_a_saved_preset_runs_from_another_folder(stage: Stage) -> None:
    (stage.folder / "other").mkdir()
    told = draft(folder(stage), unchanged(), str(stage.folder / "other" / "bench.toml"))
    save(told.path, told.text, replace=False)

    done = stage.run("run", told.path)
    assert done.returncode == 0, done.stderr
    assert "2 done" in done.stdout + done.stderr


def test_a_file_with_comments_is_told_of_and_never_replaced_unasked(stage: Stage) -> None:
    told = draft(folder(stage), steered(), str(stage.folder / "bench.toml"))

    assert (told.exists, told.comments) == (True, 1)
    with pytest.raises(CannotWrite, match="exists already"):
        save(told.path, told.text, replace=False)
    assert (stage.folder / "bench.toml").read_text() == PRESET


def test_a_file_is_replaced_when_that_was_said(stage: Stage) -> None:
    told = draft(folder(stage), steered(), str(stage.folder / "bench.toml"))
    save(told.path, told.text, replace=True)

    assert tomllib.loads((stage.folder / "bench.toml").read_text())["workers"] == {"concurrency": 12}
    assert not list(stage.folder.glob(".*.part"))


@pytest.mark.parametrize(
    ("name", "why"),
    [("tuned", "let it end in .toml"), ("", "no name"), ("nowhere/tuned.toml", "no folder"), (".toml", "no name")],
)
def test_a_name_that_cannot_be_a_preset_is_refused(stage: Stage, name: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        draft(folder(stage), steered(), name)


def test_reading_an_unchanged_file_again_finds_nothing(stage: Stage) -> None:
    assert reload(folder(stage), unchanged(), []) == []


def test_what_can_change_now_comes_with_its_command(stage: Stage) -> None:
    text = PRESET.replace("concurrency = 4", "concurrency = 9").replace('rate = "500/s"', "adaptive = true")
    stage.write("bench.toml", text)
    found = {change.path: change.command for change in reload(folder(stage), unchanged(), [])}

    assert found == {
        "workers.concurrency": SetConcurrency(9),
        "throttle.rate": SetRate(None),
        "throttle.adaptive": SetAdaptive("on", 9),
    }


def test_what_a_person_has_changed_is_compared_with_the_file_and_not_with_the_past(stage: Stage) -> None:
    stage.write("bench.toml", PRESET.replace("concurrency = 4", "concurrency = 12"))
    paths = [change.path for change in reload(folder(stage), steered(), [])]

    assert "workers.concurrency" not in paths
    assert "throttle.rate" in paths


def test_what_takes_a_new_start_has_no_command(stage: Stage) -> None:
    stage.write("bench.toml", PRESET.replace('latency = "0s"', 'latency = "1s"'))

    (change,) = reload(folder(stage), unchanged(), [])
    assert (change.path, change.old, change.new, change.command) == ("job.simulate.latency", "0s", "1s", None)


def test_changes_of_the_command_line_are_no_difference(stage: Stage) -> None:
    stage.write("bench.toml", PRESET.replace("concurrency = 4", "concurrency = 5"))
    assert reload(folder(stage), unchanged(), [("workers.concurrency", "4")]) == []


def test_a_file_that_cannot_run_is_refused_with_its_line(stage: Stage) -> None:
    stage.write("bench.toml", PRESET.replace("concurrency = 4", "concurrency = -4"))
    with pytest.raises(UsageError, match=r"bench\.toml, line 10: workers\.concurrency.*nothing was changed"):
        reload(folder(stage), unchanged(), [])


def test_a_file_that_is_gone_is_said(stage: Stage) -> None:
    (stage.folder / "bench.toml").unlink()
    with pytest.raises(UsageError, match="no preset"):
        reload(folder(stage), unchanged(), [])


@pytest.mark.parametrize("text", ["one\ntwo", "one\r\ntwo", 'a "quote"\n\ttab \\r', '"""\n'])
def test_text_of_several_lines_is_written_as_it_was_read(text: str) -> None:
    tables = {"preset": {"name": text}, "source": [{"kind": "list", "items": [text]}], "job": {"kind": text}}

    assert tomllib.loads(toml_text(tables)) == tables
