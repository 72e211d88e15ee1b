"""A question whose answer is one line of text."""

from __future__ import annotations

from textual import events

from qtui.text import clean
from qtui.tui.canvas import Canvas, Span, cut
from qtui.tui.dialog import BoxScreen
from qtui.tui.edit import LineEdit


class TextPrompt(BoxScreen[str | None]):
    """Dismisses with the text, stripped, or None; an empty line is no answer."""

    def __init__(self, title: str, text: str = "", *, note: str = "") -> None:
        """`note` is one line below; `text` stands there to be changed."""
        super().__init__()
        self.title_text, self.note = clean(title), clean(note)
        self.edit = LineEdit()
        self.edit.insert(text)

    def box_size(self, width: int, height: int) -> tuple[int, int]:
        return min(width - 4 if width >= 40 else width, 76), min(height, 6 if self.note else 5)

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        if event.key in ("escape", "ctrl+c", "ctrl+q"):
            self.dismiss(None)
        elif event.key in ("enter", "ctrl+m"):
            if self.edit.text.strip():
                self.dismiss(self.edit.text.strip())
        elif self.edit.press(event.key, event.character):
            self.redraw()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self.edit.insert(clean(event.text.partition("\n")[0]))
        self.redraw()

    def draw(self, canvas: Canvas) -> None:
        width, height = canvas.width, canvas.height
        canvas.fill(0, 0, width, height, "panel")
        keys = (
            Span("enter", "accent", True),
            Span(" go on  ", "dim"),
            Span("esc", "accent", True),
            Span(" back", "dim"),
        )
        canvas.box(0, 0, width, height, title=(Span(self.title_text, bold=True),), bottom=keys, line="accent")
        if height < 3 or width < 8:
            return
        y = 2 if height >= 5 else 1
        self.edit.draw(canvas, 3, y, width - 6, bg="raised")
        if self.note and height >= 6:
            canvas.spans(3, 3, cut((Span(self.note, "dim"),), width - 6))
