"""How wide text is on a terminal, and text cut to a width."""

from __future__ import annotations

import unicodedata


def cells(text: str) -> int:
    """Columns that `text` takes: two for wide characters, none for combining ones."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def cut(text: str, width: int) -> str:
    """As much of `text` as fits into `width` columns."""
    if cells(text) <= width:
        return text
    used = 0
    for index, ch in enumerate(text):
        used += _cells(ch)
        if used > width:
            return text[:index]
    return text


def _cells(ch: str) -> int:
    if unicodedata.combining(ch):
        return 0
    return 2 if unicodedata.east_asian_width(ch) in "WF" else 1
