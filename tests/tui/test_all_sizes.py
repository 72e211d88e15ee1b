"""Every view on the whole screen, from 38x9 to 240x70, with snapshots that make no sense: nothing breaks.

A view joins by being in `views.MAKERS`.
"""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import cycle

import msgspec
import pytest

from qtui.core.snapshot import RunState
from qtui.tui.actions import Context
from qtui.tui.glyphs import BY_CHARACTER, Glyphs, known
from qtui.tui.palettes import named, theme_names
from qtui.tui.screens.views import MAKERS
from qtui.tui.theme import PLAIN
from tests.tui.rig import Rig, running
from tests.tui.samples import sample
from tests.tui.test_drawings import FOREIGN, cells, check_boxes
from tests.tui.wild import wild

VIEWS = [Context.OVERVIEW, *MAKERS]
SIZES = [(38, 9), (44, 12), (60, 16), (80, 24), (120, 40), (240, 70)]
OVER = (RunState.FINISHED, RunState.STOPPED)


def check_screen(rig: Rig, size: tuple[int, int]) -> None:
    rows = [cells(row) for row in rig.rows()]
    assert [len(row) for row in rows] == [size[0]] * size[1]
    assert "too small" not in rig.text()
    drawn = {ch for row in rows for ch in row if ch}
    match rig.app.look.glyphs:
        case Glyphs.FULL:
            assert {ch for ch in drawn if not known(ch)} <= FOREIGN
            check_boxes(rows)
        case Glyphs.BASIC:
            assert not {ch for ch in drawn if ch in BY_CHARACTER and BY_CHARACTER[ch].basic != ch}
        case _:
            assert all(ch.isascii() for ch in drawn)


async def turn_to(rig: Rig, view: Context) -> None:
    """Finished runs show their own view in place of the overview."""
    stage = rig.app._main._stage
    if view is not Context.FINISHED:
        stage.turn_to(view)
        await stage.settled()
    await rig.pilot.pause()


@pytest.mark.parametrize("view", VIEWS)
async def test_every_view_is_whole_at_every_size_whatever_the_run(view: Context) -> None:
    rng = random.Random(str(view))
    sets = cycle((Glyphs.FULL, Glyphs.BASIC, Glyphs.ASCII))
    over = view is Context.FINISHED
    first = sample(state=RunState.FINISHED) if over else sample()
    async with running(first) as rig:
        await turn_to(rig, view)
        for size in [*SIZES, (rng.randint(38, 240), rng.randint(9, 70))]:
            snap = wild(rng)
            if (snap.state in OVER) != over:
                snap = msgspec.structs.replace(snap, state=RunState.FINISHED if over else RunState.RUNNING)
            await rig.pilot.resize_terminal(*size)
            await rig.give(snap)
            rig.app.dress(replace(named(rng.choice(theme_names())), glyphs=next(sets)))
            await rig.pilot.pause()
            check_screen(rig, size)


@pytest.mark.parametrize("over", [False, True])
async def test_every_view_is_whole_without_colours(over: bool) -> None:
    async with running(sample(state=RunState.FINISHED) if over else sample(), palette=PLAIN) as rig:
        for view in VIEWS:
            if (view is Context.FINISHED) == over:
                await turn_to(rig, view)
                for size in ((80, 24), (120, 40)):
                    await rig.pilot.resize_terminal(*size)
                    await rig.pilot.pause()
                    check_screen(rig, size)
