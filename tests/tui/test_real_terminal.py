"""The real program in a real terminal: every key, every size, and however it ends the terminal is as it was."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.terminal import Terminal

ROOT = Path(__file__).parent.parent.parent
PRESET = """
[preset]
name = "bench"
[[source]]
kind = "range"
name = "one"
stop = {jobs}
line = "shop.example/p/{{n}}"
[[source]]
kind = "range"
name = "two"
stop = {jobs}
line = "blog.example/post/{{n}}"
[queue]
capacity = 16
[workers]
concurrency = 4
[job]
kind = "simulate"
name = "{{line}}"
[job.simulate]
latency = "{latency}"
fail = {fail}
retryable = {retryable}
seed = 7
[retry]
attempts = 2
backoff = {{ base = "200ms", max = "1s" }}
"""


class Stage:
    """Starts screens on a state directory of their own and ends every engine they leave behind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {
            "PYTHONPATH": str(ROOT),
            "QTUI_STATE": str(folder / "state"),
            "XDG_RUNTIME_DIR": str(folder),
            "HOME": str(folder),
        }

    def preset(self, *, jobs: int = 3000, latency: str = "100ms", fail: float = 0.1, retryable: float = 0.5) -> str:
        path = self.folder / "bench.toml"
        path.write_text(PRESET.format(jobs=jobs, latency=latency, fail=fail, retryable=retryable))
        return str(path)

    def open(self, *words: str, size: tuple[int, int] = (120, 40), **env: str) -> Terminal:
        command = [sys.executable, "-m", "qtui", *words]
        return Terminal.start(command, size=size, env={**self.env, **env}, cwd=self.folder)

    def records(self) -> list[dict[str, object]]:
        return [json.loads(path.read_text()) for path in (self.folder / "state").glob("*/run.json")]

    def alive(self) -> bool:
        """Whether an engine of this stage lives."""
        for record in self.records():
            with suppress(ProcessLookupError):
                os.kill(int(str(record["pid"])), 0)
                return True
        return False

    def end(self) -> None:
        for record in self.records():
            with suppress(ProcessLookupError):
                os.kill(int(str(record["pid"])), signal.SIGKILL)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    stage.end()


def restored(terminal: Terminal) -> None:
    """The terminal is on its main screen, without mouse reports, with a cursor."""
    raw = bytes(terminal.raw)
    assert raw.rfind(b"\x1b[?1049l") > raw.rfind(b"\x1b[?1049h")
    assert raw.rfind(b"\x1b[?1003l") > raw.rfind(b"\x1b[?1003h")
    assert raw.rfind(b"\x1b[?25h") > raw.rfind(b"\x1b[?25l")


def test_keys_do_what_they_say(stage: Stage) -> None:
    with stage.open(stage.preset()) as screen:
        screen.wait("FULL", 20)
        screen.press("+")
        screen.wait("WORKERS 5")
        screen.press("-")
        screen.wait("concurrency 5 → 4")
        screen.press("}")
        screen.wait("WORKERS 8")
        screen.press("{")
        screen.wait("concurrency 8 → 4")
        screen.press("z")
        screen.wait("concurrency 4 → 8")
        screen.press("p")
        screen.wait("PAUSED")
        screen.press("p")
        screen.wait("producers resumed")
        screen.press("P")
        screen.wait("workers held")
        screen.press("P")
        screen.wait("workers released")
        screen.press("b")
        screen.wait("Bound of the queue")
        screen.send("33")
        screen.press("enter")
        screen.wait("/ 33")
        screen.press("t")
        screen.wait("no limit")
        screen.send("5")
        screen.press("enter")
        screen.wait("rate limit")
        screen.press("z")
        screen.wait("no rate limit")
        screen.press("c")
        screen.wait("enter set")
        screen.send("3")
        screen.press("enter")
        screen.wait("concurrency 8 → 3")


def test_views_inspector_help_and_palette_open_and_close(stage: Stage) -> None:
    with stage.open(stage.preset(fail=0.5, retryable=0.0)) as screen:
        screen.wait("FULL", 20)
        screen.press("enter")
        screen.wait("ATTEMPTS")
        screen.press("esc")
        screen.wait_gone("ATTEMPTS")
        screen.press("4")
        screen.wait("in 1 group")
        screen.press("3")
        screen.wait("JOBS")
        screen.send("/shop.example/p/1\r")
        screen.wait('"shop.example/p/1"')
        assert "PAUSED" not in screen.text(), "what was typed ahead went to the view instead of the filter"
        screen.press("1")
        screen.wait("LATENCY")
        screen.press("?")
        screen.wait("Pause the producers")
        screen.press("esc")
        screen.wait_gone("Pause the producers, or")
        screen.send(":hold")
        screen.wait("Hold or release")
        screen.wait_gone("Double the workers")
        screen.press("enter")
        screen.wait("workers held")


def test_a_failed_group_is_retried_from_its_view(stage: Stage) -> None:
    with stage.open(stage.preset(fail=1.0, retryable=0.0)) as screen:
        screen.wait("FAILURES", 20)
        screen.press("4")
        screen.wait("in 1 group")
        screen.press("r")
        screen.wait("Probe one first")
        screen.press("enter")
        screen.wait("retry of 1 job")


def test_it_follows_the_size_of_the_terminal(stage: Stage) -> None:
    with stage.open(stage.preset()) as screen:
        screen.wait("FULL", 20)
        for columns, lines, shown in ((80, 24, "p50"), (200, 60, "LATENCY"), (60, 16, "bench"), (38, 9, "%")):
            screen.resize(columns, lines)
            screen.wait(shown)
        screen.resize(120, 40)
        screen.wait("LATENCY")
        screen.press("+")
        screen.wait("WORKERS 5")


def test_keep_running_leaves_the_engine_and_attach_finds_it_again(stage: Stage) -> None:
    with stage.open(stage.preset()) as screen:
        screen.wait("FULL", 20)
        screen.press("q")
        screen.wait("Leave this run?")
        screen.press("enter")
        assert screen.wait_exit(15) == 0
        restored(screen)
        assert "qtui attach bench" in screen.text()
    assert stage.alive()
    with stage.open("attach") as again:
        again.wait("FULL", 20)
        again.press("+")
        again.wait("WORKERS 5")


def test_a_watching_face_cannot_steer(stage: Stage) -> None:
    with stage.open(stage.preset()) as screen:
        screen.wait("FULL", 20)
        with stage.open("attach", "--watch") as watching:
            watching.wait("FULL", 20)
            watching.press("+")
            watching.wait("only watches")


def test_drain_ends_by_itself_and_says_what_is_left(stage: Stage) -> None:
    with stage.open(stage.preset()) as screen:
        screen.wait("FULL", 20)
        screen.press("q")
        screen.wait("Leave this run?")
        screen.press("d")
        screen.wait("DRAINING")
        assert screen.wait_exit(30) == 130
        restored(screen)
        assert "left" in screen.text()
    assert not stage.alive()


def test_a_drain_can_be_taken_back(stage: Stage) -> None:
    with stage.open(stage.preset(latency="1s")) as screen:
        screen.wait("FULL", 20)
        screen.press("q")
        screen.wait("Leave this run?")
        screen.press("d")
        screen.wait("DRAINING")
        screen.press("esc")
        screen.wait("● RUNNING")


@pytest.mark.parametrize("keys", [("q", "s"), ("ctrl+c", "ctrl+c")], ids=" ".join)
def test_stop_now_ends_the_engine(stage: Stage, keys: tuple[str, str]) -> None:
    with stage.open(stage.preset(latency="20s")) as screen:
        screen.wait("FULL", 20)
        screen.press(keys[0])
        screen.wait("Leave this run?")
        screen.press(keys[1])
        assert screen.wait_exit(15) == 130
        restored(screen)
    assert not stage.alive()


def test_stay_stays(stage: Stage) -> None:
    with stage.open(stage.preset()) as screen:
        screen.wait("FULL", 20)
        screen.press("q")
        screen.wait("Leave this run?")
        screen.press("esc")
        screen.wait_gone("Leave this run?")
        screen.press("+")
        screen.wait("WORKERS 5")


def test_a_finished_run_can_retry_what_failed_and_ends_with_its_code(stage: Stage) -> None:
    with stage.open(stage.preset(jobs=10, latency="1ms", fail=1.0, retryable=0.0)) as screen:
        screen.wait("✓ FINISHED", 20)
        screen.press("R")
        screen.wait("Retry")
        screen.press("down", "enter")
        screen.wait("retry of all 20 failed jobs")
        screen.wait("✓ FINISHED", 20)
        screen.press("q")
        assert screen.wait_exit(15) == 1
        restored(screen)
        assert "20 failed" in screen.text()
    assert not stage.alive()


def test_a_bad_preset_is_shown_and_starts_by_itself_once_it_is_mended(stage: Stage) -> None:
    good = Path(stage.preset())
    text = good.read_text()
    good.write_text(text.replace("capacity = 16", "capcity = 16"))
    with stage.open(str(good)) as screen:
        screen.wait("nothing was started", 20)
        screen.wait('Did you mean "capacity"?')
        good.write_text(text)
        screen.wait("FULL", 20)


def test_a_bad_preset_that_is_given_up_is_exit_code_2(stage: Stage) -> None:
    bad = stage.folder / "bad.toml"
    bad.write_text("[preset\n")
    with stage.open(str(bad)) as screen:
        screen.wait("this is not TOML", 20)
        screen.press("q")
        assert screen.wait_exit(15) == 2
        restored(screen)


def test_without_a_preset_one_is_picked(stage: Stage) -> None:
    with stage.open() as screen:
        screen.wait("choose a preset", 20)
        screen.press("enter")
        screen.wait("● RUNNING", 20)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_restores_the_terminal_and_leaves_the_engine(stage: Stage, number: signal.Signals) -> None:
    with stage.open(stage.preset()) as screen:
        screen.wait("FULL", 20)
        screen.signal(number)
        assert screen.wait_exit(15) == 128 + number
        restored(screen)
    assert stage.alive()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_however_the_screen_dies_the_terminal_is_restored(stage: Stage, number: signal.Signals) -> None:
    with stage.open(stage.preset()) as screen:
        screen.wait("FULL", 20)
        children = Path(f"/proc/{screen.pid}/task/{screen.pid}/children").read_text().split()
        for child in children:
            if b"\0_screen\0" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(int(child), number)
        assert screen.wait_exit(15) == 128 + number
        restored(screen)
    assert stage.alive()


def test_a_terminal_that_stops_reading_does_not_stop_the_engine(stage: Stage) -> None:
    with stage.open(stage.preset(jobs=100_000, latency="5ms")) as screen:
        screen.wait("FULL", 20)
        with screen.stalled(), stage.open("attach", "--watch") as second:
            second.wait("FULL", 20)
            first = second.text()
            second.wait(lambda text: text != first and "RUNNING" in text)
        screen.wait("RUNNING")


def test_no_color_means_no_colour(stage: Stage) -> None:
    with stage.open(stage.preset(), NO_COLOR="1") as screen:
        screen.wait("FULL", 20)
        raw = bytes(screen.raw)
        assert not re.search(rb"\x1b\[[\d;]*[34]8;[\d;]*m", raw)


def test_hostile_job_names_reach_the_terminal_as_plain_text(stage: Stage) -> None:
    names = [
        "[/x]",
        "[b]bold[/b]",
        "\x1b]0;owned\x07",
        "\x1b[31mred",
        "\u202egnp.exe",
        "世界" * 20,
        "a\x9b2Jb",
        "\x00null",
    ]
    preset = Path(stage.preset(fail=0.5, retryable=0.0))
    text = preset.read_text()
    begin, end = text.index("[[source]]"), text.index("[queue]")
    items = json.dumps(names * 40).replace("\\u007f", "")
    preset.write_text(f'{text[:begin]}[[source]]\nkind = "list"\nitems = {items}\n{text[end:]}')
    with stage.open(str(preset)) as screen:
        screen.wait("[/x]", 20)
        for key in ("3", "4", "1"):
            screen.press(key)
            screen.wait("bench")
        screen.wait("✓ FINISHED", 60)
        raw = bytes(screen.raw)
        assert b"owned\x07" not in raw
        assert b"\x1b[31m" not in raw
        assert "\u202e".encode() not in raw
        assert b"\x1b]0;" not in raw


def test_jobs_on_standard_input_leave_the_keyboard_alone(stage: Stage) -> None:
    preset = stage.preset()
    words = f"printf 'alpha\\nbeta\\n' | {sys.executable} -m qtui {preset} --input -"
    with Terminal.start(["sh", "-c", words], size=(120, 40), env=stage.env, cwd=stage.folder) as screen:
        screen.wait("✓ FINISHED", 20)
        screen.wait("2 / 2")
        screen.press("q")
        assert screen.wait_exit(15) in (0, 1)
