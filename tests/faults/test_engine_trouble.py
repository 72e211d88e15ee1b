"""What a screen says when its engine hangs or dies, and that it is over when it is over; real processes on a pty."""

from __future__ import annotations

import os
import re
import signal

import pytest

from tests.wiring.stage import Stage, restored

SIZES = [(120, 40), (80, 24)]


@pytest.mark.parametrize("size", [SIZES[0], pytest.param(SIZES[1], marks=pytest.mark.long)])
def test_an_engine_that_hangs_is_told_refuses_keys_and_is_forgotten_when_it_goes_on(
    stage: Stage, size: tuple[int, int]
) -> None:
    with stage.open(stage.preset(), size=size) as screen:
        screen.wait("● RUNNING")
        pid = stage.record.pid
        os.kill(pid, signal.SIGSTOP)
        try:
            screen.wait(re.compile(r"data [3-9] s old"))
            text = screen.wait("NO ANSWER")
            assert "● RUNNING" in text
            screen.press("+")
            screen.wait(re.compile(r"has not answered for \d+ s, nothing can be changed"))
            colours = {cell.fg for row in screen.cells() for cell in row if cell.char.strip()}
        finally:
            os.kill(pid, signal.SIGCONT)
        screen.wait_gone("s old")
        screen.wait_gone("NO ANSWER")
        screen.wait("suspended")
        assert all(_grey(colour) for colour in colours)
        assert not all(_grey(cell.fg) for row in screen.cells() for cell in row if cell.char.strip())
        assert stage.picture().control.concurrency == 4


def _grey(colour: str) -> bool:
    """Whether a colour has none, but for the ink of what says that the picture is old."""
    return colour in ("default", "#0e131a") or len({colour[1:3], colour[3:5], colour[5:7]}) == 1


@pytest.mark.parametrize("size", SIZES)
def test_an_engine_that_is_gone_leaves_its_last_picture_and_what_to_type(stage: Stage, size: tuple[int, int]) -> None:
    preset = stage.preset()
    with stage.open("bench.toml", size=size) as screen:
        screen.wait("● RUNNING")
        run = stage.record
        os.kill(run.pid, signal.SIGKILL)
        screen.wait("engine lost, data")
        text = screen.wait("`qtui bench.toml` resumes the run")
        assert "● RUNNING" in text
        assert "SLOTS" in text
        screen.press("p")
        screen.wait("the engine is lost, nothing can be changed")
        screen.press("q")
        assert screen.wait_exit() == 70
        restored(screen)
        assert "go on with: qtui bench.toml" in screen.text()
    assert preset.endswith("bench.toml")


def test_a_face_that_only_watches_leaves_without_a_question(stage: Stage) -> None:
    assert stage.run("run", stage.preset(), "--detach").returncode == 0
    with stage.open("attach", "bench", "--watch") as screen:
        screen.wait("watching")
        screen.press("p")
        screen.wait("this screen only watches")
        screen.press("q")
        assert screen.wait_exit() == 0
        restored(screen)
    stage.goes_on()
