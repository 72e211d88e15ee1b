"""The keys of a screen outside a run: one table that handles them, draws the key bar and fills the help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich.cells import cell_len

from qtui.text import clean
from qtui.tui.canvas import Canvas, Line, Span, cut, length

S = TypeVar("S")
_GAP = 2


@dataclass(frozen=True, slots=True)
class ScreenKey(Generic[S]):
    """Keys that do the same; a screen has them where `when` says so."""

    label: str
    """How people read them."""
    keys: Sequence[str]
    """As the terminal library names them."""
    help: str
    """One sentence; without one it is the other half of the keys before it."""
    do: Callable[[S], object]
    words: Callable[[S], str] = lambda screen: ""
    """What the key bar says; without words it stands only in the help."""
    when: Callable[[S], bool] = lambda screen: True


Table = Sequence[ScreenKey[S]]


def press(table: Table[S], screen: S, key: str) -> bool:
    """Do what a key does here; False where it does nothing."""
    for each in table:
        if key in each.keys and each.when(screen):
            each.do(screen)
            return True
    return False


def shown(table: Table[S], screen: S) -> list[tuple[str, str]]:
    """What the key bar says here: label and words."""
    return [(each.label, words) for each in table if each.when(screen) and (words := each.words(screen))]


def help_of(table: Table[S], screen: S) -> list[tuple[str, list[tuple[str, str]]]]:
    """What the help says here, label and sentence: first what the key bar has too, then the rest."""
    here = [each for each in table if each.help and each.when(screen)]
    bar = [(each.label, each.help) for each in here if each.words(screen)]
    rest = [(each.label, each.help) for each in here if not each.words(screen)]
    return [("keys", bar), *([("moving", rest)] if rest else [])]


def draw_bar(canvas: Canvas, y: int, pairs: Sequence[tuple[str, str]], right: Line = ()) -> None:
    """The key bar in row `y`: as many as fit, the last ones always, as they lead to help and out."""
    canvas.fill(0, y, canvas.width, 1, "raised")
    room = canvas.width - 2
    kept = list(pairs)
    while len(kept) > 2 and _long(kept) > room:
        del kept[-3]
    x = 1
    for label, words in kept:
        if x + cell_len(label) + cell_len(words) + 1 > canvas.width:
            break
        x = canvas.put(x, y, label, "accent", bold=True)
        x = canvas.put(x, y, f" {words}{' ' * _GAP}", "dim")
    if right and x + length(right) + 1 < canvas.width:
        canvas.right(canvas.width - 2, y, right)


def said_of_key(text: str, *, ok: bool) -> Line:
    """One sentence about what a key has done."""
    return (Span("✓ " if ok else "× ", "done_text" if ok else "failed_text", True), Span(clean(text, 400)))


def draw_foot(canvas: Canvas, said: Line | None, pairs: Sequence[tuple[str, str]], right: Line = ()) -> None:
    """In the last row what is said of the last key, or the key bar."""
    y = canvas.height - 1
    if said is None:
        draw_bar(canvas, y, pairs, right)
    else:
        canvas.fill(0, y, canvas.width, 1, "raised")
        canvas.spans(1, y, cut(said, canvas.width - 2))


def _long(pairs: Sequence[tuple[str, str]]) -> int:
    return sum(cell_len(label) + 1 + cell_len(words) + _GAP for label, words in pairs) - _GAP
