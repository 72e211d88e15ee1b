"""The look of the running screen: every theme, every set of glyphs, and motion, chosen live and taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qtui.tui.glyphs import Glyphs
from qtui.tui.motion import Motion
from qtui.tui.palettes import named, theme_names
from qtui.tui.theme import DARK, PLAIN
from tests.tui.rig import Rig, running, until
from tests.tui.samples import sample


def colours(rig: Rig) -> set[str]:
    """The grounds that are drawn."""
    found = set()
    for strip in rig.app.screen._compositor.render_strips():
        found |= {str(segment.style.bgcolor.name) for segment in strip if segment.style and segment.style.bgcolor}
    return found


async def pick(rig: Rig, what: str) -> None:
    await rig.press("colon", *what, "enter")
    await rig.shows(what.upper())


async def test_every_theme_can_be_put_on_live() -> None:
    async with running() as rig:
        for name in theme_names():
            rig.app.dress(named(name))
            await rig.pilot.pause()
            assert rig.app.theme == name
            ground = named(name).bg
            assert ground.lower() in {colour.lower() for colour in colours(rig)}


async def test_the_chosen_theme_is_seen_at_once_and_esc_brings_the_old_one_back() -> None:
    async with running() as rig:
        await pick(rig, "theme")
        await rig.press("down")
        await until(lambda: "#ffffff" in colours(rig), "a white screen")
        await rig.press("escape")
        await until(lambda: rig.app.theme == "qtui-dark")
        await rig.pilot.pause()
        assert "#ffffff" not in colours(rig)


async def test_enter_keeps_the_theme() -> None:
    async with running() as rig:
        await pick(rig, "theme")
        await rig.press("down", "down", "enter")
        await rig.pilot.pause()
        assert rig.app.look.name == "qtui-projector"
        assert "THEME" not in rig.text()


async def test_without_colours_there_is_no_theme_to_choose() -> None:
    async with running(palette=PLAIN) as rig:
        await rig.press("colon", *"theme", "enter")
        await rig.shows("NO_COLOR is set")


async def test_ascii_glyphs_draw_only_ascii_and_full_ones_come_back() -> None:
    async with running() as rig:
        await pick(rig, "glyphs")
        await rig.press("down", "down", "enter")
        await rig.pilot.pause()
        assert rig.app.look.glyphs is Glyphs.ASCII
        assert rig.text().isascii()
        await pick(rig, "glyphs")
        await rig.press("up", "up", "enter")
        await rig.pilot.pause()
        assert "╭" in rig.text()


async def test_a_theme_keeps_the_glyphs() -> None:
    async with running(palette=replace(DARK, glyphs=Glyphs.ASCII)) as rig:
        await pick(rig, "theme")
        await rig.press("down", "enter")
        assert rig.app.look.glyphs is Glyphs.ASCII


async def test_arrows_stand_unless_motion_is_full() -> None:
    async with running(sample(elapsed_s=10)) as rig:
        assert rig.app.motion is Motion.FULL
        rig.app.move(Motion.CALM)
        assert rig.app.animation_level == "basic"
        for second in range(11, 16):
            await rig.give(sample(elapsed_s=second))
            assert rig.app.painting.scene.frame == 0


@pytest.mark.parametrize(("motion", "rest"), [(Motion.FULL, 0.0), (Motion.CALM, 0.5), (Motion.NONE, 1.0)])
async def test_motion_bounds_how_often_the_screen_is_painted_by_itself(motion: Motion, rest: float) -> None:
    async with running() as rig:
        rig.app.move(motion)
        rig.app.paint()
        first = rig.app.painting.painted_at
        await until(lambda: rig.app.painting.painted_at != first)
        assert rig.app.painting.painted_at - first >= rest - 0.02
