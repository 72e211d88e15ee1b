"""A preset that cannot run: all its problems at once, watched until the file is valid."""

from __future__ import annotations

from pathlib import Path

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen

from qtui.core.port import Checked, Host
from qtui.text import clean
from qtui.tui.canvas import Canvas, Span, cut
from qtui.tui.panel import Panel
from qtui.tui.screens.problems import ProblemBox, draw_problem, problem_box

LOOK_S = 0.5
"""How often the file is looked at."""
CHECK_ANYWAY = 4
"""Every so many looks it is checked even if unchanged: a problem may lie in a file it names."""


class BadPresetScreen(Screen[bool]):
    """Dismisses with True by itself as soon as the preset is valid, with False when the person leaves."""

    DEFAULT_CSS = """
    BadPresetScreen { layout: vertical; }
    BadPresetScreen Panel { height: 1fr; }
    """

    def __init__(self, host: Host, source: str) -> None:
        super().__init__()
        self.host = host
        self.source = source
        self.page = Panel()
        self.checked = Checked(source)
        self._chosen = 0
        self._scroll = 0
        self._looks = 0
        self._stamp: tuple[int, int] | None = None
        self._path: Path | None = None
        self._over = False

    def compose(self) -> ComposeResult:
        yield self.page

    def on_mount(self) -> None:
        self._path = self.host.watch(self.source)
        self._stamp = self._look()
        self._check()
        self.set_interval(LOOK_S, self.look_again)

    def look_again(self) -> None:
        """Check the preset again if its file changed."""
        self._looks += 1
        stamp = self._look()
        if stamp != self._stamp or self._looks % CHECK_ANYWAY == 0:
            self._stamp = stamp
            self._check()

    def _look(self) -> tuple[int, int] | None:
        if self._path is None:
            return None
        try:
            status = self._path.stat()
        except OSError:
            return None  # an editor may be replacing it right now; the next look sees it
        return status.st_mtime_ns, status.st_size

    def _check(self) -> None:
        if self._over:
            return
        self.checked = self.host.check(self.source)
        self._chosen = max(0, min(self._chosen, len(self.checked.problems) - 1))
        if not self.checked.problems:
            self._leave(True)
        else:
            self._draw_now()

    def _leave(self, valid: bool) -> None:
        if not self._over:
            self._over = True
            self.dismiss(valid)

    def on_key(self, event: events.Key) -> None:
        page = max(1, self.size.height - 8)
        last = len(self.checked.problems) - 1
        match event.key:
            case "q" | "escape" | "ctrl+c" | "ctrl+q":
                self._leave(False)
            case "down" | "j" | "tab":
                self.choose(self._chosen + 1)
            case "up" | "k" | "shift+tab":
                self.choose(self._chosen - 1)
            case "home" | "g":
                self.choose(0)
            case "end" | "G":
                self.choose(last)
            case "pagedown" | "ctrl+d":
                self._scroll_by(page)
            case "pageup" | "ctrl+u":
                self._scroll_by(-page)
            case _:
                return
        event.stop()
        event.prevent_default()

    def choose(self, number: int) -> None:
        """Put the frame around a problem and scroll to it."""
        self._chosen = max(0, min(len(self.checked.problems) - 1, number))
        heights = [box.height for box in self._boxes()]
        if heights:
            top = sum(heights[: self._chosen])
            self._scroll = min(max(self._scroll, top + heights[self._chosen] - self._room), top)
        self._draw_now()

    def _scroll_by(self, rows: int) -> None:
        end = sum(box.height for box in self._boxes())
        self._scroll = max(0, min(end - self._room, self._scroll + rows))
        self._draw_now()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._scroll_by(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._scroll_by(-3)

    def on_resize(self) -> None:
        self._draw_now()

    @property
    def _head(self) -> int:
        """Rows above the problems."""
        return 5 if self.size.height >= 20 else 2

    @property
    def _room(self) -> int:
        return max(1, self.size.height - self._head - 1)

    def _boxes(self) -> list[ProblemBox]:
        text, width = self.checked.text, self.size.width
        return [problem_box(problem, number, text, width) for number, problem in enumerate(self.checked.problems, 1)]

    def _draw_now(self) -> None:
        if self.is_mounted:
            self.page.show(self.draw)

    def draw(self, canvas: Canvas) -> None:
        width, height = canvas.width, canvas.height
        boxes = self._boxes()
        head, room = self._head, max(1, height - self._head - 1)
        end = sum(box.height for box in boxes)
        self._scroll = max(0, min(self._scroll, end - room))
        y, below = head - self._scroll, 0
        for number, box in enumerate(boxes):
            if y + box.height > head and y < height - 1:
                draw_problem(canvas, y, box, chosen=number == self._chosen)
            below += y + box.height > height - 1
            y += box.height
        canvas.fill(0, 0, width, head, "bg")
        self._draw_head(canvas, head)
        canvas.fill(0, height - 1, width, 1, "raised")
        where = "watching the file" if self._path is not None else "checking again"
        right = f"▼ {below} below   {where}" if below else where
        x = 1
        for key, words in (("↑↓", "problem"), ("q", "leave")):
            x = canvas.put(x, height - 1, key, "accent", bold=True)
            x = canvas.put(x, height - 1, f" {words}  ", "dim")
        if x + len(right) < width:
            canvas.right(width - 2, height - 1, (Span(right, "dim"),))

    def _draw_head(self, canvas: Canvas, head: int) -> None:
        width = canvas.width
        number = len(self.checked.problems)
        canvas.fill(0, 0, width, 1, "raised")
        name = clean(self.checked.name or Path(self.source).stem, 40)
        badge = Span(f" × {number} PROBLEM{'' if number == 1 else 'S'} ", "inverse", True, "failed")
        left = cut((Span("qtui   ", "accent", True), Span(f"{name}   "), badge), width - 2)
        x = canvas.spans(1, 0, left)
        nothing = "nothing was started"
        if x + len(nothing) + 3 <= width:
            canvas.right(width - 2, 0, (Span(nothing, "dim"),))
        title = cut((Span(f"{clean(self.checked.source or self.source, 200)} cannot run yet", bold=True),), width - 4)
        if head >= 5:
            canvas.spans(2, 2, title)
            how = "Fix the file and save it: this screen checks again by itself and goes on."
            canvas.spans(2, 3, cut((Span(how, "dim"),), width - 4))
        else:
            canvas.spans(2, 1, title)
