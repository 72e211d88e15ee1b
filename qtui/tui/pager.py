"""Long text in the person's own pager, with the screen out of the way meanwhile."""

from __future__ import annotations

import asyncio
import os
import shlex
import tempfile
from pathlib import Path
from typing import TypeVar

from textual.app import App, SuspendNotSupported

from qtui.text import clean

T = TypeVar("T")


async def page(app: App[T], text: str) -> str:
    """Show `text` in $PAGER, or in less; why that did not work, or empty. `text` is cleaned already."""
    words = shlex.split(os.environ.get("PAGER", "")) or ["less"]
    handle, name = tempfile.mkstemp(prefix="qtui-", suffix=".txt")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        with app.suspend():
            process = await asyncio.create_subprocess_exec(*words, name)
            await process.wait()
    except SuspendNotSupported:
        return "no pager can be shown here"
    except (OSError, ValueError) as error:
        return f"cannot start the pager {clean(words[0], 60)}: {clean(error)}"
    finally:
        Path(name).unlink(missing_ok=True)
    return ""
