"""Every drawing, at every size, of every snapshot, in every look: no exception, whole borders, known glyphs."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from qtui.core.eta import Certainty, Eta
from qtui.core.snapshot import Snapshot
from qtui.core.verdict import Judge
from qtui.tui.canvas import Canvas
from qtui.tui.glyphs import BY_CHARACTER, Glyphs, drawn, known
from qtui.tui.palettes import named, theme_names
from qtui.tui.screens.summary import draw_next, draw_summary
from qtui.tui.theme import DARK, PLAIN, Palette
from qtui.tui.widgets.band import draw_band
from qtui.tui.widgets.explain import draw_explain
from qtui.tui.widgets.failures import draw_failures
from qtui.tui.widgets.flow import draw_flow, draw_whole_run
from qtui.tui.widgets.header import draw_header
from qtui.tui.widgets.job import draw_job
from qtui.tui.widgets.lane import draw_lane
from qtui.tui.widgets.latency import draw_latency
from qtui.tui.widgets.mini import draw_mini
from qtui.tui.widgets.progress import draw_progress
from qtui.tui.widgets.slots import draw_slots, slot_at, slot_rows
from qtui.tui.widgets.small import draw_tiny
from qtui.tui.widgets.ticker import draw_ticker
from qtui.tui.widgets.times import draw_times
from qtui.tui.widgets.verdict import draw_verdict
from tests.tui.samples import sample
from tests.tui.wild import NAMES, wild

SIZES = [(1, 1), (2, 2), (3, 3), (8, 3), (23, 5), (24, 6), (38, 9), (42, 10), (80, 12), (120, 14), (200, 30), (240, 70)]
ETA = Eta(Certainty.COLLECTING)

Drawing = Callable[[Canvas, Snapshot, int], object]
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
"""Those that are one box as large as the canvas."""
DRAWINGS: dict[str, Drawing] = {
    **FRAMED,
    "mini": lambda canvas, snap, _: draw_mini(canvas, snap),
    "band": lambda canvas, snap, n: draw_band(canvas, snap, verdict=Judge().step(snap), frame=n, target=n or None),
    "header": lambda canvas, snap, n: draw_header(canvas, snap, eta=ETA, trouble="data 8 s old" if n else ""),
    "lane": lambda canvas, snap, _: draw_lane(canvas, snap),
    "progress": lambda canvas, snap, _: draw_progress(canvas, snap),
    "verdict": lambda canvas, snap, _: draw_verdict(canvas, Judge().step(snap)),
    "ticker": lambda canvas, snap, _: draw_ticker(canvas, snap),
    "tiny": lambda canvas, snap, _: draw_tiny(canvas, snap, verdict=Judge().step(snap), eta=ETA, keys="p pause"),
    "summary": lambda canvas, snap, _: draw_summary(canvas, snap=snap),
    "next": lambda canvas, snap, _: draw_next(canvas, snap=snap),
}
LOOKS = [replace(named(name), glyphs=glyphs) for name in [*theme_names(), PLAIN.name] for glyphs in Glyphs]
FOREIGN = set("".join(NAMES))


@cache
def _pieces(ch: str) -> tuple[str, ...]:
    return (ch, "") if cell_len(ch) == 2 else (ch,)


def cells(row: str) -> list[str]:
    """The row by cell: a wide character takes two, the second is empty."""
    return list(row) if row.isascii() else [piece for ch in row for piece in _pieces(ch)]


def check_boxes(rows: list[list[str]]) -> None:
    """From every upper corner an edge leads down to a lower one without a gap."""
    for y, row in enumerate(rows):
        for x, corner in enumerate(row):
            if corner not in "╭╮" or not corner:
                continue
            below = y + 1
            while below < len(rows) and rows[below][x] in "│├┤" and rows[below][x]:
                below += 1
            assert below < len(rows), f"the box at {x},{y} has no end"
            assert rows[below][x] == {"╭": "╰", "╮": "╯"}[corner], f"the edge at {x},{y} is broken at row {below}"


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


def check(name: str, snap: Snapshot, width: int, height: int, selected: int, look: Palette = DARK) -> None:
    try:
        check_drawing(name, snap, Canvas(width, height, look), selected)
    except Exception as error:
        error.add_note(f"{name} at {width}x{height} as {look.name} with {look.glyphs}")
        raise


def check_drawing(name: str, snap: Snapshot, canvas: Canvas, selected: int) -> None:
    width, height, look = canvas.width, canvas.height, canvas.palette
    DRAWINGS[name](canvas, snap, selected)
    rows = [cells(row) for row in canvas.rows()]
    assert [len(row) for row in rows] == [width] * height, "a wide character was cut in half"
    strange = {ch for ch in set().union(*canvas.rows()) if not known(ch)}
    assert strange <= FOREIGN
    dots = {ch for row in rows for ch in row if "\u2800" <= ch <= "\u28ff"} - FOREIGN
    assert not dots or (name in ("explain", "what if") and look.glyphs is Glyphs.FULL)
    check_boxes(rows)
    if name in FRAMED:
        for frame in frames(rows):
            check_frame(frame)
    for y, row in enumerate(canvas.rows()):
        text = canvas.strip(y).text
        assert text == row
        shown = drawn(text, look.glyphs)
        assert cell_len(shown) == width
        if look.glyphs is Glyphs.ASCII:
            assert shown.isascii()
        elif look.glyphs is Glyphs.BASIC:
            assert not {ch for ch in shown if ch in BY_CHARACTER and BY_CHARACTER[ch].basic != ch}


sizes = st.sampled_from(SIZES) | st.tuples(st.integers(1, 240), st.integers(1, 70))


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32), size=sizes, selected=st.sampled_from((0, 1, 5, 96, 10**6)), look=st.sampled_from(LOOKS)
)
def test_wild_snapshots_are_drawn_at_any_size_in_any_look_without_crossing_a_border(
    seed: int, size: tuple[int, int], selected: int, look: Palette
) -> None:
    snap = wild(random.Random(seed))
    for name in DRAWINGS:
        check(name, snap, *size, selected, look)


@pytest.mark.parametrize("name", DRAWINGS)
def test_the_usual_snapshot_is_drawn_at_any_size(name: str) -> None:
    for size in SIZES:
        for look in (DARK, PLAIN, replace(DARK, glyphs=Glyphs.ASCII)):
            check(name, sample(), *size, 4, look)


def test_a_broken_edge_is_noticed() -> None:
    canvas = Canvas(10, 4, DARK)
    canvas.box(0, 0, 10, 4)
    check_boxes([cells(row) for row in canvas.rows()])
    canvas.put(7, 2, "text")
    with pytest.raises(AssertionError, match="broken at row 2"):
        check_boxes([cells(row) for row in canvas.rows()])


def test_five_thousand_slots_are_drawn_at_any_size() -> None:
    snap = wild(random.Random(5), most_slots=5000)
    rng = random.Random(1)
    while len(snap.slots) < 5000:
        snap = wild(rng, most_slots=5000)
    for width, height in SIZES:
        check("slots", snap, width, height, 4321)


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
