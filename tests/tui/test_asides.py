"""The palette's small things: status, about, mouse, another run while this one goes on."""

from __future__ import annotations

import msgspec

from qtui.core.snapshot import Grip
from qtui.tui.asides import mouse_modes, status
from qtui.tui.ending import Left
from tests.tui.rig import Rig, running
from tests.tui.samples import sample


async def command(rig: Rig, words: str) -> None:
    await rig.press("colon", *("space" if letter == " " else letter for letter in words), "enter")


async def test_the_status_is_one_line_with_the_verdict() -> None:
    async with running() as rig:
        line = status(rig.app.painting.scene)

        assert line.startswith("scrape running · 3,072 done, 58 failed of 6,400 · after ")
        assert "BACKPRESSURE: queue full" in line
        assert "\n" not in line


async def test_the_status_goes_to_the_clipboard() -> None:
    async with running() as rig:
        await command(rig, "copy the status")
        await rig.shows("copied the status")
        assert rig.app.clipboard == status(rig.app.painting.scene)


async def test_about_names_the_run_and_how_to_reach_it() -> None:
    async with running() as rig:
        await command(rig, "about")
        await rig.shows("ABOUT THIS RUN")
        assert f"qtui attach {rig.app.painting.scene.snap.run_id}" in rig.text()
        await rig.press("escape")
        assert not rig.app.screen.is_modal


async def test_the_mouse_can_be_left_to_the_terminal_and_taken_back() -> None:
    async with running() as rig:
        await command(rig, "leave the mouse")
        await rig.shows("the mouse is the terminal's")
        await command(rig, "leave the mouse")
        await rig.shows("the mouse works again")
    assert mouse_modes(False) == "\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l"


async def test_the_palette_leaves_a_run_that_goes_on() -> None:
    async with running() as rig:
        await command(rig, "goes on in the background")
        assert (await rig.ended()).how is Left.DETACHED


async def test_another_run_can_be_chosen_while_this_one_goes_on() -> None:
    async with running() as rig:
        await command(rig, "another run")
        await rig.shows("LEARN")
        assert not rig.port.closed
        await rig.press("escape")
        await rig.shows("BACKPRESSURE")
        assert not rig.port.closed


async def test_it_is_told_why_nothing_new_starts() -> None:
    held = msgspec.structs.replace(sample().throttle, held_by_person=True, grip=Grip("you", 180.0))
    async with running(sample(throttle=held)) as rig:
        await command(rig, "why does nothing")
        await rig.shows("held by you 3 min ago, 67 jobs wait")


async def test_where_jobs_start_that_is_told() -> None:
    async with running() as rig:
        await command(rig, "why does nothing")
        await rig.shows("jobs start as they may: 12 jobs running")
