"""Every drawing of the overview, at every size, of every snapshot: no exception, whole borders, known glyphs."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from rich.cells import cell_len

from qtui.core.eta import Certainty, Eta
from qtui.core.snapshot import Snapshot
from qtui.tui.canvas import Canvas
from qtui.tui.theme import DARK, LIGHT, PLAIN
from qtui.tui.widgets.explain import draw_explain
from qtui.tui.widgets.failures import draw_failures
from qtui.tui.widgets.flow import draw_flow, draw_whole_run
from qtui.tui.widgets.job import draw_job
from qtui.tui.widgets.latency import draw_latency
from qtui.tui.widgets.mini import draw_mini
from qtui.tui.widgets.slots import draw_slots, slot_at, slot_rows
from qtui.tui.widgets.times import draw_times
from tests.tui.samples import sample
from tests.tui.wild import NAMES, wild

GLYPHS = frozenset("λ÷×·■▊●·▼≈✓◆×▲█║─►◄━╾╌╭╮╰╯│▁▂▃▄▅▆▇▀▌░▒▓→…−±")
ASCII = frozenset(map(chr, range(32, 127)))
SIZES = [(1, 1), (2, 2), (3, 3), (8, 3), (23, 5), (24, 6), (38, 9), (42, 10), (80, 12), (120, 14), (200, 30), (240, 70)]

Drawing = Callable[[Canvas, Snapshot, int], None]
FRAMED: dict[str, Drawing] = {
    "slots": lambda canvas, snap, n: draw_slots(canvas, snap, selected=n, top=n - 3),
    "flow": lambda canvas, snap, _: draw_flow(canvas, snap),
    "whole run": lambda canvas, snap, _: draw_whole_run(canvas, snap),
    "latency": lambda canvas, snap, _: draw_latency(canvas, snap),
    "whole latency": lambda canvas, snap, _: draw_latency(canvas, snap, whole=True),
    "times": lambda canvas, snap, n: draw_times(canvas, snap, whole=n % 2 == 0),
    "explain": lambda canvas, snap, _: draw_explain(canvas, snap),
    "what if": lambda canvas, snap, _: draw_explain(canvas, snap, eta=Eta(Certainty.KNOWN, snap.elapsed_s)),
    "failures": lambda canvas, snap, _: draw_failures(canvas, snap),
    "job": lambda canvas, snap, n: draw_job(canvas, snap, selected=n),
}
DRAWINGS: dict[str, Drawing] = {**FRAMED, "mini": lambda canvas, snap, _: draw_mini(canvas, snap)}


def cells(row: str) -> list[str]:
    """The row by cell: a wide character takes two, the second is empty."""
    return [piece for ch in row for piece in ((ch, "") if cell_len(ch) == 2 else (ch,))]


def check_frame(rows: list[list[str]]) -> None:
    if len(rows) < 2 or len(rows[0]) < 2:
        return
    corners = rows[0][0] + rows[0][-1] + rows[-1][0] + rows[-1][-1]
    assert corners == "╭╮╰╯"
    for row in rows[1:-1]:
        assert (row[0], row[-1]) == ("│", "│"), "".join(row)
    assert (rows[0][1], rows[0][-2], rows[-1][1], rows[-1][-2]) == ("─", "─", "─", "─") or len(rows[0]) < 8


def frames(rows: list[list[str]]) -> list[list[list[str]]]:
    """The boxes that stand below each other."""
    found: list[list[list[str]]] = [[]]
    for row in rows:
        found[-1].append(row)
        if row[:1] == ["╰"]:
            found.append([])
    return [frame for frame in found if frame]


def check(name: str, snap: Snapshot, width: int, height: int, selected: int, *, dark: bool) -> None:
    canvas = Canvas(width, height, DARK if dark else PLAIN)
    DRAWINGS[name](canvas, snap, selected)
    rows = [cells(row) for row in canvas.rows()]
    assert [len(row) for row in rows] == [width] * height, "a wide character was cut in half"
    drawn = {ch for row in rows for ch in row if ch}
    assert drawn <= GLYPHS | ASCII | set("".join(NAMES))
    if name in FRAMED:
        for frame in frames(rows):
            check_frame(frame)


@pytest.mark.parametrize("name", DRAWINGS)
def test_wild_snapshots_are_drawn_at_any_size_without_crossing_a_border(name: str) -> None:
    rng = random.Random(name)
    for round_number in range(120):
        snap = wild(rng)
        width, height = rng.choice((*SIZES, (rng.randint(1, 240), rng.randint(1, 70))))
        selected = rng.choice((0, 1, 5, 96, 10**6))
        check(name, snap, width, height, selected, dark=round_number % 2 == 0)


@pytest.mark.parametrize("name", DRAWINGS)
@pytest.mark.parametrize("size", SIZES)
def test_the_usual_snapshot_is_drawn_at_any_size(name: str, size: tuple[int, int]) -> None:
    for dark in (True, False):
        check(name, sample(), *size, 4, dark=dark)


def test_five_thousand_slots_are_drawn_at_any_size() -> None:
    snap = wild(random.Random(5), most_slots=5000)
    rng = random.Random(1)
    while len(snap.slots) < 5000:
        snap = wild(rng, most_slots=5000)
    for width, height in SIZES:
        check("slots", snap, width, height, 4321, dark=True)


def test_a_click_anywhere_gives_a_slot_that_exists_or_nothing() -> None:
    rng = random.Random(8)
    for _ in range(60):
        snap = wild(rng, most_slots=700)
        width, height = rng.choice(SIZES)
        numbers = {slot.number for slot in snap.slots}
        for _ in range(200):
            x, y = rng.randint(-1, width), rng.randint(-1, height)
            number = slot_at(x, y, width, height, snap, rng.randint(-2, 9))
            assert number is None or number in numbers
        assert slot_rows(width, height, snap) >= 0


@pytest.mark.parametrize("name", DRAWINGS)
def test_drawing_uses_only_colours_every_palette_has(name: str) -> None:
    for palette in (DARK, LIGHT, PLAIN):
        canvas = Canvas(120, 20, palette)
        DRAWINGS[name](canvas, sample(), 4)
        assert all(canvas.strip(y).cell_length == 120 for y in range(20))
