"""View 2: bins that stay, a cursor that stays on its moment, and questions no oftener than they are worth."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.pilot import Pilot

from qtui.core.queries import (
    Answer,
    AttemptRow,
    FailureQuery,
    JobQuery,
    JobRow,
    JobStory,
    Query,
    Span,
    Timeline,
    TimelineQuery,
    Unknown,
)
from qtui.core.snapshot import Control, RunState, SlotState, SlotView, Snapshot
from qtui.tui.actions import Context
from qtui.tui.canvas import Canvas
from qtui.tui.glyphs import known
from qtui.tui.screens.timeline import TimelineView
from qtui.tui.screens.timeline_cells import STEPS, Window, moment, of_the_past
from qtui.tui.screens.timeline_draw import area
from qtui.tui.screens.timeline_past import Past
from qtui.tui.screens.timeline_range import stats
from qtui.tui.theme import DARK, PLAIN, Palette
from tests.tui.fake_port import FakePort
from tests.tui.rig import running, until
from tests.tui.samples import NOW, sample
from tests.tui.stage import HOSTILE, Stage
from tests.tui.test_drawings import cells, check_frame
from tests.tui.wild import wild

ZERO = NOW - 612
"""Wall clock of the start of the sample."""
DONE, RETRY, FAILED = "done", "retry", "failed"


def span(seq: int, slot: int, start: float, end: float, outcome: str = DONE) -> Span:
    """Times in seconds of the run."""
    return Span(seq, 1, slot, ZERO + start, ZERO + end, outcome)


SPANS = [
    span(1, 1, 590.2, 593.4),
    span(2, 1, 593.5, 596.5, RETRY),
    span(3, 1, 600.1, 601.2, FAILED),
    span(4, 2, 580.0, 604.5),
    span(5, 2, 604.6, 604.9),
    span(6, 3, 300.0, 302.0, FAILED),
    span(7, 3, 598.0, 604.0, "cancelled"),
]


class Journal:
    """Answers as the engine does, from a list of spans, and remembers what was asked."""

    def __init__(self, spans: list[Span] | None = None, *, sampled: bool = False, name: str = "shop.example/p") -> None:
        self.spans = SPANS if spans is None else spans
        self.sampled = sampled
        self.name = name
        self.asked: list[Query] = []
        self.lost = ""

    async def __call__(self, query: Query) -> Answer:
        self.asked.append(query)
        if self.lost:
            return Unknown(self.lost)
        match query:
            case TimelineQuery():
                found = [s for s in self.spans if query.since <= s.end and s.start < query.until]
                found = [s for s in found if query.first_slot <= s.slot <= query.last_slot]
                return Timeline(found, self.sampled, [(ZERO + 585.0, "▲3")], [(query.since, 3)])
            case FailureQuery():
                bad = sorted((s for s in self.spans if s.outcome == FAILED), key=lambda s: (s.end, s.seq))
                if query.forward:
                    return Timeline([s for s in bad if (s.end, s.seq) > (query.at, query.seq)][:1])
                return Timeline([s for s in reversed(bad) if (s.end, s.seq) < (query.at, query.seq)][:1])
            case JobQuery():
                attempt = AttemptRow(1, 1, 0.0, 1.0, FAILED, "http:503", "Service Unavailable", "")
                row = JobRow(query.seq, f"{self.name}/{query.seq}", "done", "feeds", 1, 0.0, 0.0, 0.0, "")
                return JobStory(row, "k", 0.0, {}, [attempt])
        return Unknown("?")

    @property
    def windows(self) -> list[TimelineQuery]:
        return [query for query in self.asked if isinstance(query, TimelineQuery)]


def three_slots(**changes: object) -> Snapshot:
    idle = [SlotView(number, SlotState.IDLE) for number in (1, 2)]
    busy = SlotView(3, SlotState.RUNNING, 9, "api.example/9", 2, 3, elapsed_s=7.5, strip="." * 60)
    return sample(slots=[*idle, busy], control=Control(3, 64), series=sample().overview, **changes)


@asynccontextmanager
async def shown(
    journal: Journal, snap: Snapshot | None = None, size: tuple[int, int] = (80, 12), palette: Palette = DARK
) -> AsyncIterator[tuple[TimelineView, Stage, Pilot[None]]]:
    view = TimelineView(journal)
    view.styles.height = "1fr"
    app = Stage(view, palette=palette)
    async with app.run_test(size=size) as pilot:
        view.focus()
        view.update_snapshot(snap or three_slots())
        await settled(pilot)
        yield view, app, pilot


async def settled(pilot: Pilot[None]) -> None:
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await settled(pilot)


def later(snap: Snapshot, seconds: float) -> Snapshot:
    return msgspec.structs.replace(snap, elapsed_s=snap.elapsed_s + seconds)


async def test_slots_stand_against_time() -> None:
    async with shown(Journal()) as (_, app, _):
        rows = app.rows()
        assert rows[0].startswith("╭─ TIMELINE 3 slots · 1 column = 1 s ─")
        assert rows[1].startswith("│► 1 ") or rows[1][1] == "►"
        assert rows[1].endswith("······▆▆▆▆▆▆◆···▆×··········┆ │")
        assert rows[2].endswith("▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆·······┆ │"), rows[2]
        assert rows[3].endswith("──────▆▆▆▆▆▆▆▆▆ │")
        assert "▲3" in rows[4]
        assert rows[-1].rstrip().endswith("now ─╯")


async def test_a_column_is_final_once_it_is_past() -> None:
    for seconds in (0.3, 1.0, 1.4, 7.7):
        async with shown(Journal()) as (view, app, pilot):
            before = app.rows()[1][5:78]
            view.update_snapshot(later(three_slots(), seconds))
            await settled(pilot)
            moved = int(612 + seconds) - 612
            after = app.rows()[1][5:78]
            # the hairline of the cursor stands in the last column
            assert after[: len(after) - moved - 1] == before[moved : len(before) - 1]


def test_the_worst_of_a_column_is_shown_and_shades_never_change() -> None:
    past = Past()
    many = [span(n, 1, n * 0.2, n * 0.2 + 0.15, FAILED if n == 7 else DONE) for n in range(50)]
    past.take(Timeline(many[20:], slots=[(ZERO, 1)]), ZERO + 4, ZERO + 10)
    window = Window(0, 10, 1.0)
    before = of_the_past(1, past.tracks[1], moment(past, window, ZERO, 10.0))
    past.take(Timeline(many[:20], slots=[(ZERO, 1)]), ZERO, ZERO + 4)
    after = of_the_past(1, past.tracks[1], moment(past, window, ZERO, 10.0))
    assert after[1] == "F"
    assert before[4:] == after[4:]
    fine = Window(0, 100, 0.1)
    told = "".join(of_the_past(1, past.tracks[1], moment(past, fine, ZERO, 10.0)))
    assert all(a != b for a, b in zip(told[0::4], told[2::4], strict=False) if "F" not in a + b)


async def test_keys_change_the_width_of_a_column_and_keep_the_moment_in_its_place() -> None:
    async with shown(Journal()) as (view, app, pilot):
        await press(pilot, *["left"] * 12)
        assert view.selected_job() == 3
        await press(pilot, "left_square_bracket", "left_square_bracket")
        assert "1 column = 0.2 s" in app.text()
        assert view.selected_job() == 3
        await press(pilot, *["right_square_bracket"] * 9)
        assert "1 column = 1 min" in app.text()
        assert view.look.step == len(STEPS) - 1


async def test_the_cursor_stays_on_its_moment_as_time_goes_on() -> None:
    async with shown(Journal(), size=(120, 12)) as (view, app, pilot):
        await press(pilot, *["left"] * 11)
        assert view.selected_job() == 3
        view.update_snapshot(later(three_slots(), 20))
        await settled(pilot)
        assert view.selected_job() == 3
        line = "slot 1  #3 shop.example/p/3  × 1.1s Service Unavailable  attempt 1/3"
        await until(lambda: line in app.text(), line)


async def test_the_cursor_has_its_words_beside_it_in_a_box_and_in_a_line_where_there_is_no_room() -> None:
    async with shown(Journal(), size=(80, 14)) as (_, app, pilot):
        assert "slot 1" not in app.text(), "who watches what is new has nothing hidden"
        await press(pilot, *["left"] * 11)
        assert "█×" in app.rows()[2], "its row is not under the box"
        assert "╮" in app.rows()[3]
        await until(lambda: "│ slot 1  #3 shop.example/p/3" in app.rows()[4])
        await press(pilot, "v", "right", "right")
        assert "│ 3.0s   slots busy" in app.rows()[4]
        await press(pilot, "escape", "escape")
        assert "slot 1" not in app.text()
    async with shown(Journal(), size=(80, 9)) as (_, app, pilot):
        await press(pilot, *["left"] * 11)
        assert app.rows()[-2].startswith("│ slot 1  #3 ")


async def test_l_and_the_right_edge_lead_back_to_now() -> None:
    async with shown(Journal()) as (view, app, pilot):
        await press(pilot, "H", "H", "H")
        assert view.look.end is not None
        assert " now " not in app.text()
        await press(pilot, "L")
        assert (view.look.end, view.look.at) == (None, None)
        assert " now " in app.text()
        await press(pilot, "left", "left", "right", "right")
        assert view.look.at is None


async def test_going_back_asks_for_what_is_not_known_once() -> None:
    journal = Journal()
    async with shown(journal) as (_, _, pilot):
        await press(pilot, "H", "H", "H")
        asked = len(journal.windows)
        await press(pilot, "right", "left", "right")
        assert len(journal.windows) == asked
        joined = sorted((query.since, query.until) for query in journal.windows)
        assert all(a[0] <= b[1] for a, b in zip(joined[1:], joined, strict=False))


async def test_what_is_seen_is_asked_for_at_most_once_a_second() -> None:
    journal = Journal()
    async with shown(journal) as (view, _, pilot):
        first, began = len(journal.windows), time.monotonic()
        for step in range(1, 20):
            view.update_snapshot(later(three_slots(), step / 10))
            view._tick()
            await settled(pilot)
        assert len(journal.windows) - first <= 1 + int(time.monotonic() - began)
        view._asked_at -= 1.0
        view.update_snapshot(later(three_slots(), 2.0))
        view._tick()
        await settled(pilot)
        newest = journal.windows[-1]
        assert newest.until - newest.since < 4, "only what has ended since"


async def test_an_unseen_view_asks_for_nothing() -> None:
    journal = Journal()
    async with shown(journal) as (view, _, pilot):
        view.display = False
        await pilot.pause()
        asked = len(journal.asked)
        view._asked_at -= 10
        view.update_snapshot(later(three_slots(), 30))
        view._tick()
        await settled(pilot)
        assert len(journal.asked) == asked


async def test_n_leads_to_the_next_failure_and_capital_n_to_the_one_before() -> None:
    async with shown(Journal()) as (view, app, pilot):
        await press(pilot, "N")
        assert view.selected_job() == 3
        await press(pilot, "N")
        assert view.selected_job() == 6
        assert view.look.slot == 3
        assert "slot 3  #6" in app.text()
        await press(pilot, "n")
        assert view.selected_job() == 3
        assert "×" in app.rows()[1]


async def test_space_freezes_the_picture_and_says_since_when() -> None:
    journal = Journal()
    async with shown(journal) as (view, app, pilot):
        before = app.rows()[1:4]
        await press(pilot, "space")
        ended = [*SPANS, Span(9, 1, 3, ZERO + 604.5, ZERO + 615.0, FAILED)]
        journal.spans = ended
        view.update_snapshot(later(three_slots(), 8))
        await settled(pilot)
        assert "FROZEN 8 s" in app.text()
        assert app.rows()[1:4] == before
        await press(pilot, "space")
        assert "FROZEN" not in app.text()
        assert app.rows()[1:4] != before


async def test_s_sorts_the_slots_and_says_so() -> None:
    async with shown(Journal()) as (view, app, pilot):
        await press(pilot, "s")
        assert "busiest first" in app.text()
        assert view.look.rows == [2, 1, 3]
        await press(pilot, "s")
        assert "slowest first" in app.text()
        await press(pilot, "s")
        assert "most failures first" in app.text()
        assert view.look.rows == [1, 2, 3], "equal ones by their numbers"
        await press(pilot, "s")
        assert "first" not in app.rows()[0]


async def test_v_and_the_arrows_choose_a_range_and_esc_lets_go_of_it() -> None:
    async with shown(Journal()) as (_, app, pilot):
        await press(pilot, *["left"] * 8, "v", *["left"] * 8)
        assert "slots busy" in app.text()
        assert "jobs 3" in app.text(), app.text()
        assert "failed 1" in app.text()
        assert "retried 1" in app.text()
        await press(pilot, "escape")
        assert "slots busy" not in app.text()


def test_a_range_counts_what_ended_in_it_and_how_busy_the_slots_were() -> None:
    past = Past()
    past.take(Timeline(SPANS, slots=[(ZERO, 3)]), ZERO, ZERO + 612)
    present = [span(9, 3, 604.0, 610.0), span(10, 2, 610.5, 612.0)]
    told = stats(past, [1, 2, 3], present, ZERO + 600, ZERO + 610)
    busy = 1.1 + 4.5 + 0.3 + 4.0 + 6.0
    assert told.busy_share == pytest.approx(busy / 30)
    assert (told.jobs, told.failures, told.retries) == (3, 1, 0)
    assert told.p95 == pytest.approx(24.5)


@pytest.mark.parametrize(("height", "lines"), [(14, 3), (12, 1)])
async def test_a_few_slots_have_words_above_their_bars_and_a_line_between_them(height: int, lines: int) -> None:
    async with shown(Journal(), size=(80, height)) as (view, app, _):
        first = 2 if lines > 1 else 1
        assert [y for y, row in enumerate(app.rows()) if row[3:4].isdigit()] == [first + lines * n for n in range(3)]
        assert ("api.example/9 2/3  7.5s │" in app.rows()[7]) is (lines > 1)
        assert ("#4 " in app.rows()[4]) is (lines > 1), "and what is over, as far as its bar goes"
        assert "▲3" in app.rows()[view.look.place.end(3)]


@pytest.mark.parametrize(("slots", "rows", "lines"), [(4, 11, 3), (5, 11, 2), (5, 10, 2), (6, 11, 1), (0, 11, 1)])
def test_slots_have_as_many_lines_as_let_all_be_seen(slots: int, rows: int, lines: int) -> None:
    place = area(80, rows + 3, slots, slots)
    assert place.lines == lines
    assert place.rows >= slots or lines == 1
    assert place.end(slots) <= rows + 1, "the changes have their line"


async def test_words_above_a_bar_lead_to_what_they_speak_of() -> None:
    async with shown(Journal(), size=(80, 14)) as (view, _, pilot):
        column = 78 - len("api.example/9 2/3  7.5s")
        await pilot.click(TimelineView, offset=(column, 7))
        assert view.selected_job() == 9
        await pilot.click(TimelineView, offset=(column, 8))
        assert view.selected_job() is None, "at that time it did not run yet"
        assert view.tip_at(column, 7) is not None
        assert view.tip_at(column - 2, 7) is None, "nothing is said there"
        await pilot.click(TimelineView, offset=(77 - 30, 5))
        assert (view.look.slot, view.selected_job()) == (2, 4)
        await press(pilot, "down", "up", "up")
        assert view.look.slot == 1


async def test_a_drag_chooses_a_range() -> None:
    async with shown(Journal()) as (_, app, pilot):
        await pilot.mouse_down(TimelineView, offset=(60, 1))
        await pilot.hover(TimelineView, offset=(70, 2))
        await settled(pilot)
        assert "slots busy" in app.text()
        await pilot.mouse_up(TimelineView, offset=(70, 2))
        await pilot.click(TimelineView, offset=(60, 1))
        assert "slots busy" not in app.text()


async def test_a_click_puts_the_cursor_there() -> None:
    async with shown(Journal()) as (view, _, pilot):
        await pilot.click(TimelineView, offset=(77 - 30, 2))
        assert (view.look.slot, view.selected_job()) == (2, 4)


async def test_more_slots_than_rows_are_scrolled_to() -> None:
    spans = [span(n, n, 600.0, 610.0) for n in range(1, 41)]
    slots = [SlotView(n, SlotState.IDLE) for n in range(1, 41)]
    async with shown(Journal(spans), sample(slots=slots)) as (view, app, pilot):
        assert "rows 1-8 of 40" in app.text()
        await press(pilot, "pagedown", "G")
        assert "rows 33-40 of 40" in app.text()
        assert view.look.slot == 40


async def test_a_narrow_title_says_which_rows_are_seen_before_how_wide_a_column_is() -> None:
    spans = [span(n, n, 600.0, 610.0) for n in range(1, 9)]
    slots = [SlotView(n, SlotState.IDLE) for n in range(1, 9)]
    async with shown(Journal(spans), sample(slots=slots), size=(45, 10)) as (_, app, _):
        assert "TIMELINE 8 slots · rows 1-6 of 8" in app.rows()[0]


async def test_of_very_many_slots_only_those_near_are_asked_for() -> None:
    slots = [SlotView(n, SlotState.IDLE) for n in range(1, 2001)]
    journal = Journal([span(n, n, 600.0, 610.0) for n in range(1, 2001)])
    async with shown(journal, sample(slots=slots)) as (view, app, pilot):
        assert journal.windows[-1].last_slot < 40
        await press(pilot, "G")
        assert journal.windows[-1].first_slot > 1900
        assert len(view.look.past.tracks) < 60
        assert app.rows()[1].count("▆") >= 9


async def test_a_slot_that_is_gone_keeps_its_row_while_its_past_is_known() -> None:
    async with shown(Journal([span(1, 7, 600.0, 605.0)])) as (_, app, _):
        assert "TIMELINE 4 slots" in app.text()


async def test_a_sample_is_called_one() -> None:
    async with shown(Journal(sampled=True)) as (_, app, _):
        assert "a sample" in app.rows()[0]


async def test_without_a_journal_the_last_two_minutes_are_shown_and_it_says_why() -> None:
    journal = Journal()
    journal.lost = "this run keeps no journal"
    slots = [SlotView(1, SlotState.IDLE, strip="." * 20 + "aabRF"), SlotView(2, SlotState.IDLE)]
    async with shown(journal, sample(slots=slots)) as (_, app, _):
        assert "this run keeps no journal" in app.text()
        assert "▆▆▆◆" in app.rows()[1]


@pytest.mark.parametrize(
    ("strategy", "words"),
    [("pool", "3 slots"), ("semaphore", "3 permits"), ("unbounded", "3 at once")],
)
async def test_rows_are_called_what_they_are(strategy: str, words: str) -> None:
    snap = three_slots()
    snap = msgspec.structs.replace(snap, control=Control(3, 0, strategy=strategy))
    async with shown(Journal(), snap) as (_, app, _):
        assert words in app.rows()[0]


async def test_a_finished_run_is_all_known_and_asked_for_no_more() -> None:
    journal = Journal()
    idle = [SlotView(number, SlotState.IDLE) for number in (1, 2, 3)]
    async with shown(journal, sample(state=RunState.FINISHED, slots=idle)) as (view, app, pilot):
        assert app.rows()[3].endswith("·───────·······┆ │")
        asked = len(journal.windows)
        view._asked_at -= 10
        view._tick()
        await settled(pilot)
        assert len(journal.windows) == asked


async def test_another_life_of_the_engine_begins_anew() -> None:
    journal = Journal()
    async with shown(journal) as (view, _, pilot):
        view.update_snapshot(sample(started_at=NOW - 500, elapsed_s=620.0, slots=[]))
        await settled(pilot)
        assert journal.windows[-1].until == NOW + 120
        assert view.look.past.until > NOW


async def test_esc_lets_go_one_level_at_a_time_and_then_leaves_the_view() -> None:
    async with running(three_slots()) as rig:
        await rig.press("2")
        await rig.shows("TIMELINE 3 slots")
        stage = rig.app.screen.query_one("Stage")
        await rig.press("left", "v", "space", "escape", "escape", "escape")
        assert stage.context is Context.TIMELINE
        await rig.press("escape")
        assert stage.context is Context.OVERVIEW


async def test_enter_inspects_the_job_under_the_cursor() -> None:
    port = FakePort(three_slots())
    async with running(port=port) as rig:
        await rig.press("2", "G")
        await rig.shows("#9 api.example/9")
        await rig.press("enter")
        await until(lambda: any(isinstance(query, JobQuery) and query.seq == 9 for query in port.queries))
        assert rig.app.screen.query_one("Stage").context is Context.INSPECTOR


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_name_is_drawn_as_cells(name: str) -> None:
    async with shown(Journal(name=name)) as (_, app, pilot):
        await press(pilot, *["left"] * 11)
        check_frame([cells(row) for row in app.rows()])


@pytest.mark.parametrize("palette", [DARK, PLAIN])
async def test_the_attempt_under_the_cursor_stands_out(palette: Palette) -> None:
    async with shown(Journal(), palette=palette) as (_, app, pilot):
        await press(pilot, "down", *["left"] * 9)
        strip = app.screen._compositor.render_strips()[2]
        marked = "".join(s.text for s in strip if s.style and (s.style.reverse or "█" in s.text))
        assert len(marked) >= 24
        assert palette is DARK or "✓" * 24 in marked, "blocks in reverse would be holes"


outcomes = st.sampled_from([DONE, RETRY, FAILED, "cancelled", "interrupted", "unheard of"])
times = st.one_of(st.floats(-1e4, 1e4), st.sampled_from([0.0, 612.0, -1e18, 1e18, 1e300]))
attempts = st.builds(
    lambda seq, slot, start, length, outcome: Span(seq, 1, slot, ZERO + start, ZERO + start + abs(length), outcome),
    st.integers(1, 10**18),
    st.integers(1, 99_999),
    times,
    times,
    outcomes,
)


@settings(max_examples=150, deadline=None)
@given(
    spans=st.lists(attempts, max_size=40),
    width=st.integers(1, 240),
    height=st.integers(1, 70),
    step=st.integers(0, len(STEPS) - 1),
    seed=st.integers(0, 10**6),
    textured=st.booleans(),
    past_end=st.one_of(st.none(), st.integers(-10_000, 10_000)),
)
def test_any_attempts_are_drawn_at_any_size_without_crossing_a_border(
    spans: list[Span],
    width: int,
    height: int,
    step: int,
    seed: int,
    textured: bool,
    past_end: int | None,
) -> None:
    rng = random.Random(seed)
    snap = msgspec.structs.replace(wild(rng), started_at=rng.choice((ZERO, 0.0)))
    view = TimelineView(Journal())
    view.look.snap, view.look.size = snap, (width, height)
    view.look.step, view.look.end, view.look.at = step, past_end, None if past_end is None else past_end * STEPS[step]
    view.look.past.take(Timeline(spans, rng.random() < 0.3, [(ZERO, "▲12")], [(ZERO, 5)]), ZERO - 100, ZERO + 1000)
    view.look.range_from = rng.choice((None, 600.0))
    view.look.frozen = rng.choice((None, snap))
    view.look.arrange()
    canvas = Canvas(width, height, PLAIN if textured else DARK)
    view.draw(canvas)
    rows = [cells(row) for row in canvas.rows()]
    assert [len(row) for row in rows] == [width] * height
    check_frame(rows)
    strange = {ch for row in rows for ch in row if ch and ord(ch) < 0x2FFF and not ch.isalpha() and not known(ch)}
    assert strange <= {"\u0301"}
