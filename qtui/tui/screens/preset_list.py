"""Drawing of the picker's list: headings, presets and live runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qtui.core.port import PresetEntry, RunEntry
from qtui.text import clean, count, percent, plural
from qtui.tui.canvas import Canvas, Line, Span, cut, length
from qtui.tui.prose import bar
from qtui.tui.screens.preset_card import share

_NAME = 20
"""Columns of the name at most where the list is wide enough for a description."""


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the list: a heading, or something that can be chosen."""

    heading: str = ""
    preset: PresetEntry | None = None
    run: RunEntry | None = None
    note: str = ""

    @property
    def key(self) -> str:
        """What choosing it gives; empty for a heading."""
        if self.run is not None:
            return f"{'attach' if self.is_live else 'resume'}:{self.run.run_id}"
        return self.preset.source if self.preset is not None else ""

    @property
    def is_live(self) -> bool:
        """A run that can be attached to, not one that can only be gone on with."""
        return self.run is not None and self.run.state == "running"

    @property
    def action(self) -> str:
        """What enter does with it."""
        return "attach" if self.is_live else "go on" if self.run is not None else "run"

    @property
    def name(self) -> str:
        return self.run.name if self.run is not None else self.preset.name if self.preset is not None else ""


def draw_list(
    canvas: Canvas,
    box: tuple[int, int, int, int],
    items: Sequence[Item],
    *,
    chosen: str,
    problems: Mapping[str, int],
    text: str,
    total: int,
) -> dict[int, str]:
    """The list in the box (x, y, width, height), scrolled to the chosen key; returns which row shows which key."""
    x, y, width, height = box
    right: Line = (Span("/", "accent", True), Span(" filter", "dim"))
    if text:
        right = (Span(f" {clean(text, 20)} ", "text", True, "raised"),)
    canvas.box(x, y, width, height, title=(Span("PRESETS ", bold=True), Span(str(total), "dim")), right=right)
    room = height - 2
    if not items and room > 0:
        words = "nothing matches the filter" if text else "there are no presets"
        canvas.spans(x + 3, y + 1, cut((Span(words, "dim"),), width - 5))
    roomy = len(items) + sum(bool(item.heading) for item in items) + 1 <= room
    rows: list[Item | None] = [None] if roomy else []
    for number, item in enumerate(items):
        rows += [None] if roomy and item.heading and number else []
        rows.append(item)
    at = next((i for i, item in enumerate(rows) if item is not None and item.key and item.key == chosen), 0)
    top = max(0, min(at - room // 2, len(rows) - room))
    places: dict[int, str] = {}
    names = min(_NAME, max((length((Span(clean(item.name, 100)),)) for item in items if item.key), default=0))
    for row, shown in enumerate(rows[top : top + max(0, room)], y + 1):
        if shown is None:
            continue
        if shown.heading:
            heading = (Span(shown.heading, "dim", True), Span(f"  {shown.note}", "faint"))
            canvas.spans(x + 2, row, cut(heading, width - 3))
            continue
        places[row] = shown.key
        _draw_item(canvas, (x, row, width), shown, shown.key == chosen, problems.get(shown.key, 0), names)
    return places


def _draw_item(
    canvas: Canvas, place: tuple[int, int, int], item: Item, chosen: bool, problems: int, names: int
) -> None:
    """`names` is the width of the column of names where there is room for another one."""
    x, y, width = place
    if chosen:
        canvas.fill(x + 1, y, width - 2, 1, "raised")
        canvas.put(x + 1, y, "▌", "accent")
    sign = Span("►", "faint")
    if item.run is not None:
        sign = Span("●", "done_text", True) if item.is_live else Span("◆", "retry_text", True)
    canvas.spans(x + 3, y, (sign,) if width > 4 else ())
    wide = width >= 40
    name = cut((Span(clean(item.name, 100), "text", chosen),), min(names, width - 7) if wide else width - 7)
    canvas.spans(x + 5, y, name)
    note = _note(item, problems, short=not wide)
    if wide:
        canvas.spans(x + 5 + names + 2, y, cut(note, width - names - 9))
    elif note and length(name) + length(note) + 8 <= width:
        canvas.right(x + width - 2, y, note)


def _note(item: Item, problems: int, *, short: bool) -> list[Span]:
    if item.run is not None:
        run = item.run
        done = percent(share(run)) if run.total else f"{count(run.done)} done"
        failed = [Span(f", {count(run.failed)} failed", "failed_text")] if run.failed and not short else []
        gauge = [] if short or not run.total or not item.is_live else [*bar(6, share(run), "done"), Span(" ")]
        state = [] if short or item.is_live else [Span(f"{clean(run.state)} ", "dim")]
        return [*gauge, *state, Span(done, "dim"), *failed]
    if problems:
        return [Span(f"× {problems}" if short else f"× {plural(problems, 'problem')}", "failed_text", True)]
    description = clean(item.preset.description) if item.preset is not None else ""
    return [] if short else [Span(description, "dim")]
