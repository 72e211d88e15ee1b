"""Saving and reading again the preset of the run on the screen: the questions, then what was answered."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from qtui.core.snapshot import Snapshot
from qtui.errors import QtuiError

if TYPE_CHECKING:
    from qtui.tui.app import QtuiApp


async def save_preset(app: QtuiApp, snap: Snapshot) -> None:
    """Ask for a name, show what would be written, write it; nothing is replaced unasked."""
    from qtui.tui.screens.preset_dialogs import SaveDialog
    from qtui.tui.screens.prompt import TextPrompt

    prompt = TextPrompt("Save the preset as", _free_name(snap.name), note="in the folder where qtui was started")
    name = await app.push_screen_wait(prompt)
    if name is None:
        return
    try:
        draft = await asyncio.to_thread(app.host.draft, snap, name)
        if await app.push_screen_wait(SaveDialog(draft)):
            app.say(await asyncio.to_thread(lambda: app.host.save(draft, replace=draft.exists)))
    except QtuiError as error:
        app.say(str(error), ok=False)


async def reload_preset(app: QtuiApp, snap: Snapshot) -> None:
    """Read the preset's file again, show what would change, and ask the engine for what can change now."""
    from qtui.tui.screens.preset_dialogs import ReloadDialog

    try:
        changes = await asyncio.to_thread(app.host.reload, snap)
    except QtuiError as error:
        app.say(str(error), ok=False)
        return
    if not changes:
        app.say("the run does what the preset's file says; there is nothing to change")
        return
    if not await app.push_screen_wait(ReloadDialog(changes)):
        return
    for change in changes:
        if change.command is not None and not await app.send(change.command):
            return  # the refusal is on the screen


def _free_name(name: str) -> str:
    """A name for a file that is not there yet."""
    plain = "".join(ch if ch.isalnum() or ch in "-_." else "-" for ch in name) or "preset"
    names = (f"{plain}-tuned{number}.toml" for number in ("", *range(2, 1000)))
    return next((each for each in names if not Path(each).exists()), f"{plain}-tuned.toml")
