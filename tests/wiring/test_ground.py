"""The terminal's own ground decides between dark and light, and what is typed meanwhile still counts."""

from __future__ import annotations

import sys

from tests.terminal import Terminal
from tests.wiring.stage import ROOT, Stage, restored


def picker(stage: Stage, background: str) -> Terminal:
    argv = [sys.executable, "-m", "qtui"]
    env = {**stage.env, "QTUI_THEME": None}
    return Terminal.start(argv, size=(100, 30), cwd=ROOT, env=env, background=background)


def test_on_a_white_terminal_the_screen_is_white(stage: Stage) -> None:
    with picker(stage, "#ffffff") as screen:
        screen.wait("choose a preset")
        assert {cell.bg for row in screen.cells() for cell in row} <= {"#ffffff", "#e6ebf1", "#0058b8"}
        screen.press("q")
        assert screen.wait_exit() == 0
        restored(screen)


def test_an_answer_and_keys_that_come_early_are_not_mixed_up(stage: Stage) -> None:
    with stage.open(stage.preset()) as screen:
        screen.wait_raw(b"\x1b]11;?")
        screen.send("?")
        screen.wait("KEYS")
        assert "rgb:" not in screen.text()
        assert b"rgb:" not in screen.raw, "written on the screen by the terminal"


def test_a_late_answer_is_not_taken_for_keys(stage: Stage) -> None:
    with picker(stage, "#0e131a") as screen:
        screen.wait("choose a preset")
        before = screen.text()
        screen.send("\x1b]11;rgb:ffff/ff")
        screen.send("ff/ffff\x1b\\")
        screen.press("down")
        screen.wait(lambda text: text != before)
        assert "choose a preset" in screen.text()
        screen.press("q")
        assert screen.wait_exit() == 0
