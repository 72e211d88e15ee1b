"""Numbers five rows high, drawn with blocks: readable from the last row of a lecture hall."""

from __future__ import annotations

from qtui.tui.canvas import Canvas

HEIGHT = 5
_GLYPHS = {
    "0": ("███", "█ █", "█ █", "█ █", "███"),
    "1": (" █ ", "██ ", " █ ", " █ ", "███"),
    "2": ("███", "  █", "███", "█  ", "███"),
    "3": ("███", "  █", "███", "  █", "███"),
    "4": ("█ █", "█ █", "███", "  █", "  █"),
    "5": ("███", "█  ", "███", "  █", "███"),
    "6": ("███", "█  ", "███", "█ █", "███"),
    "7": ("███", "  █", " █ ", " █ ", " █ "),
    "8": ("███", "█ █", "███", "█ █", "███"),
    "9": ("███", "█ █", "███", "  █", "███"),
    ".": (" ", " ", " ", " ", "█"),
    ",": (" ", " ", " ", "█", "█"),
    ":": (" ", "█", " ", "█", " "),
    "%": ("█ █", "  █", " █ ", "█  ", "█ █"),
    "/": ("  █", "  █", " █ ", "█  ", "█  "),
    "-": ("   ", "   ", "███", "   ", "   "),
    "+": ("   ", " █ ", "███", " █ ", "   "),
    " ": (" ", " ", " ", " ", " "),
}


def big_width(text: str) -> int:
    """Columns that `draw_big` needs; characters without a shape take none."""
    return sum(len(_GLYPHS[ch][0]) * 2 + 2 for ch in text if ch in _GLYPHS) - 2 if text else 0


def draw_big(canvas: Canvas, x: int, y: int, text: str, fg: str) -> int:
    """Draw digits and `. , : % / - +` with the upper left corner at (x, y); returns the column after them."""
    for ch in text:
        rows = _GLYPHS.get(ch)
        if rows is None:
            continue
        for row, pixels in enumerate(rows):
            for column, pixel in enumerate(pixels):
                if pixel != " ":
                    canvas.put(x + column * 2, y + row, "██", fg)
        x += len(rows[0]) * 2 + 2
    return x
