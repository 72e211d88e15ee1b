"""`qtui new` and `qtui schema`: a preset to start from that runs as it is, never over a file."""

from __future__ import annotations

import json
import re

import pytest

from qtui.core.preset import parse
from qtui.kinds import KINDS
from qtui.wiring.authoring import new_preset
from qtui.wiring.presets import vocabulary
from tests.cli.conftest import Program


@pytest.mark.parametrize("kind", KINDS)
def test_every_option_behind_a_mark_is_valid_without_it(kind: str) -> None:
    text = new_preset(kind)
    for option in re.findall(r"^#\w+ = .*$", text, re.MULTILINE):
        taken = text.replace(f"\n{option}\n", f"\n{option[1:]}\n", 1)
        _, problems = parse(taken, "p.toml", vocabulary())

        assert not problems, (option, problems)


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_preset_is_good_and_runs(qtui: Program, kind: str) -> None:
    wrote = qtui.run("new", kind, "mine.toml")
    checked = qtui.run("check", "mine.toml")
    ran = qtui.run("run", "mine.toml", "--set", "source.stop=3", "--set", "retry.attempts=5")

    assert (wrote.returncode, wrote.stdout) == (0, "")
    assert "qtui mine.toml" in wrote.stderr
    assert checked.stdout.startswith("mine: ")
    assert ran.returncode in (0, 1), ran.stderr
    assert "3 done" in ran.stderr or "failed" in ran.stderr  # a few of their jobs fail on purpose


def test_without_a_file_it_is_printed(qtui: Program) -> None:
    assert qtui.run("new", "http").stdout == new_preset("http")


def test_it_never_writes_over_a_file(qtui: Program) -> None:
    (qtui.folder / "mine.toml").write_text("precious")
    done = qtui.run("new", "http", "mine.toml")

    assert done.returncode == 74
    assert "exists already" in done.stderr
    assert (qtui.folder / "mine.toml").read_text() == "precious"


def test_a_bundled_preset_can_be_the_start(qtui: Program) -> None:
    qtui.run("new", "backpressure", "mine.toml")

    assert qtui.run("check", "mine.toml").stdout.startswith("mine: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("new", "htp"), "did you mean http?"),
        (("new",), "which kind of job?"),
        (("new", "http", "mine.txt"), "let it end in .toml"),
    ],
)
def test_what_cannot_be_written_is_said(qtui: Program, words: tuple[str, ...], said: str) -> None:
    done = qtui.run(*words)

    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_the_schema_is_json(qtui: Program) -> None:
    assert json.loads(qtui.run("schema").stdout)["$id"] == "urn:qtui:preset"
