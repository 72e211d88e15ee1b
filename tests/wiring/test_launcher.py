"""What the launcher refuses before it starts anything, and the screens of a run that cannot start."""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.wiring.stage import Stage, ends, part, restored


def test_a_missing_preset_is_one_sentence_and_no_screen(stage: Stage) -> None:
    with stage.open("nowhere.toml") as screen:
        assert screen.wait_exit() == 2
        assert "there is no preset nowhere.toml" in screen.text()
        assert b"\x1b[?1049h" not in screen.raw
    assert stage.records() == []


@pytest.mark.parametrize("words", [("--theme", "nope"), ("--set", "capacity"), ("--nope",), ("one.toml", "two.toml")])
def test_a_command_line_that_is_wrong_starts_nothing(stage: Stage, words: tuple[str, ...]) -> None:
    with stage.open(stage.preset(), *words) as screen:
        assert screen.wait_exit() == 2
        assert b"\x1b[?1049h" not in screen.raw
    assert stage.records() == []
    assert not list(Path(stage.folder).glob("qtui/*.sock"))


def test_without_a_terminal_the_other_way_is_named(stage: Stage) -> None:
    ended = stage.run(stage.preset())

    assert ended.returncode == 2
    assert "qtui run" in ended.stderr
    assert stage.records() == []


def test_a_dumb_terminal_is_none(stage: Stage) -> None:
    with stage.open(stage.preset(), TERM="dumb") as screen:
        assert screen.wait_exit() == 2
        assert "qtui run" in screen.text()
    assert stage.records() == []


def test_a_state_directory_that_cannot_be_used_is_said_after_the_screen(stage: Stage) -> None:
    with stage.open(stage.preset(), "--state", "/proc/nowhere") as screen:
        assert screen.wait_exit() == 74
        restored(screen)
        assert "choose another place with --state DIR" in screen.text()


def test_without_a_standard_input_keys_still_come_from_the_terminal(stage: Stage) -> None:
    stage.preset()
    with stage.shell('$QTUI bench.toml <&-; echo "left with $?"') as screen:
        screen.wait("● RUNNING")
        screen.send("qq")
        screen.wait("left with 0")


def test_without_a_standard_output_nothing_is_started(stage: Stage) -> None:
    stage.preset()
    with stage.shell('$QTUI bench.toml >&-; echo "left with $?"') as screen:
        screen.wait("left with 2")
        assert "needs a standard output" in screen.text()
    assert stage.records() == []


def test_nobody_takes_connections_for_an_engine_that_is_gone(stage: Stage) -> None:
    with stage.open(stage.preset()) as screen:
        screen.wait("● RUNNING")
        (path,) = Path(stage.folder).glob("qtui/*.sock")
        (engine,) = stage.engines
        os.kill(engine, signal.SIGKILL)
        ends(engine)
        with socket.socket(socket.AF_UNIX) as caller, pytest.raises(ConnectionRefusedError):
            caller.connect(str(path))


def test_attach_without_a_live_run_says_so(stage: Stage) -> None:
    with stage.open("attach") as screen:
        assert screen.wait_exit() == 2
        assert "no run is live" in screen.text()


def test_the_light_theme_is_light(stage: Stage) -> None:
    with stage.open(stage.preset(), QTUI_THEME="light") as screen:
        screen.wait("● RUNNING")
        ground = screen.cells()[20][0].bg

    assert all(octet > 200 for octet in bytes.fromhex(ground.removeprefix("#")))


def test_a_run_that_is_left_before_it_is_seen_is_not_left_in_silence(stage: Stage) -> None:
    with stage.open(stage.preset()) as screen:
        screen.send("q")
        screen.wait("Leave this run?")
        screen.press("s")
        assert screen.wait_exit() == 130
    stage.all_end()


def test_a_run_that_is_left_at_all_costs_before_it_is_seen_is_named(stage: Stage) -> None:
    with stage.open(stage.preset()) as screen:
        screen.send("qq")
        assert screen.wait_exit() == 0
        assert "`qtui attach` shows it" in screen.text()


def test_ctrl_c_while_the_screen_starts_is_no_traceback(stage: Stage) -> None:
    with stage.open(stage.preset()) as screen:
        _screen_process(screen.pid)
        screen.send("\x03\x03\x03")
        screen.wait("● RUNNING")
        assert b"Traceback" not in screen.raw


def _screen_process(launcher: int) -> None:
    """Wait for it; a process that starts tells nobody."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with suppress(OSError, ValueError):
            part(launcher, "screen")
            return
    raise AssertionError("no screen was started")
