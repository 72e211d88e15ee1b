"""Running text in cells: lines broken at words, rough durations, and small charts inside a line."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence

import msgspec
from rich.cells import cell_len

from qtui.core.job import Value
from qtui.text import clean, clock
from qtui.tui.canvas import EIGHTHS, Line, Span

_WORDS = re.compile(r"\s+|\S+")


def wrap(line: Line, width: int) -> list[list[Span]]:
    """The spans in lines of at most `width` cells, broken at spaces where possible; at least one line."""
    width = max(1, width)
    lines: list[list[Span]] = [[]]
    used = 0
    for span in line:
        for word in _pieces(span.text, width):
            cells = cell_len(word)
            if used + cells > width:
                lines.append([])
                used = 0
            if word.isspace() and used == 0 and len(lines) > 1:
                continue  # a line that was broken does not begin with the space it was broken at
            row = lines[-1]
            if row and row[-1][1:] == span[1:]:
                row[-1] = span._replace(text=row[-1].text + word)
            else:
                row.append(span._replace(text=word))
            used += cells
    return lines


def wrap_text(text: str, width: int, fg: str = "text") -> list[list[Span]]:
    """`wrap` for text of one meaning; its own line ends are kept."""
    return [row for line in text.split("\n") for row in wrap((Span(line, fg),), width)]


def about(seconds: float) -> str:
    """A duration as an estimate is said: `1 s`, `8 s`, `45 s`, `3 min`, `2 h 10 min`."""
    if seconds < 10:
        return f"{max(1, round(seconds))} s"
    if seconds < 57.5:
        return f"{round(seconds / 5) * 5} s"
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest and hours < 10 else f"{hours} h"


def ago(seconds: float) -> str:
    """How long ago, short enough for a column: `now`, `3s`, `59s`, `4:40`."""
    if seconds < 1:
        return "now"
    return f"{seconds:.0f}s" if seconds < 99.5 else clock(seconds)


def _pieces(text: str, width: int) -> Iterator[str]:
    """Words and the spaces between them; a word longer than a line in pieces that fit one."""
    for word in _WORDS.findall(text):
        if cell_len(word) <= width:
            yield word
            continue
        piece, used = "", 0
        for ch in word:
            cells = cell_len(ch)
            if piece and used + cells > width:
                yield piece
                piece, used = "", 0
            piece += ch
            used += cells
        yield piece


def wall(at: float) -> str:
    """The local time of day of a moment given in seconds since 1970: `14:52:02`."""
    try:
        return time.strftime("%H:%M:%S", time.localtime(at))
    except (OverflowError, ValueError, OSError):
        return "--:--:--"  # a clock far out of range, e.g. in a damaged journal


def bar(width: int, share: float, fg: str) -> list[Span]:
    """A thin gauge as spans: heavy up to `share` of `width`, light for the rest."""
    halves = round(max(0.0, min(1.0, share)) * max(0, width) * 2)
    if share > 0 and width > 0:
        halves = max(1, halves)
    filled = "━" * (halves // 2) + ("╾" if halves % 2 else "")
    return [Span(filled, fg), Span("─" * (max(0, width) - len(filled)), "idle")]


def spark(values: Sequence[float], fg: str) -> list[Span]:
    """A one-row column chart as spans; zero is a thin line, and the highest leaves a gap to the row above."""
    top = max(values, default=0)
    return [
        Span(EIGHTHS[max(1, round(value / top * 7))], fg) if value > 0 and top > 0 else Span("▁", "line")
        for value in values
    ]


def compact(value: Value) -> str:
    """A value of a job's row or result on one line, as JSON where it is not text."""
    if isinstance(value, str):
        return clean(value, 2_000)
    try:
        encoded = msgspec.json.encode(value).decode("utf-8", "replace")
    except (UnicodeEncodeError, TypeError, ValueError):
        encoded = str(value)  # lone surrogates in a nested text
    return clean(encoded, 2_000)
