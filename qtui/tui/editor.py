"""A file in the person's own editor, which has the terminal alone until it ends."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from qtui.tui.lending import lend

if TYPE_CHECKING:
    from qtui.tui.app import QtuiApp

FALLBACKS = ("nano", "vi")
NO_EDITOR = "there is no editor: set VISUAL or EDITOR, e.g. EDITOR=nano"
_PLUS = frozenset(
    {"vi", "vim", "nvim", "view", "nano", "pico", "emacs", "emacsclient", "micro", "joe", "mg", "ne", "kak"}
)
"""Editors that begin at a line with `+12 FILE`."""
_COLON = frozenset({"hx", "helix", "subl", "zed"})
"""… with `FILE:12`."""


def editor_command(environ: Mapping[str, str], path: Path, line: int = 0) -> list[str]:
    """What `VISUAL` or `EDITOR` says, else nano or vi, for a file and a line of it; empty where there is none."""
    for told in (environ.get("VISUAL", ""), environ.get("EDITOR", ""), *FALLBACKS):
        try:
            words = shlex.split(told)
        except ValueError:
            continue
        if words and shutil.which(words[0], path=environ.get("PATH")):
            return [*words, *_place(Path(words[0]).name, path, line)]
    return []


def _place(editor: str, path: Path, line: int) -> list[str]:
    if not line:
        return [str(path)]
    if editor in _PLUS:
        return [f"+{line}", str(path)]
    if editor in ("code", "codium"):
        return ["--goto", f"{path}:{line}"]
    return [f"{path}:{line}"] if editor in _COLON else [str(path)]


async def edit_file(app: QtuiApp, path: Path, line: int = 0) -> str:
    """Edit a file, beginning at a line; why that did not work, or empty."""
    command = editor_command(os.environ, path, line)
    return await lend(app, command) if command else NO_EDITOR
