"""A grid of cells that panels draw on, and the shapes they share: boxes, gauges, columns.

Drawing clips silently at the edges: a panel may be any size, and nothing may ever cross its border.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from qtui.tui.glyphs import Glyphs
from qtui.tui.theme import Palette, style

EIGHTHS = " ▁▂▃▄▅▆▇█"
_HALVES = " ▁▁▄▄▄███"
"""The same where there is nothing between a half and a whole."""
_ONE_CELL = "".join(map(chr, range(32, 127))) + "▁▂▃▄▅▆▇█▀▌▊░▒▓─│╭╮╰╯━╾╌║●·▼≈✓◆×▲►◄■→…−±"
"""Characters known to be one cell wide: text of these alone is written in one go."""


class Span(NamedTuple):
    """A piece of text with its meaning; a line is a sequence of these."""

    text: str
    fg: str = "text"
    bold: bool = False
    bg: str = ""
    """Empty keeps the ground that is there."""


Line = Sequence[Span]


class _Look(NamedTuple):
    fg: str
    bg: str
    bold: bool
    underline: bool


@lru_cache(maxsize=8192)
def _look(fg: str, bg: str, bold: bool, underline: bool) -> _Look:
    """One object per look, so that equal looks are the same object."""
    return _Look(fg, bg, bold, underline)


class Canvas:
    """`width` by `height` cells. A wide character owns its cell and the next one, which then holds ""."""

    __slots__ = ("_chars", "_looks", "_styles", "height", "palette", "width")

    def __init__(self, width: int, height: int, palette: Palette, ground: str = "bg") -> None:
        self.width = width
        self.height = height
        self.palette = palette
        blank = _look("text", ground, False, False)
        self._chars = [[" "] * width for _ in range(height)]
        self._looks = [[blank] * width for _ in range(height)]
        self._styles: dict[_Look, Style] = {}

    @property
    def textured(self) -> bool:
        """True where shapes must do the work of colours."""
        return self.palette.textured

    @property
    def wall(self) -> str:
        """What nothing passes: in ASCII a full block would be one of the jobs that wait before it."""
        return "!" if self.palette.glyphs is Glyphs.ASCII else "█"

    @property
    def eighths(self) -> str:
        """What columns are built of, by the eighths of a cell that are filled."""
        return _HALVES if self.palette.glyphs is Glyphs.BASIC else EIGHTHS

    def put(
        self, x: int, y: int, text: str, fg: str = "text", *, bold: bool = False, bg: str = "", underline: bool = False
    ) -> int:
        """Write `text` from column `x` on; returns the column after it, even when clipped."""
        if not 0 <= y < self.height:
            return x + (len(text) if text.isascii() else cell_len(text))
        if not text.strip(_ONE_CELL):
            self._put_narrow(x, y, text, fg, bold, bg, underline)
            return x + len(text)
        chars, looks = self._chars[y], self._looks[y]
        for ch in text:
            cells = cell_len(ch)
            if cells == 0:
                continue
            if x >= 0 and x + cells <= self.width:
                chars[x] = ch
                looks[x] = _look(fg, bg or looks[x].bg, bold, underline)
                if cells == 2:
                    chars[x + 1] = ""
                    looks[x + 1] = looks[x]
            x += cells
        return x

    def _put_narrow(self, x: int, y: int, text: str, fg: str, bold: bool, bg: str, underline: bool) -> None:
        start, stop = max(0, x), min(self.width, x + len(text))
        if start >= stop:
            return
        self._chars[y][start:stop] = text[start - x : stop - x]
        looks = self._looks[y]
        if bg:
            looks[start:stop] = [_look(fg, bg, bold, underline)] * (stop - start)
            return
        before = None
        for i in range(start, stop):
            under = looks[i]
            if under is not before:
                before, look = under, _look(fg, under.bg, bold, underline)
            looks[i] = look

    def spans(self, x: int, y: int, line: Line) -> int:
        """Write spans one after the other; returns the column after them."""
        for span in line:
            x = self.put(x, y, span.text, span.fg, bold=span.bold, bg=span.bg)
        return x

    def right(self, x: int, y: int, line: Line) -> int:
        """Write spans so that they end before column `x`; returns the column where they begin."""
        start = x - length(line)
        self.spans(start, y, line)
        return start

    def fill(self, x: int, y: int, width: int, height: int, bg: str, ch: str = " ", fg: str = "text") -> None:
        for row in range(y, y + height):
            self.put(x, row, ch * width, fg, bg=bg)

    def box(
        self,
        x: int,
        y: int,
        width: int,
        height: int,
        *,
        title: Line = (),
        right: Line = (),
        bottom: Line = (),
        line: str = "line",
    ) -> None:
        """A rounded frame; titles are cut rather than crossing its corners."""
        if width < 2 or height < 2:
            return
        self.put(x, y, "╭" + "─" * (width - 2) + "╮", line)
        for row in range(y + 1, y + height - 1):
            self.put(x, row, "│", line)
            self.put(x + width - 1, row, "│", line)
        self.put(x, y + height - 1, "╰" + "─" * (width - 2) + "╯", line)
        room = width - 6
        if title and room > 0:
            shown = cut(title, room)
            self.spans(x + 2, y, (Span(" ", line), *shown, Span(" ", line)))
            room -= length(shown) + 3
        if right and length(right) <= room:
            self.right(x + width - 2, y, (Span(" ", line), *right, Span(" ", line)))
        if bottom and length(bottom) <= width - 6:
            self.right(x + width - 2, y + height - 1, (Span(" ", line), *bottom, Span(" ", line)))

    def gauge(self, x: int, y: int, width: int, share: float, fg: str, track: str = "idle") -> None:
        """A thin bar: heavy up to `share` of `width` in half cells, light for the rest."""
        halves = round(max(0.0, min(1.0, share)) * width * 2)
        if share > 0:
            halves = max(1, halves)
        self.put(x, y, "─" * width, track)
        self.put(x, y, "━" * (halves // 2), fg)
        if halves % 2:
            self.put(x + halves // 2, y, "╾", fg)

    def columns(self, x: int, y: int, height: int, values: Sequence[float], top: float, fg: str) -> None:
        """A column chart of `height` rows whose lowest row is `y + height - 1`; `top` is a full column."""
        for index, value in enumerate(values):
            eighths = round(max(0.0, min(1.0, value / top if top else 0.0)) * height * 8)
            if value > 0:
                eighths = max(1, eighths)
            for row in range(height):
                level = min(8, eighths - row * 8)
                if level > 0:
                    self.put(x + index, y + height - 1 - row, self.eighths[level], fg)

    def strip(self, y: int) -> Strip:
        """Row `y` as Textual wants it, equal neighbours merged."""
        segments: list[Segment] = []
        chars, looks = self._chars[y], self._looks[y]
        start = 0
        for x in range(1, self.width + 1):
            if x == self.width or looks[x] is not looks[start]:
                segments.append(Segment("".join(chars[start:x]), self._style(looks[start])))
                start = x
        return Strip(segments, self.width)

    def same_row(self, other: Canvas, y: int) -> bool:
        """Whether row `y` looks the same on another canvas of this size."""
        return self._chars[y] == other._chars[y] and self._looks[y] == other._looks[y]

    def _style(self, look: _Look) -> Style:
        rich_style = self._styles.get(look)
        if rich_style is None:
            rich_style = self._styles[look] = style(self.palette, look.fg, look.bg, look.bold, look.underline)
        return rich_style

    def rows(self) -> list[str]:
        """The text alone, for tests and for copying."""
        return ["".join(row) for row in self._chars]


def length(line: Line) -> int:
    """Width of the spans in cells."""
    return sum(len(span.text) if span.text.isascii() else cell_len(span.text) for span in line)


def cut(line: Line, width: int) -> list[Span]:
    """The spans in at most `width` cells; what does not fit ends in an ellipsis."""
    if length(line) <= width:
        return list(line)
    kept: list[Span] = []
    room = max(0, width - 1)
    for span in line:
        text = ""
        for ch in span.text:
            cells = cell_len(ch)
            if cells > room:
                kept.append(span._replace(text=text + "…"[:width]))
                return kept
            text += ch
            room -= cells
        kept.append(span._replace(text=text))
    return kept
