"""View 2: slots against time; the cursor is pinned to a slot and a moment, whatever moves under it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from textual import events

from qtui.core.queries import FailureQuery, JobQuery, JobStory, Span, Timeline, TimelineQuery, Unknown
from qtui.core.snapshot import RunState, Snapshot
from qtui.text import clean
from qtui.tui.actions import Context
from qtui.tui.canvas import Canvas, Line
from qtui.tui.canvas import Span as Words
from qtui.tui.screens.job_pages import Ask
from qtui.tui.screens.timeline_cells import (
    STEPS,
    Moment,
    Window,
    bin_of,
    moment,
    of_the_past,
    with_the_present,
)
from qtui.tui.screens.timeline_draw import Area, Picture, area, draw_timeline
from qtui.tui.screens.timeline_names import Names, describe
from qtui.tui.screens.timeline_past import Past
from qtui.tui.screens.timeline_range import ORDERS, ordered, running_in, stats, words
from qtui.tui.stage_view import StageView, step_of

REFRESH_S = 1.0
"""What has ended since is asked for at most so often."""
LAG_S = 0.5
"""What ended so lately may not be on the disk yet, and is asked for once more."""
SLOW_LAG_S = 10.0
"""The same while the journal is slow."""
ALL_SLOTS = 256
"""Up to so many slots are asked for together; of more only those near what is seen."""


class TimelineView(StageView):
    """Times are seconds of the run's own clock, columns are numbered from its start, so that they never shift."""

    context = Context.TIMELINE

    def __init__(self, query: Ask, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._ask = query
        self.past = Past()
        self.step = STEPS.index(1.0)
        self.order = "slot"
        self.slot = 0
        """The slot the cursor is on."""
        self.at: float | None = None
        """The moment the cursor is on; None: now."""
        self.end: int | None = None
        """The last column; None: the one of now."""
        self.range_from: float | None = None
        """Where the chosen range begins; it ends at the cursor."""
        self.trouble = ""
        self._snap: Snapshot | None = None
        self._frozen: Snapshot | None = None
        self._top = 0
        self._rows: list[int] = []
        self._target: Span | None = None
        """The attempt that `n` led to, as long as the cursor stays."""
        self._names = Names()
        self._cells: dict[int, tuple[object, list[str]]] = {}
        self._loading = False
        self._asked_at = float("-inf")
        self._naming = False
        self._dragging = False

    def on_mount(self) -> None:
        self.set_interval(0.25, self._tick)

    def on_resize(self) -> None:
        self._paint()

    def on_show(self) -> None:
        self._tick()

    def update_snapshot(self, snap: Snapshot) -> None:
        """Show another moment, unless the picture is frozen."""
        if self._snap is not None and snap.started_at != self._snap.started_at:
            self.past.clear()  # another life of the engine counts from another zero
        self._snap = snap
        self._paint()

    # What is seen

    @property
    def _seen(self) -> Snapshot | None:
        return self._frozen or self._snap

    @property
    def _now(self) -> float:
        return self._seen.elapsed_s if self._seen is not None else 0.0

    @property
    def _place(self) -> Area:
        return area(*self.size, max(self._rows, default=0))

    @property
    def _step(self) -> float:
        return STEPS[self.step]

    @property
    def _window(self) -> Window:
        columns = max(1, self._place.columns)
        last = bin_of(self._now, self._step) if self.end is None else self.end
        return Window(last - columns + 1, columns, self._step)

    @property
    def _cursor(self) -> float:
        """The moment the cursor is on, within what is seen."""
        window = self._window
        at = self._now if self.at is None else self.at
        return max(window.since + self._step / 2, min(at, window.until - self._step / 2))

    def _arrange(self) -> None:
        """Which slots there are, in which order; the cursor stays on its own."""
        seen = self._seen
        numbers = {slot.number for slot in seen.slots} if seen is not None else set()
        numbers.update(self.past.tracks)
        if self._target is not None:
            numbers.add(self._target.slot)
        if self.order == "slot" or not self._rows:
            self._rows = sorted(numbers)
        else:
            known = set(self._rows)
            self._rows = [*(n for n in self._rows if n in numbers), *sorted(numbers - known)]
        if self.slot not in numbers:
            self.slot = min(numbers, key=lambda number: (abs(number - self.slot), number), default=0)
        room = max(1, self._place.rows)
        at = self._rows.index(self.slot) if self._rows else 0
        self._top = max(0, min(max(self._top, at - room + 1), at, len(self._rows) - room))

    def _paint(self) -> None:
        if not self.is_mounted or self._seen is None or not self.size.area:
            return
        self._arrange()
        if not self._covered():
            self._load()
        self.show(self.draw)

    def draw(self, canvas: Canvas) -> None:
        """Draw what is seen now."""
        if self._seen is not None:
            draw_timeline(canvas, self._picture(self._seen, canvas.width))

    def _picture(self, seen: Snapshot, width: int) -> Picture:
        window = self._window
        when = moment(self.past, window, seen.started_at, self._now)
        slots = {slot.number: slot for slot in seen.slots}
        made: dict[int, Sequence[str]] = {}

        def cells(number: int) -> Sequence[str]:
            if number not in made:
                base = self._base(number, when)
                slot = slots.get(number)
                made[number] = base if slot is None else with_the_present(base, slot, self._is_known, when)
            return made[number]

        chosen, also = self._under(window)
        cursor = window.column(self._cursor)
        columns = (0, -1)
        if chosen is not None:
            begins, ends = chosen.start - seen.started_at, chosen.end - seen.started_at
            columns = (max(0, window.column(begins)), window.column(min(ends, self._now)))
        return Picture(
            seen,
            when,
            self._rows[self._top : self._top + max(0, self._place.rows)],
            self._top,
            len(self._rows),
            cells,
            self._marks(seen),
            (self.slot, cursor) if self._rows else None,
            columns,
            self._range(window),
            self._snap.elapsed_s - seen.elapsed_s if self._frozen is not None and self._snap is not None else None,
            self.end is None,
            self.order,
            self.past.sampled,
            self._detail(seen, chosen, also, width - 4),
        )

    def _base(self, number: int, when: Moment) -> list[str]:
        """The cells of attempts that are over, drawn again only when they may differ."""
        if self._frozen is None:
            when = replace(when, now=float("inf"))  # an answer may be newer than the snapshot
        reason = (self.past.version, when)
        kept = self._cells.get(number)
        if kept is None or kept[0] != reason:
            if len(self._cells) > 1000:
                self._cells.clear()
            kept = self._cells[number] = (reason, of_the_past(number, self.past.tracks.get(number), when))
        return kept[1]

    def _is_known(self, column: int) -> bool:
        """Whether the journal has told everything of a column of the window."""
        if self.past.sampled or self.past.empty or self._snap is None:
            return False
        window, origin = self._window, self._snap.started_at
        since = origin + (window.first + column) * window.step
        return self.past.since <= since and since + window.step <= self.past.until

    def _marks(self, seen: Snapshot) -> list[tuple[float, str]]:
        origin, series = seen.started_at, seen.series
        told = [(at - origin, mark) for at, mark in self.past.marks]
        newest = int(seen.elapsed_s // series.step_s)
        for index, marks in enumerate(series.marks):
            at = (newest - len(series.marks) + 1 + index) * series.step_s
            if marks and not self.past.since <= at + origin < self.past.until:
                told.append((at, marks[-1]))
        return told

    def _range(self, window: Window) -> tuple[int, int] | None:
        if self.range_from is None:
            return None
        begin, end = sorted((window.column(self.range_from), window.column(self._cursor)))
        return begin, end

    def _detail(self, seen: Snapshot, chosen: Span | None, also: int, width: int) -> Line:
        if self.range_from is not None:
            return self._stats(seen)
        if chosen is None:
            idle = (Words(f"slot {self.slot}  ", "accent", True), Words("nothing ran here", "dim"))
            return [*(idle if self._rows else ()), Words(f"  {self.trouble}", "pressure")]
        return describe(chosen, also, self._names.of(chosen), seen.slots, width)

    def _stats(self, seen: Snapshot) -> Line:
        window, origin = self._window, seen.started_at
        begin, end = self._range(window) or (0, 0)
        since = origin + (window.first + begin) * window.step
        until = min(origin + (window.first + end + 1) * window.step, origin + self._now)
        running = [span for slot in seen.slots if (span := running_in(slot, origin, self._now)) is not None]
        return words(stats(self.past, self._rows, running, since, until), until - since, sampled=self.past.sampled)

    def _under(self, window: Window) -> tuple[Span | None, int]:
        """The attempt under the cursor, the worst where there are several, and how many others share the column."""
        seen = self._seen
        if seen is None:
            return None, 0
        origin, column = seen.started_at, bin_of(self._cursor, window.step)
        since, until = origin + column * window.step, origin + (column + 1) * window.step
        newest = origin + self._now
        spans = [span for span in self.past.over(self.slot, since, until) if span.start <= newest]
        if self._frozen is not None:
            spans = [_as_of(span, newest) for span in spans]
        slot = next((slot for slot in seen.slots if slot.number == self.slot), None)
        running = running_in(slot, origin, self._now)
        if running is not None and running.start < until and running.end >= since and running not in spans:
            spans.append(running)
        if self._target in spans:
            return self._target, len(spans) - 1
        worst = {"failed": 3, "retry": 2, "running": 1}
        best = max(reversed(spans), key=lambda span: worst.get(span.outcome, 0), default=None)
        return best, max(0, len(spans) - 1)

    def selected_job(self) -> int | None:
        """The job whose attempt is under the cursor."""
        chosen, _ = self._under(self._window)
        return chosen.seq if chosen is not None else None

    # Asking

    def _tick(self) -> None:
        """Ask for what has ended since, at most once a second, and for the name under the cursor; only while seen."""
        if not self.is_mounted or not self.is_on_screen or self._snap is None:
            return
        origin, now = self._snap.started_at, self._snap.elapsed_s
        behind = self.past.empty or origin + now - self.past.until > 2 * LAG_S
        following = self.end is None and self._frozen is None
        if ((behind and following) or self.trouble) and time.monotonic() - self._asked_at >= REFRESH_S:
            self._load()
        chosen, _ = self._under(self._window)
        if chosen is not None and self._names.lacks(chosen) and not self._naming:
            self._naming = True
            self.run_worker(self._ask_name(chosen), name="job name", exit_on_error=False)

    async def _ask_name(self, span: Span) -> None:
        try:
            answer = await self._ask(JobQuery(span.seq))
        finally:
            self._naming = False
        self._names.keep(span, answer if isinstance(answer, JobStory) else None)
        self._paint()

    def _wanted(self) -> tuple[float, float]:
        """From when to when something is seen, in wall clock."""
        assert self._snap is not None
        origin, window = self._snap.started_at, self._window
        return origin + window.since, origin + min(window.until, self._now)

    def _covered(self) -> bool:
        """Whether what is seen has been asked for, but for the newest second or two."""
        since, until = self._wanted()
        fresh = REFRESH_S + SLOW_LAG_S if self.end is None else 0.0
        return bool(self.trouble) or (
            not self.past.empty
            and since >= self.past.since
            and until - fresh <= self.past.until
            and self._slots_wanted()[0] >= self.past.slot_range[0]
            and self._slots_wanted()[1] <= self.past.slot_range[1]
        )

    def _slots_wanted(self) -> tuple[int, int]:
        """The numbers of the slots seen; all where they are not too many, or do not stand in order."""
        if len(self._rows) <= ALL_SLOTS or self.order != "slot":
            return 1, 1 << 31
        seen = self._rows[self._top : self._top + max(1, self._place.rows)]
        return seen[0], seen[-1]

    def _load(self) -> None:
        if not self._loading and self.is_on_screen:
            self._loading = True
            self.run_worker(self._ask_for_spans(), name="timeline", exit_on_error=False)

    async def _ask_for_spans(self) -> None:
        try:
            self._asked_at = time.monotonic()
            await self._fill()
        finally:
            self._loading = False
        self._paint()

    async def _fill(self) -> None:
        assert self._snap is not None
        snap, version = self._snap, self.past.version
        since, until, known, slots = self._missing(snap)
        answer = await self._ask(TimelineQuery(since, until, *slots, parts=min(400, self._window.columns)))
        if not isinstance(answer, Timeline):
            self.trouble = clean(answer.text if isinstance(answer, Unknown) else "the answer was no timeline")
            return
        self.trouble = ""
        if self.past.version != version or snap.started_at != self._snap.started_at:
            return  # what it was to be joined to is gone
        if self.past.slot_range != slots:
            self.past.clear()
            self.past.slot_range = slots
        self.past.take(answer, since, known)
        self.past.trim(self._wanted()[0])

    def _missing(self, snap: Snapshot) -> tuple[float, float, float, tuple[int, int]]:
        """What to ask for: from when, to when, up to when all of it is known then, and of which slots."""
        since, until = self._wanted()
        slots = self.past.slot_range
        low, high = self._slots_wanted()
        if self.past.empty or low < slots[0] or high > slots[1]:
            slots = (low, high) if (low, high) == (1, 1 << 31) else (max(1, low - (high - low)), high + (high - low))
        newest, margin = snap.started_at + snap.elapsed_s, (until - since) / 2
        ahead = newest if self.end is None else min(newest, until + margin)
        past = self.past
        if slots != past.slot_range or past.empty or since > past.until or until < past.since:
            since -= 0.0 if self.end is None else margin
            until = ahead
        elif since < past.since:
            return since - margin, past.since, past.since, slots
        else:
            since, until = past.until, ahead
        if snap.state in (RunState.FINISHED, RunState.STOPPED):
            lag = 0.0
        else:
            lag = SLOW_LAG_S if snap.health.journal == "slow" else LAG_S
        return since, until, max(since, min(until, newest - lag)), slots

    # Keys

    def act(self, action_id: str) -> bool:
        page = max(1, self._place.rows - 1)
        columns = max(1, self._window.columns // 2)
        sideways = {"left": -1, "right": 1, "far_left": -columns, "far_right": columns}
        if step := step_of(action_id, page):
            self._move_rows(step)
        elif action_id in ("first", "last"):
            self._move_rows(len(self._rows) * (1 if action_id == "last" else -1))
        elif action_id in sideways:
            self._move_time(sideways[action_id])
        elif action_id in ("finer", "coarser"):
            self._zoom(-1 if action_id == "finer" else 1)
        elif action_id in ("next_failure", "previous_failure"):
            self._seek(forward=action_id == "next_failure")
        elif (act := getattr(self, f"_do_{action_id}", None)) is not None:
            if act() is False:
                return False
        else:
            return False
        self._paint()
        return True

    def _do_now(self) -> None:
        self.at = self.end = self._target = None

    def _do_freeze(self) -> None:
        self._frozen = None if self._frozen is not None else self._snap

    def _do_range(self) -> None:
        self.range_from = None if self.range_from is not None else self._cursor

    def _do_sort_slots(self) -> None:
        self.order = ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)]
        self._rows = ordered(self.order, self.past, self._rows, *self._wanted()) if self._snap is not None else []
        self._top = 0
        if self._rows and self.order != "slot":
            self.slot = self._rows[0]

    def _do_back(self) -> bool:
        """One level: the range, then the frozen picture, then now; False when none of it is."""
        if self.range_from is not None:
            self.range_from = None
        elif self._frozen is not None:
            self._frozen = None
        elif self.at is not None or self.end is not None:
            self._do_now()
        else:
            return False
        return True

    def _move_rows(self, step: int) -> None:
        if self._rows:
            at = self._rows.index(self.slot) if self.slot in self._rows else 0
            self.slot = self._rows[max(0, min(len(self._rows) - 1, at + step))]
            self._target = None

    def _move_time(self, columns: int) -> None:
        """The cursor so many columns on; the picture moves where it would leave it, and follows again at now."""
        window, now = self._window, bin_of(self._now, self._step)
        wanted = bin_of(self._cursor, self._step) + columns
        self._target = None
        if wanted >= now:
            self._do_now()
            return
        if abs(columns) > 1:
            end = window.first + window.columns - 1 + columns
        else:
            end = max(min(window.first + window.columns - 1, wanted + window.columns - 1), wanted)
        following = self.end is None and wanted >= window.first and abs(columns) == 1
        self.end = None if following or end >= now else end
        self.at = (wanted + 0.5) * self._step

    def _zoom(self, change: int) -> None:
        """Narrower or wider columns; the moment under the cursor stays where it is."""
        step = max(0, min(len(STEPS) - 1, self.step + change))
        if step == self.step:
            return
        column, at, following = self._window.column(self._cursor), self._cursor, self.at is None and self.end is None
        self.step = step
        if self.past.sampled:
            self.past.clear()
        if not following:
            self._look_at(at, column)

    def _look_at(self, at: float, column: int) -> None:
        """Put a moment into a column of the picture, as far as there is time on either side of it."""
        columns = self._window.columns
        last = bin_of(at, self._step) + columns - 1 - max(0, min(columns - 1, column))
        self.at, self.end = at, (None if last >= bin_of(self._now, self._step) else last)

    def _seek(self, *, forward: bool) -> None:
        self.run_worker(self._find_failure(forward), name="failure", group="failure", exclusive=True)

    async def _find_failure(self, forward: bool) -> None:
        if self._snap is None:
            return
        origin, column = self._snap.started_at, bin_of(self._cursor, self._step)
        at, seq = origin + (column + forward) * self._step, 0
        if self._target is not None:
            at, seq = self._target.end, self._target.seq
        answer = await self._ask(FailureQuery(at, seq, forward))
        if isinstance(answer, Timeline) and answer.spans:
            span = answer.spans[0]
            self.slot = span.slot
            window, column = self._window, self._window.column(span.end - origin)
            seen = 0 <= column < window.columns
            self._look_at(span.end - origin, column if seen else window.columns // 2)
            self._target = span
        else:
            where = "after" if forward else "before"
            text = answer.text if isinstance(answer, Unknown) else f"no attempt failed for good {where} this"
            self.notice(clean(text))
        self._paint()

    def notice(self, text: str) -> None:
        """Say why a key did nothing."""
        say = getattr(self.app, "say", None)
        if say is not None:
            say(text, ok=False)

    # Mouse

    def _aim(self, event: events.MouseEvent) -> bool:
        """Put the cursor where the mouse is; False outside the rows."""
        place, window = self._place, self._window
        column, row = event.x - place.x, event.y - 1
        if not (0 <= column < place.columns and 0 <= row < place.rows):
            return False
        if self._top + row < len(self._rows):
            self.slot = self._rows[self._top + row]
        self._target = None
        self.at = min(self._now, (window.first + column + 0.5) * self._step)
        if bin_of(self.at, self._step) >= bin_of(self._now, self._step):
            self.at = None
        return True

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if self._aim(event):
            self.range_from = None
            self._dragging = True
            self.capture_mouse()
            self._paint()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if not self._dragging:
            return
        anchor = self.range_from if self.range_from is not None else self._cursor
        before = self.at
        if self._aim(event) and (self.at != before or self.range_from is not None):
            self.range_from = anchor
            self._paint()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        self._dragging = False
        self.release_mouse()

    async def on_click(self, event: events.Click) -> None:
        if event.chain == 2 and self.selected_job() is not None:
            await self.screen.run_action("do('inspect')")

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._move_rows(1)
        self._paint()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._move_rows(-1)
        self._paint()


def _as_of(span: Span, newest: float) -> Span:
    """The attempt as it was at a moment: what ended later still ran."""
    if span.end <= newest:
        return span
    return Span(span.seq, span.number, span.slot, span.start, newest, "running")
