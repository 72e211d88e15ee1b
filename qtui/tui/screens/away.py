"""The box that tells what happened while nobody looked; any key goes through it to the run."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events

from qtui.core.queries import Period
from qtui.text import count, percent
from qtui.tui.actions import BY_ID, Context, action_of, key_of, keys_for
from qtui.tui.away import Change, Digest, Need
from qtui.tui.canvas import Canvas, Line, Span, cut, length
from qtui.tui.dialog import BoxScreen
from qtui.tui.hints import hint
from qtui.tui.prose import about, wall, wrap

WIDEST = 104
STRIP_ROWS = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the person wants next: an action of the registry, perhaps about one failure group."""

    action: str
    group: str = ""
    at: float = 0.0
    """The moment to be shown, by the wall clock; 0: none."""


class AwayScreen(BoxScreen[Wanted | None]):
    """Dismisses with what is wanted next, or None."""

    def __init__(self, told: Digest) -> None:
        super().__init__()
        self.told = told
        self.selected = 0

    def box_size(self, width: int, height: int) -> tuple[int, int]:
        columns = min(WIDEST, width - 2 if width < WIDEST + 8 else width)
        return columns, min(height, len(_rows(self.told, columns, height)) + 2)

    def draw(self, canvas: Canvas) -> None:
        draw_away(canvas, self.told, self.selected)

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        changes, need = self.told.changes, self.told.need
        if event.key in ("up", "k", "shift+tab"):
            self._select(self.selected - 1)
        elif event.key in ("down", "j", "tab"):
            self._select(self.selected + 1)
        elif event.key == "escape" or event.key in keys_for("back"):
            self.dismiss(None)
        elif event.key == "enter":
            self.dismiss(_leads(changes[self.selected]) if changes else None)
        elif need is not None and need.action and event.key in keys_for(need.action):
            self.dismiss(Wanted(need.action, need.group))
        elif (action := action_of(event.key, Context.OVERVIEW)) is not None:
            self.dismiss(Wanted(action))

    def on_click(self, event: events.Click) -> None:
        event.stop()
        if not self.box.region.contains(event.screen_x, event.screen_y):
            self.dismiss(None)

    def _select(self, number: int) -> None:
        if self.told.changes:
            self.selected = number % len(self.told.changes)
            self.redraw()


def _leads(change: Change) -> Wanted | None:
    return Wanted(change.action, change.group, change.at) if change.action in BY_ID else None


Row = Line | Change | str
"""A line of text, a change, or `strip`, `marks`, `times`."""


def _rows(told: Digest, width: int, height: int) -> list[Row]:
    """As roomy as the screen allows: blanks go first, then the strip, then the least important changes."""
    need = told.need
    heading: Line = (Span("WHAT CHANGED", bold=True), Span("  most important first; enter leads there", "dim"))
    now: list[Row] = [*_need_rows(need, width - 6)] if need is not None else [_nothing()]
    strip: list[Row] = [(Span("  done/s", "dim"),), *["strip"] * STRIP_ROWS, "marks", "times"]
    deltas: list[Row] = list(_deltas(told, width - 6))
    flat: list[Row] = ["strip", "times"]
    for blanks, chart in ((True, strip), (False, strip), (False, strip[1:]), (False, flat), (False, list[Row]())):
        gap: list[Row] = [()] if blanks else []
        rows: list[Row] = [*gap, *deltas, *gap, *chart, *gap, heading, *gap]
        rows += [*told.changes, *gap, (Span("NOW", bold=True),), *gap, *now, *gap]
        if len(rows) + 2 <= height:
            return rows
    room = max(1, height - 2 - len(deltas) - len(now))
    return [*deltas, *told.changes[:room], *now]


def _need_rows(need: Need, width: int) -> list[Row]:
    words: Line = (Span("1 thing needs you: ", bold=True), Span(need.text))
    said: list[Row] = [tuple(part) for part in wrap(words, max(1, width))]
    if not need.action or not key_of(need.action):
        return said
    key: Line = (
        Span(f" {key_of(need.action)} ", "inverse", True, "accent"),
        Span(f" {need.title}", bold=True),
        Span(f"    {need.note}", "dim"),
    )
    return [*said, (), key]


def _nothing() -> Line:
    return (Span("✓ ", "done_text", True), Span("Nothing needs you."))


def _deltas(told: Digest, width: int) -> list[Line]:
    """The deltas in one line, or in two where they do not fit."""
    before, after = told.period.before, told.period.after
    first: Line = (
        Span(f"+{count(max(0, after.done - before.done))}", "done_text", True),
        Span(" done", "dim"),
        Span(f"     {after.failed - before.failed:+,}", "failed_text" if after.failed > before.failed else "dim", True),
        Span(" failed", "dim"),
    )
    second: list[Span] = []
    if told.ends is not None:
        then, now = told.ends
        later = now - then
        word = "later" if later > 0 else "earlier"
        moved = f"  ({about(abs(later))} {word})" if abs(later) >= 60 else ""
        second += [
            Span("ETA ", "dim"),
            Span(f"{wall(then)[:5]} → {wall(now)[:5]}", bold=True),
            Span(moved, "dim"),
            Span("     "),
        ]
    second += [Span("queue full ", "dim"), Span(percent(told.full_share), bold=True), Span(" of the time", "dim")]
    if length(first) + 5 + length(second) <= width:
        return [(*first, Span("     "), *second)]
    return [first, tuple(second)]


def draw_away(canvas: Canvas, told: Digest, selected: int) -> None:
    """The whole box."""
    width, height = canvas.width, canvas.height
    canvas.fill(0, 0, width, height, "panel")
    period = told.period
    heading = f"THE LAST {about(period.end - period.start).upper()}" if told.asked else "WHILE YOU WERE AWAY"
    span = "" if told.asked else f" {about(period.end - period.start)},"
    title = (
        Span(heading, bold=True),
        Span(f"{span} {_clock(period, period.start)} → {_clock(period, period.end)}"),
    )
    close = (Span("esc", "accent", True), Span(" close", "dim"))
    canvas.box(0, 0, width, height, title=title, right=close, line="accent")
    strips = 0
    rows = _rows(told, width, height)
    charts = sum(row == "strip" for row in rows)
    number = 0
    for y, row in enumerate(rows[: height - 2], 1):
        if isinstance(row, Change):
            _draw_change(canvas, y, row, _clock(period, row.at), chosen=number == selected)
            number += 1
        elif row == "strip":
            _draw_strip(canvas, y, period, charts, strips)
            strips += 1
        elif row == "marks":
            _draw_marks(canvas, y, period)
        elif row == "times":
            _draw_times(canvas, y, told, selected)
        elif not isinstance(row, str):
            canvas.spans(3, y, cut(row, width - 6))


def _clock(period: Period, at: float) -> str:
    """The time of day, with seconds where minutes would all be the same."""
    return wall(at) if period.end - period.start < 600 else wall(at)[:5]


def _stretched(values: list[int], width: int) -> list[float]:
    """As many columns as there is room for."""
    return [values[index * len(values) // width] for index in range(width)] if values else [0.0] * width


def _draw_strip(canvas: Canvas, y: int, period: Period, rows: int, row: int) -> None:
    """Row `row` from above of the chart of done jobs."""
    width = canvas.width - 10
    top = max(period.done, default=0)
    for x, value in enumerate(_stretched(period.done, width)):
        eighths = max(1, round(value / top * rows * 8)) if top else 1
        level = min(8, eighths - (rows - 1 - row) * 8)
        if level > 0:
            canvas.put(5 + x, y, canvas.eighths[level], "done" if value else "line")


def _draw_marks(canvas: Canvas, y: int, period: Period) -> None:
    """Where jobs failed."""
    for x, value in enumerate(_stretched(period.failed, canvas.width - 10)):
        canvas.put(5 + x, y, "×" if value else "·", "failed_text" if value else "line")


def _draw_times(canvas: Canvas, y: int, told: Digest, selected: int) -> None:
    """Both ends of the strip and, where it stands clear of them, the moment of the chosen change."""
    period, width = told.period, canvas.width
    start, end = _clock(period, period.start), _clock(period, period.end)
    canvas.put(5, y, start, "dim")
    canvas.right(width - 5, y, (Span(end, "dim"),))
    if selected < len(told.changes) and period.end > period.start:
        at = told.changes[selected].at
        x = 5 + round((at - period.start) / (period.end - period.start) * (width - 10))
        if 6 + len(start) < x and x + 2 * len(end) < width - 6:
            canvas.put(x, y, _clock(period, at), "text")


def _draw_change(canvas: Canvas, y: int, change: Change, at: str, *, chosen: bool) -> None:
    width = canvas.width
    if chosen:
        canvas.fill(1, y, width - 2, 1, "raised")
        canvas.put(1, y, "▌", "accent")
    key = hint(change.key_text, change.action) if change.action in BY_ID else ()
    keys = 10 if width >= 70 else 0
    times = len(at) + 3 if width >= 46 else 0
    room = width - 5 - keys - times
    canvas.put(3, y, change.glyph, change.ink, bold=True)
    what = [Span(change.what, "text", chosen or change.rank < 2)]
    beside = room * 55 // 100 if change.why and room >= 60 else room
    canvas.spans(5, y, cut(what, beside - 2 if beside < room else room - 1))
    if beside < room:
        canvas.spans(5 + beside, y, cut((Span(change.why, "dim"),), room - beside - 1))
    if times:
        canvas.put(5 + room, y, at, "dim")
    if keys:
        canvas.spans(5 + room + times, y, key)
