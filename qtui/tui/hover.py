"""Says what is under the mouse in a box that floats beside it; where the mouse does not move it does nothing."""

from __future__ import annotations

import time
from functools import partial
from typing import Protocol, runtime_checkable

from textual import events
from textual.geometry import Offset, Region
from textual.timer import Timer
from textual.widget import Widget

from qtui.tui.panel import Panel
from qtui.tui.tip import Tip, draw_tip, place, size_of

REST_S = 0.35
"""The mouse has to rest for so long before it is told something; from then on it is told at once."""
STAYS_S = 20.0
"""A box whose mouse has not moved for so long has been read."""


@runtime_checkable
class Telling(Protocol):
    """A widget that has words for its cells."""

    def tip_at(self, x: int, y: int) -> Tip | None: ...


class Hover(Panel):
    """The box of one screen."""

    DEFAULT_CSS = "Hover { layer: tip; position: absolute; display: none; }"

    def __init__(self) -> None:
        super().__init__(id="hover")
        self._over: tuple[Widget, int, int] | None = None
        self._moved_at = 0.0
        self._timer: Timer | None = None
        self._said: tuple[Tip, Offset] | None = None

    def point(self, event: events.MouseMove) -> None:
        """The mouse has moved over a widget."""
        widget = event.widget
        if event.button or widget is None or not isinstance(widget, Telling):
            self.hide()
        else:
            self._point(widget, event.x, event.y)

    def _point(self, widget: Widget, x: int, y: int) -> None:
        self._over, self._moved_at = (widget, x, y), time.monotonic()
        self._wait_no_more()
        if self.display:
            self._say()
        else:
            self._timer = self.set_timer(REST_S, self._say)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """The mouse has come upon the box: it is over what lies under it."""
        event.stop()
        for widget, region in self.screen.get_widgets_at(event.screen_x, event.screen_y):
            if widget is not self and isinstance(widget, Telling):
                self._point(widget, event.screen_x - region.x, event.screen_y - region.y)
                return
        self.hide()

    def again(self) -> None:
        """The picture has changed, and with it perhaps what is to be said."""
        if self.display:
            self._say()

    def hide(self) -> None:
        """Say nothing any more."""
        self._wait_no_more()
        self._over = self._said = None
        if self.display:
            self.display = False

    def _wait_no_more(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _say(self) -> None:
        found = self._found()
        if found is None:
            self.hide()
        elif found != self._said:
            self._said = found
            tip, at = found
            size = size_of(tip.lines, self.screen.size.width)
            self.styles.offset = (at.x, at.y)
            self.styles.width, self.styles.height = size
            self.display = True
            self.show(partial(draw_tip, at=Offset(0, 0), size=size, lines=tip.lines))

    def _found(self) -> tuple[Tip, Offset] | None:
        """What is to be said now, and where."""
        screen = self.screen
        if self._over is None or not screen.is_current or time.monotonic() - self._moved_at > STAYS_S:
            return None
        widget, x, y = self._over
        if not (isinstance(widget, Telling) and widget.is_attached and widget.is_on_screen):
            return None
        tip = widget.tip_at(x, y)
        if tip is None:
            return None
        bounds = Region(0, 0, *screen.size)
        at = place(size_of(tip.lines, bounds.width), tip.spot.translate(widget.region.offset), bounds)
        return None if at is None else (tip, at)
