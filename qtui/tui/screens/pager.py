"""A log in the person's own pager: written to a file page by page, and shown while the screen stands back."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from qtui.core.queries import Log, LogQuery
from qtui.text import clean, count, plural
from qtui.tui.screens.events_book import BEGINNING
from qtui.tui.screens.events_lines import line_text
from qtui.tui.screens.job_pages import Ask

if TYPE_CHECKING:
    from qtui.tui.app import QtuiApp

PAGE = 1_000
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


async def write_log(ask: Ask, query: LogQuery, path: Path, told: Callable[[str], None]) -> int:
    """Write every line of a log that `query` wants to `path`, oldest first; gives their number."""
    lines, after = 0, BEGINNING
    with path.open("w", encoding="utf-8", errors="replace") as file:
        while True:
            answer = await ask(LogQuery(query.of, None, after, PAGE, query.text, query.level))
            if not isinstance(answer, Log):
                file.write(f"the rest cannot be read: {clean(getattr(answer, 'text', ''))}\n")
                return lines
            file.writelines(f"{line_text(row, date=True)}\n" for row in answer.rows)
            lines += len(answer.rows)
            if not answer.more or answer.reached is None:
                return lines
            after = answer.reached
            told(f"{count(lines)} lines so far")


async def show_log(app: QtuiApp, ask: Ask, query: LogQuery) -> None:
    """Show a log in the pager; says in the ticker why not where it cannot be done."""
    command = pager_command(os.environ)
    if not command:
        app.say(NO_PAGER, ok=False)
        return
    app.say("collecting the log")
    handle, name = tempfile.mkstemp(prefix="qtui-", suffix=".log")  # readable by its owner only
    os.close(handle)
    path = Path(name)
    try:
        lines = await write_log(ask, query, path, app.say)
        trouble = await page(app, [*command, name])
    finally:
        path.unlink(missing_ok=True)
    app.say(trouble or f"{plural(lines, 'line')} shown in {clean(command[0])}", ok=not trouble)


async def show_text(app: QtuiApp, text: str) -> None:
    """Show text that is cleaned already in the pager; says in the ticker why not where it cannot be done."""
    command = pager_command(os.environ)
    if not command:
        app.say(NO_PAGER, ok=False)
        return
    handle, name = tempfile.mkstemp(prefix="qtui-", suffix=".txt")  # readable by its owner only
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        if trouble := await page(app, [*command, name]):
            app.say(trouble, ok=False)
    finally:
        Path(name).unlink(missing_ok=True)


async def page(app: QtuiApp, command: list[str]) -> str:
    """Let a program have the terminal until it ends; why it could not, or empty.

    Nothing else happens here meanwhile, as the terminal is not ours; the run goes on in its own process.
    """
    loop = asyncio.get_running_loop()
    loop.remove_signal_handler(signal.SIGINT)
    before = signal.signal(signal.SIGINT, lambda number, frame: None)  # ctrl+c is the pager's: not inherited, not ours
    try:
        return _lend(app, command)
    finally:
        for _ in range(2):
            await asyncio.sleep(0)  # until the loop has read what came meanwhile, and found nobody to tell
        signal.signal(signal.SIGINT, before)
        app.answer_signal("SIGINT")


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
