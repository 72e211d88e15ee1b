"""The one table of what is drawn beside plain letters, by meaning, and how each is drawn where a terminal has less."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter


class Glyphs(StrEnum):
    """What a terminal can draw."""

    FULL = "full"
    BASIC = "basic"
    """What the console of a PC has (code page 437): square corners, half blocks."""
    ASCII = "ascii"


class Glyph(NamedTuple):
    """One character, its substitutes, and what it stands for."""

    full: str
    basic: str
    ascii: str
    meaning: str


TABLE = (
    Glyph("■", "■", "#", "queued, a job that waits at the gate"),
    Glyph("▊", "▌", "#", "a place in the queue that is taken"),
    Glyph("●", "•", "*", "running, busy"),
    Glyph("·", "·", ".", "idle; between two things that are said"),
    Glyph("▼", "▼", "v", "draining, leaving, more below"),
    Glyph("▲", "▲", "!", "pressure, warning, set to"),
    Glyph("≈", "≈", "~", "held by a limit"),
    Glyph("✓", "√", "+", "done"),
    Glyph("◆", "◆", "r", "will be tried again"),
    Glyph("◇", "◊", "o", "will be tried again, quietly"),
    Glyph("×", "x", "x", "failed for good; times"),
    Glyph("÷", "÷", "/", "divided by"),
    Glyph("║", "║", "|", "paused by you"),
    Glyph("►", "►", ">", "flows, goes on"),
    Glyph("◄", "◄", "<", "flows back, an earlier time"),
    Glyph("─", "─", "-", "border, pipe, the rest of a gauge"),
    Glyph("│", "│", "|", "border"),
    Glyph("╭", "┌", "+", "border"),
    Glyph("╮", "┐", "+", "border"),
    Glyph("╰", "└", "+", "border, the lane's end"),
    Glyph("╯", "┘", "+", "border"),
    Glyph("├", "├", "+", "border"),
    Glyph("┤", "┤", "+", "border"),
    Glyph("┬", "┬", "+", "border"),
    Glyph("┴", "┴", "+", "border"),
    Glyph("┼", "┼", "+", "border"),
    Glyph("╌", "-", "-", "rule, lane, a shut pipe"),
    Glyph("╎", "│", ":", "cursor in time"),
    Glyph("┆", "│", ":", "cursor in time"),
    Glyph("━", "═", "=", "filled part of a gauge"),
    Glyph("╾", "─", "-", "half a cell of a gauge"),
    Glyph("╼", "─", "-", "half a cell of a gauge"),
    Glyph("▁", "_", "_", "an eighth of a column"),
    Glyph("▂", "_", "_", "two eighths"),
    Glyph("▃", "▄", "o", "three eighths"),
    Glyph("▄", "▄", "o", "half a column; every other job that was done"),
    Glyph("▅", "▄", "=", "five eighths"),
    Glyph("▆", "■", "=", "six eighths; a job that was done"),
    Glyph("▇", "█", "#", "seven eighths"),
    Glyph("█", "█", "#", "a full column; running to this moment"),
    Glyph("▀", "▀", '"', "two shades in one cell, a lid"),
    Glyph("▌", "▌", ">", "the chosen row"),
    Glyph("▐", "▐", "|", "an edge"),
    Glyph("░", "░", ".", "the lightest shade"),
    Glyph("▒", "▒", ":", "an attempt that will be tried again"),
    Glyph("▓", "▓", "%", "an attempt that failed; a full queue"),
    Glyph("→", "→", ">", "becomes"),
    Glyph("←", "←", "<", "a key"),
    Glyph("↑", "↑", "^", "a key; rising"),
    Glyph("↓", "↓", "v", "a key"),
    Glyph("…", "~", "~", "something was left out; more will be asked"),
    Glyph("≤", "≤", "<", "at most"),
    Glyph("±", "±", "~", "give or take"),
    Glyph("−", "-", "-", "minus"),
    Glyph("–", "-", "-", "from to"),
    Glyph("—", "-", "-", "nothing known"),
    Glyph("λ", "l", "l", "jobs a second that come"),
    Glyph("µ", "µ", "u", "millionth"),
    Glyph("�", "?", "?", "something that is no character"),
)
BY_CHARACTER = {glyph.full: glyph for glyph in TABLE}
_FIRST_BRAILLE, _LAST_BRAILLE = 0x2800, 0x28FF
_BASIC = str.maketrans(
    {glyph.full: glyph.basic for glyph in TABLE}
    | {chr(code): "·" if (code - _FIRST_BRAILLE).bit_count() <= 4 else "•" for code in range(0x2801, 0x2900)}
    | {chr(_FIRST_BRAILLE): " "}
)
_ASCII = str.maketrans(
    {glyph.basic: glyph.ascii for glyph in TABLE if not glyph.basic.isascii()}
    | {glyph.full: glyph.ascii for glyph in TABLE}
    | {chr(code): "." if (code - _FIRST_BRAILLE).bit_count() <= 4 else ":" for code in range(0x2801, 0x2900)}
    | {chr(_FIRST_BRAILLE): " "}
)
_FOREIGN = re.compile(r"[^\x00-\x7f]")


def known(ch: str) -> bool:
    """Whether the full set may draw it; the dots of braille draw one optional curve."""
    return ch.isascii() or ch in BY_CHARACTER or _FIRST_BRAILLE <= ord(ch) <= _LAST_BRAILLE


@lru_cache(maxsize=4096)
def drawn(text: str, glyphs: Glyphs) -> str:
    """The text as a set draws it, in as many cells; ASCII has a question mark for every cell of a foreign letter."""
    if glyphs is Glyphs.FULL or text.isascii():
        return text
    text = substituted(text, glyphs)
    return _FOREIGN.sub(lambda found: "?" * cell_len(found[0]), text) if glyphs is Glyphs.ASCII else text


def substituted(text: str, glyphs: Glyphs) -> str:
    """The text with our own glyphs as a set has them; foreign letters are left alone, for what may be copied."""
    if glyphs is Glyphs.FULL or text.isascii():
        return text
    return text.translate(_BASIC if glyphs is Glyphs.BASIC else _ASCII)


class Substitutes(LineFilter):
    """Draws every line, whoever made it, with the glyphs there are."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(enabled=glyphs is not Glyphs.FULL)
        self._glyphs = glyphs

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(drawn(text, self._glyphs), style, control) for text, style, control in segments]
