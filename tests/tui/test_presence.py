"""The rhythm of painting: by keys, focus and idleness; and the dimmed picture of a screen that nobody uses."""

from __future__ import annotations

import pytest
from textual import events

from qtui.tui.app import QtuiApp
from qtui.tui.fading import dimmed
from qtui.tui.presence import Presence
from qtui.tui.theme import DARK, LIGHT, PLAIN, Palette
from tests.tui.rig import running
from tests.tui.samples import sample


@pytest.mark.parametrize(
    ("since_key", "rest"), [(0.1, 0.0), (1.0, 0.125), (10.0, 0.25), (299.0, 0.25), (301.0, 0.5), (5000.0, 0.5)]
)
def test_the_longer_no_key_comes_the_calmer_it_is(since_key: float, rest: float) -> None:
    presence = Presence()
    presence.key(100.0)
    assert presence.rest_s(100.0 + since_key) == rest


def test_unfocused_it_paints_every_other_second_but_answers_a_key() -> None:
    presence = Presence()
    presence.blur(10.0)
    assert (presence.rest_s(11.0), presence.snapshots_hz(11.0)) == (2.0, 2.0)
    presence.key(12.0)
    assert (presence.rest_s(12.1), presence.snapshots_hz(12.1)) == (0.0, 10.0)
    assert presence.rest_s(20.0) == 0.25


def test_who_comes_back_is_told_how_long_the_screen_was_not_looked_at() -> None:
    presence = Presence()
    presence.blur(100.0)
    presence.blur(300.0)
    assert presence.focus(1000.0) == 900.0
    assert presence.focus(2000.0) == 0.0


def test_after_half_an_hour_without_a_key_it_is_idle() -> None:
    presence = Presence(0.0)
    assert not presence.idle(1799.0)
    assert presence.idle(1801.0)
    presence.key(1802.0)
    assert not presence.idle(1803.0)


@pytest.mark.parametrize("palette", [DARK, LIGHT])
def test_a_dimmed_picture_keeps_its_ground_and_its_alerts(palette: Palette) -> None:
    dim = dimmed(palette)
    assert (dim.bg, dim.pressure, dim.failed_text, dim.badge) == (
        palette.bg,
        palette.pressure,
        palette.failed_text,
        palette.badge,
    )
    assert dim.text != palette.text
    assert dim.done != palette.done


def test_dark_text_is_mixed_with_the_ground_by_three_fifths() -> None:
    assert dimmed(DARK).text == "#858D96"


def test_without_colours_nothing_is_dimmed() -> None:
    assert dimmed(PLAIN) is PLAIN


def drawn_in(app: QtuiApp) -> str:
    return app.palette.text


async def test_a_screen_that_has_just_come_is_bright_and_lively() -> None:
    async with running() as rig:
        assert drawn_in(rig.app) == DARK.text
        assert rig.app.presence.rest_s(rig.app.now) == 0.25


async def test_a_screen_that_nobody_uses_is_dimmed_until_a_key_comes() -> None:
    async with running() as rig:
        rig.app.presence._seen_at -= 1801
        rig.app.paint()
        assert drawn_in(rig.app) == dimmed(DARK).text
        await rig.press("down")
        rig.app.paint()
        assert drawn_in(rig.app) == DARK.text


async def test_unfocused_it_is_painted_seldom_and_on_return_at_once() -> None:
    async with running() as rig:
        rig.app.post_message(events.AppBlur())
        await rig.pilot.pause()
        rig.app.paint()
        painted = rig.app.painting.painted_at
        rig.port.give(sample(elapsed_s=700.0))
        await rig.pilot.pause(0.3)
        assert rig.app.painting.painted_at == painted
        rig.app.post_message(events.AppFocus())
        await rig.shows("11:40")
