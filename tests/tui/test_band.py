"""The flow band in its states and forms."""

from __future__ import annotations

import random

import msgspec
import pytest

from qtui.core.snapshot import (
    AutoView,
    Control,
    Counts,
    HeadView,
    Health,
    Latency,
    ProducerState,
    ProducerView,
    QueueView,
    RunState,
    SlotState,
    Snapshot,
    ThrottleView,
)
from qtui.core.verdict import Judge
from qtui.tui.canvas import Canvas
from qtui.tui.theme import DARK, PLAIN, Palette
from qtui.tui.widgets.band import draw_band, plan
from tests.tui.looks import anything, strange, verdict_on
from tests.tui.samples import sample, slots

replace = msgspec.structs.replace


def band(snap: Snapshot, width: int = 120, height: int = 7, palette: Palette = DARK, **extra: int) -> list[str]:
    canvas = Canvas(width, height, palette)
    draw_band(canvas, snap, verdict=verdict_on(snap), **extra)
    return canvas.rows()


def calm(**changes: object) -> Snapshot:
    free = [
        replace(producer, state=ProducerState.ACTIVE, pressure=0.0, blocked_s=0.0, blocked_share=0.0)
        for producer in sample().producers
    ]
    queue = QueueView(64, 3, 7, wait_s=0.4)
    return replace(sample(producers=free, queue=queue), **changes)


def test_backpressure_drops_a_wall_into_the_gate() -> None:
    rows = band(sample())
    assert [row[:71] for row in rows] == [
        "╭─ PRODUCERS ──────── 2 ─╮       ╭─ QUEUE 64 / 64 ─────────── FULL ──╮ ",
        "│ ▲ sitemap BLOCKED  50% │     █ │  ▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊ │ ",
        "│ ▲ feeds   BLOCKED  57% │──■■ █ │  ▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊▊ │─",
        "│                        │put()█ │                                   │7",
        "│ offer 14/s admit 7.1   │waits█ │ wait 8.3s   high-water 64         │ ",
        "│ blocked ━━━━━────  53% │     █ │ full 62% of the last minute       │ ",
        "╰────────────────────────╯       ╰───────────────────────────────────╯ ",
    ]
    assert [row[69:] for row in rows] == [
        "╮      ╭─ WORKERS 12 ─────╮    ╭─ RESULTS ────────╮",
        "│      │ ● ● ● ● ● ● ● ●  │    │ ✓ done     3,072 │",
        "│──►──►│ ● ● ● ●          │──►─│ × failed      58 │",
        "│7.7/s │                  │6.7 │ ◆ retrying     3 │",
        "│      │ 12 busy  0 idle  │    │ error rate  1.9% │",
        "│      │ util ━━━━━━ 100% │    │ p95         3.7s │",
        "╯      ╰──────────────────╯    ╰──────────────────╯",
    ]


def test_the_narrow_form_leaves_the_workers_to_the_slots() -> None:
    assert band(sample(), 80, 5) == [
        "╭─ PRODUCERS ──── 2 ─╮     ╭─ QUEUE 64 / 64 ───── FULL ──╮    ╭─ RESULTS ──────╮",
        "│ ▲ sitemap  BLOCKED │   █ │█████████████████████████████│    │ ✓ done   3,072 │",
        "│ ▲ feeds    BLOCKED │──■█ │█████████████████████████████│──►─│ × failed    58 │",
        "│ blocked ━━╾──  53% │   █ │ wait 8.3s  full 62%/min     │    │ ◆ retry      3 │",
        "╰────────────────────╯     ╰─────────────────────────────╯    ╰────────────────╯",
    ]


def test_the_small_form_has_no_boxes() -> None:
    assert band(sample(), 60, 3) == [
        "                   █ ██████████████████████████    ✓  3,072 ",
        "sitemap ▲  feeds ▲ █ ██████████████████████████ ─► ×     58 ",
        "                   █ 64/64 FULL  wait 8.3s         ◆      3 ",
    ]


def test_a_free_queue_leaves_the_gate_open() -> None:
    rows = band(calm())
    assert "│►──►──►│" in band(calm(), frame=1)[2]
    assert "│──►──►─│" in rows[2]
    assert "QUEUE 3 / 64 ─────────────── 5% ─╮" in rows[0]
    assert "│ ► feeds          3.7/s │" in rows[2]


def test_nothing_that_stands_still_has_an_arrow() -> None:
    still = replace(sample().rates, admitted=0.0, started=0.0, done=0.0)
    assert "►" not in "".join(row[26:] for row in band(calm(rates=still)))


def test_a_pause_dashes_the_pipe() -> None:
    paused = [replace(producer, state=ProducerState.PAUSED) for producer in calm().producers]
    rows = band(calm(producers=paused, state=RunState.PAUSED))
    assert "│╌╌╌╌╌╌╌│" in rows[2]
    assert "║ off" in rows[3]
    assert "│ ║ sitemap       PAUSED │" in rows[1]


@pytest.mark.parametrize(("state", "word"), [(RunState.DRAINING, "closed"), (RunState.RUNNING, "done")])
def test_a_gate_that_will_not_open_says_why(state: RunState, word: str) -> None:
    done = [replace(producer, state=ProducerState.DONE) for producer in calm().producers]
    assert word in band(calm(producers=done, state=state))[3]


def test_no_number_crosses_the_edge_of_the_results() -> None:
    absurd = calm(latency=Latency(1e12, 1e18, 1e18), counts=Counts(failed=10**18, done=0))
    rows = band(absurd)
    assert {row[-1] for row in rows[1:6]} == {"│"}
    assert {row[100] for row in rows[1:6]} == {"│"}


@pytest.mark.parametrize(("width", "row"), [(80, 3), (120, 5)])
def test_lost_jobs_are_told_at_every_width(width: int, row: int) -> None:
    losing = calm(queue=QueueView(64, 64, 64, wait_s=8.3, overflow="drop-old"), counts=Counts(lost=1204))
    assert "1,204 lost" in band(losing, width)[row]


@pytest.mark.parametrize(("width", "row"), [(80, 3), (120, 5)])
def test_a_queue_without_a_bound_tells_what_it_costs_at_every_width(width: int, row: int) -> None:
    endless = calm(queue=QueueView(0, 900, 900), control=Control(6, 0, strategy="semaphore"), health=Health(tasks=1890))
    assert "1.9k tasks" in band(endless, width)[row]


@pytest.mark.parametrize("state", [ProducerState.BLOCKED, ProducerState.ACTIVE])
def test_what_a_producer_that_is_nearly_always_blocked_would_offer_is_not_made_up(state: ProducerState) -> None:
    always = [replace(producer, state=state, offer_rate=0.0, admit_rate=3.5) for producer in sample().producers]
    row = band(sample(producers=always))[4]
    assert "│ admit 7.1/s " in row
    assert "offer" not in row


def test_a_limit_moves_the_wall_to_the_valve() -> None:
    rows = band(calm(throttle=ThrottleView(5.0, 0.9)))
    assert "│─█──  │" in rows[2]
    assert "≈5" in rows[3]


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (0.013, "│ █ ≈47│"),
        (0.5, "│ █≈0.5│"),
        (12.0, "│ █ ≈12│"),
        (1.05, "│ █1.05│"),
        (5000.0, "│ █ ≈5k│"),
        (125_000.0, "│ █125k│"),
    ],
)
def test_any_limit_fits_the_valve(limit: float, text: str) -> None:
    assert text in band(calm(throttle=ThrottleView(limit, 0.9)))[3]


def test_shrinking_shows_both_numbers_and_the_leaving_slots() -> None:
    leaving = [replace(slot, state=SlotState.LEAVING) if slot.number > 5 else slot for slot in slots()]
    rows = band(sample(slots=leaving, control=Control(5, 64)))
    assert "WORKERS 12 → 5" in rows[0]
    assert "● ● ● ● ● ▼ ▼ ▼" in rows[1]


@pytest.mark.parametrize(
    ("auto", "width", "title"),
    [
        (AutoView(7, 4, 32), 200, "─ WORKERS 7 (auto 4–32) ─"),
        (AutoView(7, 4, 32, True), 200, "─ WORKERS 7 (frozen 4–32) ─"),
        (AutoView(7, 4, 32), 120, "─ WORKERS 7 auto ─"),
    ],
)
def test_the_adaptive_limit_stands_beside_the_number(auto: AutoView, width: int, title: str) -> None:
    assert title in band(sample(throttle=ThrottleView(adaptive=auto)), width)[0]


def test_the_dialled_number_is_shown_beside_the_one_in_force() -> None:
    assert "WORKERS 12→15" in band(sample(), target=15)[0]


def test_many_slots_become_a_block() -> None:
    many = [replace(slots()[0], number=number) for number in range(1, 513)]
    rows = band(sample(slots=many, control=Control(512, 64)))
    assert "▊ = 16 slots" in rows[3]
    assert "512 busy  0 idle" in rows[4]


def test_many_producers_show_the_blocked_first_and_count_the_rest() -> None:
    crowd = [ProducerView(index, f"p{index}", ProducerState.DONE) for index in range(6)]
    crowd.append(ProducerView(6, "slow", ProducerState.BLOCKED, pressure=0.9))
    rows = band(sample(producers=crowd))
    assert "▲ slow" in rows[1]
    assert "+5 more" in rows[3]


def test_a_broken_producer_comes_first() -> None:
    broken = [*sample().producers, ProducerView(2, "csv", ProducerState.ERROR)]
    assert "× csv" in band(sample(producers=broken))[1]


def test_cancelled_jobs_are_counted_in_the_results() -> None:
    assert "cancelled      2 │" in band(calm(counts=Counts(accepted=5, done=3, cancelled=2)))[4]


@pytest.mark.parametrize("capacity", [1, 2, 8, 64, 65, 500, 100_000])
def test_a_full_queue_touches_the_gate_and_an_empty_one_does_not(capacity: int) -> None:
    for depth, filled in ((capacity, True), (0, False)):
        canvas = Canvas(120, 7, DARK)
        snap = calm(queue=QueueView(capacity, depth))
        draw_band(canvas, snap, verdict=verdict_on(snap))
        start, width = plan(120).queue
        inks = [canvas._looks[1][x].fg for x in range(start + 2, start + width - 2) if canvas._chars[1][x] != " "]
        assert ("queued" in inks or "pressure" in inks) is filled
        reached = next(x for x in range(start + 2, start + width - 2) if canvas._chars[1][x] != " ") - start
        assert reached <= 6


def test_without_colour_the_amber_zone_has_a_texture() -> None:
    assert "▓▓▓▓▓▓▊▊" in band(sample(), palette=PLAIN)[1]


def test_depth_hovering_at_capacity_changes_no_border() -> None:
    judge = Judge()
    borders = set()
    for tick in range(40):
        snap = sample(elapsed_s=tick / 4, queue=QueueView(64, 64 - tick % 2, 64))
        canvas = Canvas(120, 7, DARK)
        draw_band(canvas, snap, verdict=judge.step(snap))
        borders.add((canvas._looks[6][40].fg, " FULL " in canvas.rows()[0]))
    assert borders == {("pressure", True)}


def test_no_snapshot_breaks_it_at_any_size() -> None:
    rng = random.Random(11)
    for _ in range(300):
        snap = anything(rng)
        width, height = rng.randint(1, 240), rng.randint(1, 9)
        canvas = Canvas(width, height, rng.choice((DARK, PLAIN)))
        draw_band(canvas, snap, verdict=verdict_on(snap), frame=rng.randint(0, 9), target=rng.choice((None, 9)))
        rows = canvas.rows()
        assert strange(rows) == set()
        if width >= 70 and height >= plan(width).rows:
            _borders_hold(rows, width)


def _borders_hold(rows: list[str], width: int) -> None:
    places = plan(width)
    for x, part in (places.producers, places.queue, places.workers, places.results):
        if part:
            for row in rows[1 : places.rows - 1]:
                cells = _cells(row)
                assert cells[x] == cells[x + part - 1] == "│", row


def _cells(row: str) -> str:
    """One character per cell: a wide character stands for two."""
    return "".join(ch * 2 if ch in "漢字" else ch for ch in row)


@pytest.mark.parametrize("state", [ProducerState.ACTIVE, ProducerState.BLOCKED])
def test_a_crawl_shows_how_much_is_known_to_come(state: ProducerState) -> None:
    crawl = ProducerView(0, "shop", state, total=None, found=1700, accepted=1200, unread=501, pressure=0.9)
    told = "\n".join(band(sample(producers=[crawl]), 200))

    assert "shop" in told
    assert "1,200 / 1,701+" in told, told


def test_without_a_bound_the_queue_shows_what_it_costs() -> None:
    snap = calm(
        control=Control(6, 0, strategy="semaphore"),
        queue=QueueView(capacity=0, depth=1904, high_water=2088),
        health=Health(rss_bytes=61_000_000, tasks=1_917, connections=12),
    )
    text = "\n".join(row[33:70] for row in band(snap))
    assert "QUEUE 1,904 no bound" in text
    assert "1.9k tasks  61 MB  12 open" in text
    assert "full" not in text


def test_results_name_who_holds_them_back() -> None:
    rows = band(calm(head=HeadView(3187, "shop.example/p/3187", "running", 1, 318)))
    assert rows[5][100:] == "│ 318 behind #3187 │"
