"""Looks of the real program, to the byte: no colour or nothing beyond ASCII where that is wanted."""

from __future__ import annotations

import re

import pytest

from tests.terminal import Terminal
from tests.wiring.stage import Stage

COLOUR = re.compile(rb"\x1b\[(?:[\d;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[\d;]*)?m")


def tour(stage: Stage, *words: str, size: tuple[int, int] = (100, 32), **env: str) -> bytes:
    """From the picker through a run: palette, choosers, help, inspector, views, the quit dialog; what was written."""
    with stage.open(*words, size=size, **env) as screen:
        screen.wait("choose a preset")
        screen.press("enter")
        screen.wait("FULL")
        for key, shown in ((":", "COMMAND"), ("?", "KEYS THAT WORK"), ("enter", "ATTEMPTS"), ("c", "enter set")):
            screen.press(key)
            screen.wait(shown)
            screen.press("esc")
            screen.wait_gone(shown)
        for key, shown in (("3", "JOBS"), ("4", "FAILURES"), ("1", "SLOTS")):
            screen.press(key)
            screen.wait(shown)
        choose(screen, "glyphs")
        screen.press("esc")
        screen.wait_gone("GLYPHS")
        screen.press("q")
        screen.wait("Leave this run?")
        screen.press("s")
        screen.wait_exit()
        return screen.raw


def beyond_ascii(raw: bytes) -> set[str]:
    return {ch for ch in raw.decode("utf-8", "replace") if not ch.isascii()}


def choose(screen: Terminal, what: str) -> None:
    screen.press(":")
    screen.wait("COMMAND")
    screen.send(f"{what}\r")
    screen.wait(what.upper())


def test_no_color_means_no_colour_on_any_screen(stage: Stage) -> None:
    raw = tour(stage, NO_COLOR="1")
    assert re.search(rb"\x1b\[(?:\d+;)*7(?:;\d+)*m", raw), "not even reverse video: this was not the screen"
    assert not COLOUR.search(raw)


def test_ascii_means_ascii_on_any_screen(stage: Stage) -> None:
    raw = tour(stage, "--glyphs", "ascii")
    assert b"+- QUEUE" in re.sub(rb"\x1b\[[\d;]*m", b"", raw)
    assert not beyond_ascii(raw)


def test_a_locale_without_unicode_gets_ascii_by_itself(stage: Stage) -> None:
    with stage.open(stage.preset(), LC_ALL="C") as screen:
        screen.wait("+- QUEUE")
        assert not beyond_ascii(screen.raw)


@pytest.mark.parametrize(
    ("words", "env", "said"),
    [
        (("--theme", "draculla"), {}, "there is no theme draculla; did you mean dracula?"),
        ((), {"QTUI_THEME": "lihgt"}, "there is no theme lihgt; did you mean light?"),
        (("--glyphs", "asci"), {}, "glyphs cannot be asci; did you mean ascii?"),
        ((), {"QTUI_MOTION": "cal"}, "motion cannot be cal; did you mean calm?"),
    ],
)
def test_a_look_that_does_not_exist_is_refused_before_anything_starts(
    stage: Stage, words: tuple[str, ...], env: dict[str, str], said: str
) -> None:
    with stage.open(stage.preset(), *words, **env) as screen:
        assert screen.wait_exit() == 2
        assert said in " ".join(screen.text().split())
    assert not stage.state.exists()


def test_the_terminals_own_colours_are_used_where_they_are_wanted(stage: Stage) -> None:
    with stage.open("--theme", "ansi", stage.preset()) as screen:
        screen.wait("FULL")
        raw = screen.raw
    assert COLOUR.search(raw)
    assert b"38;2;" not in raw
    assert b"48;2;" not in raw
    assert b"38;5;" not in raw
