"""Which editor is started, and how it is told the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from qtui.tui.editor import editor_command


@pytest.mark.parametrize(
    ("environ", "there", "command"),
    [
        ({"VISUAL": "vim -u NONE", "EDITOR": "nano"}, ["vim", "nano"], ["vim", "-u", "NONE", "+7", "a.toml"]),
        ({"VISUAL": "gone", "EDITOR": "nano"}, ["nano"], ["nano", "+7", "a.toml"]),
        ({"EDITOR": "code --wait"}, ["code"], ["code", "--wait", "--goto", "a.toml:7"]),
        ({"EDITOR": "hx"}, ["hx"], ["hx", "a.toml:7"]),
        ({"EDITOR": "own"}, ["own"], ["own", "a.toml"]),
        ({"EDITOR": "'unclosed"}, ["vi"], ["vi", "+7", "a.toml"]),
        ({}, ["vi", "nano"], ["nano", "+7", "a.toml"]),
        ({}, [], []),
    ],
)
def test_the_editor_and_its_line(tmp_path: Path, environ: dict[str, str], there: list[str], command: list[str]) -> None:
    for name in there:
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o700)

    assert editor_command({**environ, "PATH": str(tmp_path)}, Path("a.toml"), 7) == command


def test_without_a_line_there_is_only_the_file(tmp_path: Path) -> None:
    (tmp_path / "vi").touch(mode=0o700)

    assert editor_command({"EDITOR": "vi", "PATH": str(tmp_path)}, Path("a.toml")) == ["vi", "a.toml"]
