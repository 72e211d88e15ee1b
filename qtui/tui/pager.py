"""Text in the person's own pager, which has the terminal alone until it ends."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from qtui.text import clean
from qtui.tui.end_signals import answer_signal

if TYPE_CHECKING:
    from qtui.tui.app import QtuiApp

FALLBACKS = ("less", "more")
NO_PAGER = "there is no pager: set PAGER, or install less or more"


def pager_command(environ: Mapping[str, str]) -> list[str]:
    """What `PAGER` says, else less or more; empty where there is none."""
    try:
        wanted = shlex.split(environ.get("PAGER", ""))
    except ValueError:
        wanted = []
    for words in (wanted, *([name] for name in FALLBACKS)):
        if words and shutil.which(words[0], path=environ.get("PATH")):
            return words
    return []


@contextmanager
def private_file() -> Iterator[Path]:
    """An empty file that only its owner can read, for a moment."""
    handle, name = tempfile.mkstemp(prefix="qtui-", suffix=".txt")
    os.close(handle)
    path = Path(name)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


async def page(app: QtuiApp, text: str) -> str:
    """Show `text`, which is cleaned already; why that did not work, or empty."""
    with private_file() as path:
        path.write_text(text, encoding="utf-8", errors="replace")
        return await page_file(app, path)


async def page_file(app: QtuiApp, path: Path) -> str:
    """Show a file; why that did not work, or empty.

    Nothing is painted meanwhile, as the terminal is not ours; the run goes on in its own process.
    """
    command = pager_command(os.environ)
    if not command:
        return NO_PAGER
    loop = asyncio.get_running_loop()
    loop.remove_signal_handler(signal.SIGINT)
    before = signal.signal(signal.SIGINT, lambda number, frame: None)  # ctrl+c is the pager's: not inherited, not ours
    try:
        return _lend(app, [*command, str(path)])
    finally:
        for _ in range(2):
            await asyncio.sleep(0)  # until the loop has read what came meanwhile, and found nobody to tell
        signal.signal(signal.SIGINT, before)
        answer_signal("SIGINT", app.called)


def _lend(app: QtuiApp, command: list[str]) -> str:
    try:
        with app.suspend():
            try:
                code = subprocess.run(command, check=False).returncode
            except OSError as error:  # leaving the block by it would leave the terminal as it is
                return f"{clean(command[0])} cannot be started: {clean(error.strerror or error)}"
    except SuspendNotSupported:
        return "this terminal cannot be lent to a pager"
    return f"{clean(command[0])} ended with code {code}" if code not in (0, 130, -signal.SIGINT) else ""
