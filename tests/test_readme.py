"""README tells the truth: its keys come from the registry, its commands and its preset are real.

`python -m tests.test_readme` writes the table of keys anew.
"""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from qtui.cli.verbs import VERBS, cli
from qtui.core.preset import parse
from qtui.tui.actions import ACTIONS
from qtui.wiring.finding import bundled
from qtui.wiring.presets import load, vocabulary

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
BEGIN = "<!-- keys: made by `python -m tests.test_readme` from the registry of actions -->\n"
END = "<!-- end of keys -->\n"


def key_table() -> str:
    """The registry of actions as a table, one part per heading."""
    lines = []
    for group in dict.fromkeys(action.group for action in ACTIONS):
        lines += [f"| {group.lower()} | |", "|---|---|"]
        lines += [
            f"| {' '.join(f'`{key}`' for key in action.label.split())} | {action.help} |"
            for action in ACTIONS
            if action.group == group and action.keys
        ]
        lines.append("")
    return "\n".join(lines)


def with_keys(text: str) -> str:
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{key_table()}\n{END}{after}"


def commands() -> list[list[str]]:
    """Every `qtui …` line of the code blocks, as words."""
    blocks = re.findall(r"```sh\n(.*?)```", README.read_text(), re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [shlex.split(line.replace("[", "").replace("]", "")) for line in lines if line.startswith("qtui ")]


def test_the_keys_are_those_of_the_registry() -> None:
    text = README.read_text()

    assert text == with_keys(text), "run: python -m tests.test_readme"


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_exists(words: list[str]) -> None:
    verb = words[1] if words[1] in VERBS else "open"
    command = cli.get_command(None, verb)  # type: ignore[arg-type]  # the context is not used
    assert command is not None
    known = {option for parameter in command.params for option in parameter.opts}

    assert {word for word in words if word.startswith("--")} <= known


def test_the_preset_shown_is_a_good_one() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", README.read_text(), re.DOTALL)
    whole = next(block for block in blocks if "[preset]" in block)
    preset, problems = parse(whole, "README", vocabulary())

    assert not problems
    assert preset is not None


@pytest.mark.parametrize("path", bundled(), ids=lambda path: path.stem)
def test_bundled_presets_are_good_short_and_explained(path: Path) -> None:
    text = path.read_text()

    assert not load(str(path)).problems
    assert text.startswith("# ")
    assert len(text.splitlines()) <= 60
    assert tomllib.loads(text)["preset"]["description"]


def test_pictures_are_there() -> None:
    for name in re.findall(r"\]\((screenshots/[^)]+)\)", README.read_text()):
        assert (ROOT / name).read_text().startswith("<svg")


def test_the_first_screen_says_what_it_is_shows_it_and_runs_it() -> None:
    head = README.read_text().splitlines()[:18]

    assert head[2].startswith("See and steer")
    assert any(line.startswith("![") for line in head)
    assert sum(line.startswith("python3 -m venv") for line in head) == 2


if __name__ == "__main__":
    README.write_text(with_keys(README.read_text()))


def test_every_test_that_proves_a_guarantee_exists() -> None:
    guarantees = README.read_text().partition("## What it guarantees")[2].partition("\n## ")[0]
    named = set(re.findall(r"`(?:tests/\w+/)?(test_\w+\.py)`", guarantees))
    assert len(re.findall(r"\*\*G\d+\*\*", guarantees)) == 10
    assert named
    assert named <= {path.name for path in Path(__file__).parent.rglob("test_*.py")}
