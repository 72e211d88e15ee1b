"""The command palette: everything that can be done, found by a few letters, with its key beside it."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events

from qtui.text import clean
from qtui.tui.canvas import Canvas, Span, cut, length
from qtui.tui.dialog import BoxScreen
from qtui.tui.edit import LineEdit

Entry = tuple[str, str, str]
"""Id, title and key of a command."""


def positions(word: str, title: str) -> tuple[int, list[int]] | None:
    """How badly a word fits a title (0 best) and where its letters are, None when it does not fit."""
    low = title.casefold()
    at = low.find(word)
    while at > 0 and low[at - 1].isalnum():  # the beginning of a word is what people type
        later = low.find(word, at + 1)
        if later < 0:
            break
        at = later
    if at >= 0:
        begins = at == 0 or not low[at - 1].isalnum()
        return (0 if begins else 100) + at, list(range(at, at + len(word)))
    found: list[int] = []
    start = 0
    for letter in word:
        at = low.find(letter, start)
        if at < 0:
            return None
        found.append(at)
        start = at + 1
    return 1000 + found[-1] - found[0], found


def search(entries: Sequence[Entry], text: str) -> list[tuple[Entry, set[int]]]:
    """The entries that every typed word fits, best first, with the letters that fit."""
    words = text.casefold().split()
    fitting: list[tuple[int, int, Entry, set[int]]] = []
    for number, entry in enumerate(entries):
        score, marked = 0, set[int]()
        for word in words:
            fit = positions(word, clean(entry[1]))
            if fit is None:
                if word != entry[2].casefold():
                    break
                fit = (0, [])  # the key itself was typed
            score += fit[0]
            marked.update(fit[1])
        else:
            fitting.append((score, number, entry, marked))
    return [(entry, marked) for _, _, entry, marked in sorted(fitting, key=lambda found: found[:2])]


class CommandPalette(BoxScreen[str | None]):
    """Dismisses with the id of the chosen entry, or None."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__()
        self.entries = entries
        self.edit = LineEdit()
        self._selected = 0
        self._top = 0

    def box_size(self, width: int, height: int) -> tuple[int, int]:
        return min(width - 4 if width >= 40 else width, 72), min(
            height - 2 if height >= 12 else height, len(self.entries) + 5, 24
        )

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        found = search(self.entries, self.edit.text)
        steps = {
            "up": -1,
            "down": 1,
            "shift+tab": -1,
            "tab": 1,
            "ctrl+p": -1,
            "ctrl+n": 1,
            "pageup": -10,
            "pagedown": 10,
        }
        if event.key in ("escape", "ctrl+c", "ctrl+q"):
            self.dismiss(None)
        elif event.key == "enter":
            if found:
                self.dismiss(found[min(self._selected, len(found) - 1)][0][0])
        elif event.key in steps:
            self._selected = max(0, min(len(found) - 1, self._selected + steps[event.key]))
        elif self.edit.press(event.key, event.character):
            self._selected = 0
        self.redraw()

    def on_click(self, event: events.Click) -> None:
        event.stop()
        box = self.box.region
        if not box.contains(event.screen_x, event.screen_y):
            self.dismiss(None)
            return
        row = event.screen_y - box.y - 3
        found = search(self.entries, self.edit.text)
        if 0 <= row < box.height - 4 and self._top + row < len(found):
            self.dismiss(found[self._top + row][0][0])

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._selected = max(0, min(len(search(self.entries, self.edit.text)) - 1, self._selected + 1))
        self.redraw()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._selected = max(0, self._selected - 1)
        self.redraw()

    def draw(self, canvas: Canvas) -> None:
        width, height = canvas.width, canvas.height
        canvas.fill(0, 0, width, height, "panel")
        found = search(self.entries, self.edit.text)
        run = (Span("enter", "accent", True), Span(" run  ", "dim"), Span("esc", "accent", True), Span(" back", "dim"))
        canvas.box(0, 0, width, height, title=(Span("COMMAND", bold=True),), right=run, line="accent")
        if width < 8 or height < 3:
            return
        canvas.put(3, 1, ":", "accent", bold=True)
        self.edit.draw(canvas, 5, 1, width - 8, placeholder="type a part of what you want", bg="raised")
        room = max(0, height - 4)
        if not found and room:
            canvas.spans(5, 3, cut((Span("no command is called like that", "dim"),), width - 7))
        self._top = max(0, min(self._selected - room // 2, len(found) - room))
        for y, (entry, marked) in enumerate(found[self._top : self._top + room]):
            self._draw_entry(canvas, 3 + y, entry, marked, self._top + y == self._selected)

    def _draw_entry(self, canvas: Canvas, y: int, entry: Entry, marked: set[int], chosen: bool) -> None:
        width = canvas.width
        if chosen:
            canvas.fill(1, y, width - 2, 1, "raised")
            canvas.put(1, y, "▌", "accent")
        key = cut((Span(clean(entry[2], 20), "accent", True),), 14)
        title = [
            Span(ch, "accent" if i in marked else "text", chosen or i in marked) for i, ch in enumerate(clean(entry[1]))
        ]
        canvas.spans(5, y, cut(title, width - 9 - length(key)))
        canvas.right(width - 3, y, key)
