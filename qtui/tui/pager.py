"""Text in the person's own pager, which has the terminal alone until it ends."""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from qtui.tui.lending import lend

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
    """Show a file; why that did not work, or empty."""
    command = pager_command(os.environ)
    return await lend(app, [*command, str(path)]) if command else NO_PAGER
