"""A widget that shows one drawing of the snapshot and repaints only the rows that changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from qtui.tui.canvas import Canvas
from qtui.tui.theme import DARK, Palette
from qtui.tui.tip import Tip

Draw: TypeAlias = Callable[[Canvas], None]
Tell: TypeAlias = Callable[[int, int, int, int], Tip | None]
"""What a drawing says of a cell, given the cell and the size that it was drawn in."""


class Panel(Widget, can_focus=False):
    """Draws with whatever `draw` it was shown last; drawing happens once per change, painting once per row."""

    def __init__(self, *, id: str | None = None, classes: str | None = None, draw: Draw | None = None) -> None:
        """`draw` is what it shows until it is shown something else."""
        super().__init__(id=id, classes=classes)
        self._draw = draw
        self._tell: Tell | None = None
        self._strips: list[Strip] = []
        self._canvas: Canvas | None = None
        """What the strips were made from."""
        self._drawn = (0, 0)

    @property
    def palette(self) -> Palette:
        return getattr(self.app, "palette", DARK)

    def show(self, draw: Draw, tell: Tell | None = None) -> None:
        """Draw anew with `draw` and repaint the rows that differ; `tell` has the words for what is drawn."""
        self._draw = draw
        self._tell = tell
        if self._drawn != (self.size.width, self.size.height):
            self.refresh()
            return
        before = self._strips
        self._redraw()
        for y, strip in enumerate(self._strips):
            if strip is not before[y]:
                self.refresh(Region(0, y, self.size.width, 1))

    def tip_at(self, x: int, y: int) -> Tip | None:
        """What there is to say of a cell."""
        return None if self._tell is None else self._tell(x, y, *self.size)

    def forget(self) -> None:
        """Draw everything again, e.g. after a change of theme."""
        self._drawn = (0, 0)
        self._canvas = None
        self.refresh()

    def render_line(self, y: int) -> Strip:
        if self._drawn != (self.size.width, self.size.height):
            self._redraw()
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width)

    def _redraw(self) -> None:
        width, height = self.size
        canvas = Canvas(width, height, self.palette)
        if self._draw is not None:
            self._draw(canvas)
        before = self._canvas if self._drawn == (width, height) else None
        if before is None or before.palette is not canvas.palette:
            self._strips = [canvas.strip(y) for y in range(height)]
        else:
            old = self._strips
            self._strips = [old[y] if canvas.same_row(before, y) else canvas.strip(y) for y in range(height)]
        self._canvas = canvas
        self._drawn = (width, height)
