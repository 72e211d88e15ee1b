"""The common base of dialogs: a box over the dimmed screen with facts and choices, the safe choice first."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult, RenderResult
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen

from qtui.tui.canvas import Canvas, Line, Span, cut, length
from qtui.tui.panel import Panel
from qtui.tui.prose import wrap
from qtui.tui.underlay import Shades, Underlay

T = TypeVar("T")

_FRAME = 6
"""Cells left and right that no text may use: border, mark and margin."""


CHOOSE: Line = (
    Span("enter", "accent", True),
    Span(" choose  ", "dim"),
    Span("esc", "accent", True),
    Span(" back", "dim"),
)
"""What the lower border of a dialog usually says."""


@dataclass(frozen=True, slots=True)
class Choice(Generic[T]):
    """One way to answer: the key that picks it at once, what it is called, what it means."""

    key: str
    title: str
    note: str
    result: T
    note_fg: str = "dim"


@dataclass(frozen=True, slots=True)
class Sheet(Generic[T]):
    """Everything a dialog says."""

    title: Line
    facts: Sequence[Line]
    choices: Sequence[Choice[T]]
    closing: Line = ()
    """The last line, after the choices."""
    bottom: Line = ()
    """Written into the lower border."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row inside the box: text, or a choice (its number) with its note beside or below it."""

    line: Line = ()
    choice: int = -1
    below: bool = False


def widest(sheet: Sheet[T]) -> int:
    """Columns at which nothing needs to be wrapped or moved."""
    lines = [*sheet.facts, sheet.closing, sheet.title]
    beside = _note_column(sheet) + max((cell_len(c.note) for c in sheet.choices), default=0)
    return max(beside, *(length(line) + _FRAME // 2 for line in lines)) + _FRAME // 2


def lay_out(sheet: Sheet[T], width: int, height: int) -> list[Row]:
    """The rows for a box of `width` whose height may be up to `height`: roomy, tight, or the choices alone."""
    room = max(1, width - _FRAME)
    beside = _note_column(sheet) + 12 <= width - 3
    facts = [Row(line) for fact in sheet.facts for line in wrap(fact, room)]
    closing = [Row(line) for line in wrap(sheet.closing, room)] if sheet.closing else []
    roomy, tight, bare = [Row(), *facts, Row()], [*facts, Row()], list[Row]()
    for number, choice in enumerate(sheet.choices):
        rows = [Row(choice=number)] + ([Row(choice=number, below=True)] if choice.note and not beside else [])
        roomy += [*rows, Row()]
        tight += rows
        bare += rows[:1]
    roomy += [*closing, Row()] if closing else []
    tight += closing
    for rows in (roomy, tight, [*facts, *bare]):
        if len(rows) + 2 <= height:
            return rows
    return bare


def draw_sheet(canvas: Canvas, sheet: Sheet[T], rows: Sequence[Row], selected: int) -> None:
    """The box on the whole canvas; rows that do not fit scroll so that the selected choice is seen."""
    width, height = canvas.width, canvas.height
    canvas.fill(0, 0, width, height, "panel")
    canvas.box(0, 0, width, height, title=sheet.title, bottom=sheet.bottom, line="accent")
    column = _note_column(sheet)
    top = _top(rows, selected, height - 2)
    for y, row in enumerate(rows[top : top + max(0, height - 2)], 1):
        if row.choice < 0:
            canvas.spans(3, y, cut(row.line, width - 4))
            continue
        choice, chosen = sheet.choices[row.choice], row.choice == selected
        if chosen:
            canvas.fill(1, y, width - 2, 1, "raised")
            canvas.put(1, y, "▌", "accent")
        note = Span(choice.note, choice.note_fg)
        if row.below:
            canvas.spans(_title_column(sheet), y, cut((note,), width - 2 - _title_column(sheet)))
            continue
        key = "" if choice.key == "enter" else choice.key
        canvas.put(4, y, key[: max(0, width - 6)], "accent", bold=True)
        title = Span(choice.title, "text", chosen)
        canvas.spans(_title_column(sheet), y, cut((title,), width - 2 - _title_column(sheet)))
        if column + 12 <= width - 3:
            canvas.spans(column, y, cut((note,), width - 2 - column))


def _top(rows: Sequence[Row], selected: int, room: int) -> int:
    at = next((i for i, row in enumerate(rows) if row.choice == selected), 0)
    return max(0, min(at - room + 1 if at >= room else 0, len(rows) - 1))


def _title_column(sheet: Sheet[T]) -> int:
    return 4 + max((len(choice.key) for choice in sheet.choices), default=0) + 2


def _note_column(sheet: Sheet[T]) -> int:
    return _title_column(sheet) + max((cell_len(choice.title) for choice in sheet.choices), default=0) + 2


class BoxScreen(ModalScreen[T]):
    """A modal screen that is one drawn box in the middle; subclasses say how large, draw, and follow keys."""

    DEFAULT_CSS = """
    BoxScreen { align: center middle; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.box = Panel()
        self._shades = Shades()

    def compose(self) -> ComposeResult:
        self.fit()  # before it is mounted: laid out at once, drawn at once
        yield self.box

    def render(self) -> RenderResult:  # type: ignore[override]  # a widget may return a visual, Screen says less
        below = super().render()
        return Underlay(below, self._shades) if isinstance(below, BackgroundScreen) else below

    def on_resize(self) -> None:
        self.fit()

    def fit(self) -> None:
        """Give the box its size on this screen and draw it anew."""
        width, height = self.box_size(self.app.size.width, self.app.size.height)
        self.box.styles.width, self.box.styles.height = max(1, width), max(1, height)
        self.redraw()

    def redraw(self) -> None:
        self.box.show(self.draw)

    @abstractmethod
    def box_size(self, width: int, height: int) -> tuple[int, int]:
        """Columns and rows of the box on a screen of this size."""

    @abstractmethod
    def draw(self, canvas: Canvas) -> None:
        """Draw what is in the box."""


class ChoiceDialog(BoxScreen[T]):
    """Asks once; `escape` is the answer of esc. The first choice is selected and must be the safe one."""

    def __init__(self, sheet: Sheet[T], escape: T) -> None:
        super().__init__()
        self.sheet = sheet
        self.escape = escape
        self.selected = 0
        self._rows: list[Row] = []

    def box_size(self, width: int, height: int) -> tuple[int, int]:
        columns = min(width - 2 if width > 30 else width, widest(self.sheet))
        self._rows = lay_out(self.sheet, columns, height)
        return columns, min(height, len(self._rows) + 2)

    def draw(self, canvas: Canvas) -> None:
        draw_sheet(canvas, self.sheet, self._rows, self.selected)

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        self.follow(event.key, event.character)

    def follow(self, key: str, character: str | None) -> None:
        """What a key does: move, take the selected choice, take a choice by its letter, or go back."""
        if key in ("up", "k", "shift+tab"):
            self.select(self.selected - 1)
        elif key in ("down", "j", "tab"):
            self.select(self.selected + 1)
        elif key in ("enter", "ctrl+m"):
            self.dismiss(self.sheet.choices[self.selected].result)
        elif key == "escape":
            self.dismiss(self.escape)
        else:
            for choice in self.sheet.choices:
                if character is not None and character == choice.key:
                    self.dismiss(choice.result)
                    break

    def select(self, number: int) -> None:
        self.selected = number % len(self.sheet.choices)
        self.redraw()

    def on_click(self, event: events.Click) -> None:
        event.stop()
        box = self.box.region
        y = event.screen_y - box.y
        at = y - 1 + _top(self._rows, self.selected, box.height - 2)
        inside = box.contains(event.screen_x, event.screen_y) and 0 < y < box.height - 1
        if inside and 0 <= at < len(self._rows) and self._rows[at].choice >= 0:
            self.dismiss(self.sheet.choices[self._rows[at].choice].result)
