"""What the picker's keys do besides choosing: dry run, edit, a new preset, a file from elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from qtui.core.port import Template
from qtui.errors import QtuiError
from qtui.text import clean, plural
from qtui.tui.canvas import Line, Span
from qtui.tui.dialog import CHOOSE, Choice, ChoiceDialog, Sheet
from qtui.tui.editor import edit_file
from qtui.tui.screens.foresight import ForesightScreen
from qtui.tui.screens.prompt import TextPrompt

if TYPE_CHECKING:
    from qtui.tui.app import QtuiApp
    from qtui.tui.screens.picker import PickerScreen


def dry_run(picker: PickerScreen) -> None:
    """Show what the chosen preset would do."""
    item = picker.chosen
    if item is not None and item.preset is not None:
        picker.app.push_screen(ForesightScreen(picker.host, item.preset.source, item.name))


async def edit(picker: PickerScreen) -> None:
    """The file of the chosen preset in an editor; then it is checked again."""
    item = picker.chosen
    if item is None or item.preset is None:
        return
    source, name = item.preset.source, clean(item.name, 60)
    path = picker.host.watch(source)
    if path is None:
        picker.say(f"{name} comes with qtui and is not edited in place; n makes a preset of your own from it", ok=False)
        return
    line = next((problem.line for problem in picker.checked(source).problems if problem.line), 0)
    failed = await edit_file(cast("QtuiApp", picker.app), path, line)
    picker.look_again(source)
    problems = len(picker.checked(source).problems)
    told = f"{name} has {plural(problems, 'problem')}; enter shows them" if problems else f"{name} can run"
    picker.say(failed or told, ok=not failed and not problems)


async def new(picker: PickerScreen) -> None:
    """A preset to start from, in a file that was not there; it is chosen afterwards."""
    chosen = picker.chosen
    like = chosen.preset.source if chosen is not None and chosen.preset is not None else ""
    template = await picker.app.push_screen_wait(TemplateDialog(picker.host.templates(), like))
    if template is None:
        return
    path, note = free_name(template), "a new file, here or where the path says; no file is written over"
    while True:
        typed = await picker.app.push_screen_wait(TextPrompt(f"New preset from {template}", path, note=note))
        if typed is None:
            return
        try:
            source = await asyncio.to_thread(picker.host.write_new, template, typed)
        except QtuiError as error:
            path, note = typed, str(error)
            continue
        _take_up(picker, source, f"wrote {clean(typed)}; e edits it, d tells what it would do")
        return


async def open_file(picker: PickerScreen) -> None:
    """A preset from a place that is not looked at by itself."""
    path, note = "", "the path of a TOML file"
    while True:
        typed = await picker.app.push_screen_wait(TextPrompt("Open a preset", path, note=note))
        if typed is None:
            return
        try:
            _take_up(picker, typed, "")
        except QtuiError as error:
            path, note = typed, str(error)
            continue
        return


def _take_up(picker: PickerScreen, source: str, told: str) -> None:
    entry = picker.host.entry(source)
    picker.take_up(entry)
    if told:
        picker.say(told)


def free_name(template: str) -> str:
    """A name for a file that is not there yet."""
    names = (f"my-{template}{number}.toml" for number in ("", *(f"-{n}" for n in range(2, 1000))))
    return next((name for name in names if not Path(name).exists()), f"my-{template}.toml")


class TemplateDialog(ChoiceDialog[str | None]):
    """Dismisses with the name of what a new preset is made from, or None; nothing is written yet."""

    def __init__(self, templates: Sequence[Template], like: str) -> None:
        """`like` is the preset that a person was looking at: the first choice, if it can be had."""
        facts: list[Line] = [(Span("A kind has every option in it, with what it means; a preset is copied.", "dim"),)]
        ordered = sorted(templates, key=lambda each: not each.is_kind)
        choices: list[Choice[str | None]] = [
            Choice(str(number) if number <= 9 else "", _title(each), clean(each.purpose, 200), each.name)
            for number, each in enumerate(ordered, 1)
        ]
        title: Line = (Span("What should the new preset be made from?", bold=True),)
        super().__init__(Sheet(title, facts, choices, bottom=CHOOSE), escape=None)
        self.selected = next(
            (number for number, each in enumerate(ordered) if each.name == like and not each.is_kind), 0
        )


def _title(template: Template) -> str:
    return f"{'kind ' if template.is_kind else ''}{clean(template.name, 40)}"
