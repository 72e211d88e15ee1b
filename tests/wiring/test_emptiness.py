"""Why a run had no jobs, asked of runs that really had none."""

from __future__ import annotations

from pathlib import Path

import pytest

from qtui.wiring.emptiness import preset_file, why_no_jobs
from tests.wiring.stage import Stage

PRESET = """\
[preset]
name = "empty"
[[source]]
kind = "lines"
path = "urls.txt"
comments = "#"
[[source]]
kind = "command"
command = ["true"]
[job]
kind = "simulate"
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "urls.txt is empty (0 lines)"), ("# one\n\n", "urls.txt has 2 lines, and none of them is a job")],
)
def test_every_source_says_why(tmp_path: Path, text: str, said: str) -> None:
    stage = Stage(tmp_path)
    stage.write("urls.txt", text)
    preset = stage.write("empty.toml", PRESET)
    assert stage.run("run", preset).returncode == 0
    (description,) = stage.state.glob("*/run.json")

    first, _, second = why_no_jobs(description.parent).partition("; ")
    assert first == said
    assert second.endswith("gave nothing")
    assert preset_file(description.parent) == Path(preset).resolve()
