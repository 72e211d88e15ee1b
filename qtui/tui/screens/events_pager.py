"""A log in the pager: written page by page, whatever its length."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from qtui.core.queries import Log, LogQuery
from qtui.text import clean, count, plural
from qtui.tui.pager import NO_PAGER, page_file, pager_command, private_file
from qtui.tui.screens.events_book import BEGINNING
from qtui.tui.screens.events_lines import line_text
from qtui.tui.screens.job_pages import Ask

if TYPE_CHECKING:
    from qtui.tui.app import QtuiApp

PAGE = 1_000


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
    if not pager_command(os.environ):
        app.say(NO_PAGER, ok=False)
        return
    app.say("collecting the log")
    with private_file() as path:
        lines = await write_log(ask, query, path, app.say)
        trouble = await page_file(app, path)
    app.say(trouble or f"{plural(lines, 'line')} shown in the pager", ok=not trouble)
