"""What the SLOTS panel says of each slot, and which form it takes."""

from __future__ import annotations

import msgspec
import pytest

from qtui.core.snapshot import AutoView, Control, QueueView, SlotState, SlotView, Snapshot, ThrottleView, Use
from qtui.tui.canvas import Canvas
from qtui.tui.theme import DARK, PLAIN
from qtui.tui.widgets.slot_forms import Form, after, fit_of, fitting, scrolled
from qtui.tui.widgets.slot_marks import columns_of
from qtui.tui.widgets.slots import draw_slots, slot_at, slot_rows
from tests.tui import samples
from tests.tui.stage import HOSTILE

BUSY = SlotView(
    1, SlotState.RUNNING, seq=9, name="shop.example/p/47623", attempt=1, attempts=3, elapsed_s=5.6, timeout_s=10
)


def snapshot(slots: list[SlotView], **changes: object) -> Snapshot:
    return samples.sample(slots=slots, **{"control": Control(concurrency=len(slots)), **changes})


def drawn(snap: Snapshot, width: int = 120, height: int = 14, selected: int = 0, top: int = 0) -> list[str]:
    canvas = Canvas(width, height, DARK)
    draw_slots(canvas, snap, selected=selected, top=top)
    return canvas.rows()


def colours(canvas: Canvas, y: int, text: str) -> set[str]:
    """The colours of the segments of row `y` that contain `text`."""
    return {str(s.style.color.name) for s in canvas.strip(y) if text in s.text and s.style and s.style.color}


def busy(number: int, **changes: object) -> SlotView:
    return msgspec.structs.replace(BUSY, number=number, **changes)


def test_a_row_tells_number_state_name_progress_time_and_history() -> None:
    assert drawn(snapshot([busy(1, strip="abRn")]), width=100, height=3) == [
        "╭─ SLOTS 1 ────────────────────────────────────────────────────────── ▆ ok × failed ◆ retry ▆ now ─╮",
        "│  1 ● shop.example/p/47623     ━━━━━╾────  5.6s                                              ▆▆◆▆ │",
        "╰──────────────────────────────────────────────────────── -40s ────────────── -20s ────────── now ─╯",
    ]


def test_a_job_that_tells_how_far_it_is_has_that_for_its_gauge_and_not_the_time() -> None:
    rows = drawn(snapshot([busy(1, share=0.25), busy(2, share=0.0), busy(3, share=1.0)]), width=120, height=5)

    gauges = [" ━━╾───────  5.6s ", " ──────────  5.6s ", " ━━━━━━━━━━  5.6s "]
    assert [row[39:57] for row in rows[1:-1]] == gauges


def test_where_there_is_no_room_for_a_gauge_the_share_is_a_number() -> None:
    rows = drawn(snapshot([busy(1, share=0.256), busy(2, share=1.0), busy(3)]), width=80, height=5)

    assert [row[30:40] for row in rows[1:-1]] == [" 25% 5.6s ", "100% 5.6s ", "     5.6s "]


def test_a_later_attempt_is_told_before_the_share_where_there_is_room_for_one() -> None:
    row = drawn(snapshot([busy(1, share=0.25, attempt=2)]), width=80, height=3)[1]

    assert "2/3" in row
    assert "25%" not in row


def test_a_slow_job_that_tells_its_share_is_not_drawn_as_stuck() -> None:
    canvas = Canvas(120, 4, DARK)
    draw_slots(canvas, snapshot([busy(1, elapsed_s=9.5, share=0.5), busy(2, elapsed_s=9.5)]), selected=0, top=0)

    assert colours(canvas, 1, "━").isdisjoint(colours(canvas, 2, "━"))


def test_each_state_has_its_glyph_and_its_words() -> None:
    slots = [
        SlotView(1, SlotState.IDLE),
        SlotView(2, SlotState.HELD),
        busy(3, state=SlotState.LEAVING),
        SlotView(4, SlotState.RETIRED, seq=3, name="gone"),
    ]
    rows = drawn(snapshot(slots, queue=QueueView(64, 0), throttle=ThrottleView(rate=5.0)), width=80, height=6)
    assert [row[1:34].rstrip() for row in rows[1:-1]] == [
        "  1 · idle · queue is empty",
        "  2 ≈ held by rate limit",
        "  3 ▼ shop.example/p/47623",
        "  4   retired",
    ]


def test_a_hold_by_a_person_is_not_called_a_rate_limit() -> None:
    rows = drawn(snapshot([SlotView(1, SlotState.HELD)], throttle=ThrottleView(held_by_person=True)), height=3)
    assert "≈ held by you" in rows[1]


@pytest.mark.parametrize(
    ("throttle", "words"),
    [
        (ThrottleView(halted="3 of the last 9 attempts failed"), "≈ halted"),
        (ThrottleView(short_of_memory=True), "≈ memory is short"),
    ],
)
def test_what_else_holds_a_slot_is_named(throttle: ThrottleView, words: str) -> None:
    rows = drawn(snapshot([SlotView(1, SlotState.HELD)], throttle=throttle), height=3)
    assert words in rows[1]


def test_the_attempt_is_shown_from_the_second_on() -> None:
    rows = drawn(snapshot([busy(1), busy(2, attempt=2)]), height=4)
    assert "1/3" not in rows[1]
    assert "2/3" in rows[2]


def test_an_attempt_turns_amber_at_sixty_per_cent_of_its_timeout() -> None:
    canvas = Canvas(120, 4, DARK)
    draw_slots(canvas, snapshot([busy(1, elapsed_s=5.9), busy(2, elapsed_s=6.1)]), selected=0, top=0)
    assert colours(canvas, 1, "5.9s") == {DARK.text.lower()}
    assert colours(canvas, 2, "6.1s") == {DARK.pressure.lower()}


def test_without_a_timeout_there_is_no_gauge() -> None:
    row = drawn(snapshot([busy(1, timeout_s=0.0)]), height=3)[1]
    assert "━" not in row
    assert "5.6s" in row


def test_long_names_are_shortened_in_the_middle() -> None:
    row = drawn(snapshot([busy(1, name="blog.example/2024/archive/post/86759")]), width=80, height=3)[1]
    assert "blog.ex…ive/post/86759 " in row


def test_long_running_times_stay_in_their_field() -> None:
    times = [99.9, 100.0, 3599.0, 9000.0, 1e7, 1e300]
    rows = drawn(snapshot([busy(n, elapsed_s=value) for n, value in enumerate(times, 1)]), width=80, height=8)
    assert [row[33:39] for row in rows[1:-1]] == [" 99.9s", "  1:40", " 59:59", " 2h30m", "  115d", " 9999d"]


def test_one_column_is_one_second_at_120_columns_and_two_at_80() -> None:
    strip = "a" * 50 + "F" + "a" * 9
    wide = drawn(snapshot([busy(1, strip=strip)]), width=120, height=3)
    assert wide[1].index("×") == 118 - 10
    narrow = drawn(snapshot([busy(1, strip=strip)], elapsed_s=611.0), width=80, height=3)
    assert narrow[1].index("×") == 78 - 5


def test_axis_labels_stand_at_the_column_that_is_so_old() -> None:
    strip = "n" * 20 + "R" + "n" * 19 + "F" + "n" * 19
    _, row, axis = drawn(snapshot([busy(1, strip=strip)]), height=3)
    assert axis.index("-40s") == row.index("◆")
    assert axis.index("-20s") == row.index("×")


def test_bins_of_two_seconds_stay_where_they_are_as_time_goes_on() -> None:
    strip = "abFaabRaab"
    assert columns_of(strip, 9, 2, 6) == " bFbRb"
    assert columns_of(strip + "n", 10, 2, 6) == "bFbRbn"
    assert columns_of(strip + "nn", 11, 2, 6) == "bFbRbn"


def test_the_worst_outcome_of_a_bin_is_shown() -> None:
    assert columns_of("aRaaFRa.n.", 9, 2, 5) == "RaFan"
    assert columns_of("  ..", 3, 2, 2) == " ."


def test_textures_tell_outcomes_apart_without_colour() -> None:
    canvas = Canvas(120, 3, PLAIN)
    draw_slots(canvas, snapshot([busy(1, strip="aabbrrRffF.cnn")]), selected=0, top=0)
    assert canvas.rows()[1][104:118] == "▆▆▄▄▒▒◆▓▓×·─██"


def test_the_title_shows_where_the_number_is_going() -> None:
    leaving = [busy(n, state=SlotState.LEAVING if n > 2 else SlotState.RUNNING) for n in range(1, 5)]
    retired = SlotView(5, SlotState.RETIRED)
    assert "─ SLOTS 4 → 2 ─" in drawn(snapshot([*leaving, retired], control=Control(concurrency=2)))[0]
    assert "─ SLOTS 4 ─" in drawn(snapshot([*leaving, retired], control=Control(concurrency=4)))[0]


def test_the_adaptive_limit_is_told_with_its_range() -> None:
    held = ThrottleView(adaptive=AutoView(2, 1, 9))
    views = [SlotView(number, SlotState.RUNNING) for number in (1, 2)]
    rows = drawn(snapshot(views, control=Control(concurrency=9), throttle=held))

    assert "─ SLOTS 2 (auto 1–9) ─" in rows[0]


def test_a_few_slots_too_many_can_be_scrolled_to() -> None:
    snap = snapshot([busy(n) for n in range(1, 13)])
    assert drawn(snap, 80, 12)[0].startswith("╭─ SLOTS 12 ── rows 1-10 ▼ 2 more ─")
    assert drawn(snap, 80, 12, top=1)[0].startswith("╭─ SLOTS 12 ── rows 2-11 ▲ 1 ▼ 1 more ─")
    last = drawn(snap, 80, 12, top=99)
    assert last[0].startswith("╭─ SLOTS 12 ── rows 3-12 ▲ 2 more ─")
    assert last[1].startswith("│  3 ●")
    assert slot_rows(80, 12, snap) == 10


def test_the_selected_slot_is_marked_by_number_not_by_row() -> None:
    snap = snapshot([busy(n) for n in range(1, 13)])
    assert [row[1] for row in drawn(snap, 80, 12, selected=4, top=2)[1:-1]].index("▌") == 1


def test_more_slots_than_rows_stand_in_columns() -> None:
    rows = drawn(snapshot([busy(n, strip="aaaaaaaaaF") for n in range(1, 33)]), height=10)
    assert rows[1].count("●") == 4
    assert rows[1].startswith("│  1 ● shop…/47623   5.6 ▆▆▆▆×")
    assert "▆ last 10 s" in rows[0]


def test_many_slots_are_a_ruled_grid_of_cells() -> None:
    slots = [busy(n, elapsed_s=9.0 if n == 3 else 1.0) for n in range(1, 201)]
    slots[3] = SlotView(4, SlotState.IDLE)
    slots[4] = busy(5, state=SlotState.LEAVING)
    slots[5] = SlotView(6, SlotState.HELD)
    rows = drawn(snapshot(slots), selected=52)
    assert rows[0].startswith("╭─ SLOTS 200  one cell per slot ─")
    assert rows[1].startswith("│   1 ■ ■ ▲ · ▼ ≈ ■ ■ ■ ■    ■ ■")
    assert rows[2].startswith("│  51 ■[■]■ ■")
    assert rows[5].startswith("│  [ ] slot 52 shop.example/p/47623  1.0s of 10s")


def test_too_many_slots_share_cells_by_powers_of_two() -> None:
    slots = [busy(n, elapsed_s=1.0) if n <= 16 else SlotView(n, SlotState.IDLE) for n in range(1, 5001)]
    rows = drawn(snapshot(slots))
    assert "one cell = 16 slots" in rows[0]
    assert rows[1].startswith("│    1 ■ · · ·")
    assert rows[2].startswith("│  801 · ·")


@pytest.mark.parametrize("count", [12, 30, 200, 5000])
def test_a_click_finds_the_slot_drawn_there(count: int) -> None:
    snap = snapshot([busy(n) for n in range(1, count + 1)])
    found = [slot_at(x, y, 120, 14, snap, 0) for y in range(14) for x in range(120)]
    numbers = [number for number in dict.fromkeys(found) if number is not None]
    step = 16 if count == 5000 else 1
    assert sorted(numbers) == list(range(1, count + 1, step))
    assert found[0] is None


def test_a_click_after_scrolling_finds_the_row_shown() -> None:
    snap = snapshot([busy(n) for n in range(1, 13)])
    assert slot_at(9, 1, 80, 12, snap, 2) == 3


def test_no_slots_is_said() -> None:
    assert "no slots" in drawn(snapshot([]))[1]


def test_spare_rows_under_the_cells_tell_how_busy_groups_were() -> None:
    slots = [busy(n, strip="a" * 57 + ".aF" if n <= 32 else "." * 60) for n in range(1, 65)]
    canvas = Canvas(80, 12, PLAIN)
    draw_slots(canvas, snapshot(slots), selected=0, top=0)
    rows = canvas.rows()
    assert rows[6].startswith("╭─ UTILISATION slots in groups of 16 · shade = share busy ─")
    assert [row[:8] for row in rows[7:11]] == ["│  1-16 ", "│ 17-32 ", "│ 33-48 ", "│ 49-64 "]
    assert rows[7].endswith("▇▇▇·▇× │")
    assert rows[10].endswith("······ │")


def test_slots_that_came_later_do_not_make_the_past_look_idle() -> None:
    slots = [busy(n, strip="a" * 60 if n <= 8 else "a") for n in range(1, 65)]
    canvas = Canvas(80, 12, PLAIN)
    draw_slots(canvas, snapshot(slots), selected=0, top=0)
    assert canvas.rows()[7].endswith("▇" * 60 + " │")


def test_the_engines_word_on_groups_is_drawn_with_as_many_of_them_in_one_as_it_takes() -> None:
    slots = [busy(n) for n in range(1, 513)]
    told = Use(16, ["8" * 50 + ("8" if n < 16 else "0") * 9 + ("e" if n == 3 else "4") for n in range(32)])
    canvas = Canvas(120, 24, PLAIN)
    draw_slots(canvas, snapshot(slots, use=told), selected=0, top=0)
    rows = [row for row in canvas.rows() if "-" in row[:12]]
    assert [row[:12].strip("│ ").split()[0] for row in rows][:3] == ["1-64", "65-128", "129-192"]
    assert rows[0].endswith("▇" * 10 + "× │")
    assert rows[7].endswith("▇·········▒ │")
    assert rows[0][40] == " ", "no more than is told"


@pytest.mark.parametrize(
    ("number", "form"),
    [
        (1, "cards"),
        (4, "cards"),
        (5, "rows"),
        (18, "rows"),
        (19, "columns"),
        (48, "columns"),
        (49, "cells"),
        (617, "blocks"),
    ],
)
def test_the_roomiest_form_that_fits_is_taken(number: int, form: str) -> None:
    assert fitting(120, 14, snapshot([busy(n) for n in range(1, number + 1)])) == form


def test_a_person_may_want_any_form_and_comes_round_to_what_fits() -> None:
    wanted: Form | None = None
    seen = []
    for _ in range(5):
        wanted = after(wanted, Form.ROWS)
        seen.append(wanted)
    assert seen == [Form.COLUMNS, Form.CELLS, Form.BLOCKS, Form.CARDS, None]


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("number", [3, 32, 512, 2000])
@pytest.mark.parametrize("size", [(120, 24), (120, 14), (80, 12), (40, 6)])
def test_every_form_shows_the_chosen_slot_of_any_number(form: Form, number: int, size: tuple[int, int]) -> None:
    snap = snapshot([busy(n) for n in range(1, number + 1)])
    held = fit_of(form, *size, snap)
    for chosen in (0, number // 2, number - 1):
        top = scrolled(held, 0, chosen, number)
        found = {slot_at(x, y, *size, snap, top, form) for y in range(size[1]) for x in range(1, size[0], 2)}
        found.discard(None)
        assert len(found) >= 1
        if form is not Form.BLOCKS:
            assert chosen + 1 in found
        rows = drawn_as(snap, size, form, chosen + 1, top)
        assert f"SLOTS {number:,} as {form}" in rows[0] or size[0] == 40
        assert any("▌" in row or "[" in row for row in rows) or size[0] == 40


def drawn_as(snap: Snapshot, size: tuple[int, int], form: Form, selected: int, top: int) -> list[str]:
    canvas = Canvas(*size, DARK)
    draw_slots(canvas, snap, selected=selected, top=top, form=form, wanted=True)
    return canvas.rows()


def test_a_card_tells_the_jobs_own_words_and_a_long_history() -> None:
    slot = busy(1, strip="a" * 119 + "n", note="GET 200 · 48 kB · parsing", elapsed_s=0.2)
    rows = drawn(snapshot([slot, busy(2, attempt=2, elapsed_s=8.2), SlotView(3, SlotState.IDLE)]), height=11)
    assert rows[1] == (
        "│  1 ● shop.example/p/47623             attempt 1/3   GET 200 · 48 kB · parsing    "
        "╾───────────────────────   0.2/10s  │"
    )
    assert rows[2].count("▆") >= 100
    assert rows[3].strip("│ ") == ""
    assert "attempt 2/3" in rows[4]
    assert "idle" in rows[7]


def test_a_jobs_own_words_are_drawn_as_text_whatever_they_hold() -> None:
    for note in HOSTILE:
        for row in drawn(snapshot([busy(1, note=note)]), height=5):
            assert "\x1b" not in row
