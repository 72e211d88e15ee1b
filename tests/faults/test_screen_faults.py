"""Whatever happens to a screen or its terminal: the shell gets its terminal back and the engine goes on."""

from __future__ import annotations

import os
import pty
import random
import re
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from qtui.core.snapshot import Snapshot
from tests.terminal import Terminal
from tests.wiring.stage import Stage, ends, part, restored, runs

SHELL = 'stty -g > before; $QTUI bench.toml; echo "code $?"; stty -g > after; echo back at the shell'
"""What a person's shell does: the terminal was in order before, and it is wanted back."""


def in_order_again(stage: Stage, screen: Terminal) -> None:
    restored(screen)
    assert (stage.folder / "before").read_text() == (stage.folder / "after").read_text(), "the line is not cooked"


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGKILL", "SIGSEGV", "SIGABRT"])
def test_a_screen_that_dies_leaves_the_terminal_in_order_and_the_engine_running(stage: Stage, name: str) -> None:
    stage.preset()
    number = signal.Signals[name]
    with stage.shell(SHELL) as screen:
        screen.wait("● RUNNING")
        os.kill(part(screen.pid, "screen"), number)
        screen.wait("back at the shell")
        assert f"code {128 + number}" in screen.text()
        in_order_again(stage, screen)
    stage.goes_on()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGQUIT"])
def test_a_signal_for_the_launcher_is_the_screens(stage: Stage, name: str) -> None:
    stage.preset()
    with stage.shell(SHELL) as screen:
        screen.wait("● RUNNING")
        os.kill(part(screen.pid, "launcher"), signal.Signals[name])
        screen.wait("back at the shell")
        assert f"code {128 + signal.Signals[name]}" in screen.text()
        assert "qtui attach bench" in screen.text() or name == "SIGQUIT"
        in_order_again(stage, screen)
    stage.goes_on()


@pytest.mark.long
def test_a_screen_that_does_not_heed_a_signal_is_killed(stage: Stage) -> None:
    stage.preset()
    with stage.shell(SHELL) as screen:
        screen.wait("● RUNNING")
        os.kill(part(screen.pid, "screen"), signal.SIGSTOP)
        os.kill(part(screen.pid, "launcher"), signal.SIGTERM)
        screen.wait("back at the shell")
        assert "code 137" in screen.text()
        in_order_again(stage, screen)
    stage.goes_on()


@pytest.mark.long
def test_a_terminal_that_reads_nothing_cannot_hold_up_the_end_of_its_screen(stage: Stage) -> None:
    with stage.open(stage.preset(jobs=100_000, latency="5ms"), size=(200, 60)) as screen:
        screen.wait("FULL")
        frozen = part(screen.pid, "screen")
        with screen.stalled():
            written, since = "", time.monotonic()
            while time.monotonic() - since < 1.5:  # it paints four times a second, until the pty is full
                stage.goes_on()
                if written != (written := screen_writes(frozen)):
                    since = time.monotonic()
            os.kill(screen.pid, signal.SIGTERM)
            ends(screen.pid, 12)
        assert not runs(frozen)
    stage.goes_on()


def screen_writes(pid: int) -> str:
    """How many bytes a process has written so far."""
    return Path(f"/proc/{pid}/io").read_text().split("wchar: ")[1].split()[0]


BROKEN = """
import os, sys
if "qtui" in sys.orig_argv and "_engine" not in sys.orig_argv:
    from qtui.tui.panel import Panel
    drawn = Panel.render_line
    def render_line(panel, y):
        if os.path.exists("break"):
            token = "SEC" + "RET"
            raise RuntimeError("the panel broke")
        return drawn(panel, y)
    Panel.render_line = render_line
"""


def test_a_bug_in_a_widget_ends_the_screen_alone_and_its_report_is_kept(stage: Stage) -> None:
    stage.write("sitecustomize.py", BROKEN)
    stage.env["PYTHONPATH"] = f"{stage.folder}{os.pathsep}{stage.env['PYTHONPATH']}"
    stage.preset()
    with stage.shell(SHELL) as screen:
        screen.wait("● RUNNING")
        stage.write("break", "")
        screen.wait("back at the shell")
        text = screen.text()
        assert "code 70" in text
        assert "a bug ended the screen; the run goes on" in text
        assert "qtui attach bench" in text
        in_order_again(stage, screen)
    (report,) = stage.state.glob("screen-*.log")
    assert "RuntimeError: the panel broke" in report.read_text()
    assert "SECRET" not in report.read_text()
    stage.goes_on()


def test_a_screen_whose_launcher_was_killed_leaves_by_itself(stage: Stage) -> None:
    stage.preset()
    with stage.shell(SHELL.replace("stty -g > after", "read line; stty -g > after")) as screen:
        screen.wait("● RUNNING")
        orphan = part(screen.pid, "screen")
        os.kill(part(screen.pid, "launcher"), signal.SIGKILL)
        ends(orphan)
        screen.send("\n")
        screen.wait("back at the shell")
        in_order_again(stage, screen)
    stage.goes_on()


def test_a_terminal_that_is_gone_takes_the_screen_along_and_leaves_the_engine(stage: Stage) -> None:
    leader, follower = pty.openpty()
    termios.tcsetwinsize(leader, (40, 120))
    become = (
        "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", become, *stage.command(stage.preset())],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**os.environ, **stage.env, "TERM": "xterm-256color"},
        start_new_session=True,
    )
    os.close(follower)
    seen = b""
    while b"RUNNING" not in seen:
        assert select.select([leader], [], [], 20)[0], seen
        seen += os.read(leader, 65536)
    screen = part(process.pid, "screen")
    os.close(leader)
    assert process.wait(10) == 128 + signal.SIGHUP
    assert not runs(screen)
    stage.goes_on()


@pytest.mark.long
@pytest.mark.parametrize("span_s", [5, 60])
def test_a_terminal_that_reads_nothing_for_a_while_holds_nothing_up(stage: Stage, span_s: int) -> None:
    with stage.open(stage.preset(jobs=100_000, latency="5ms")) as screen:
        screen.wait("FULL")
        with screen.stalled():
            before = stage.picture()
            last = before
            while last.elapsed_s < before.elapsed_s + span_s:
                earlier = last
                last = stage.picture(lambda snap: snap.elapsed_s >= earlier.elapsed_s + 1)  # noqa: B023  # used at once
                assert last.counts.done > earlier.counts.done + 50
                assert last.health.loop_lag_s < 0.5
        screen.wait(lambda text: _shown_done(text) >= last.counts.done)
        screen.press("+")
        screen.wait("WORKERS 5")


def _shown_done(text: str) -> int:
    found = re.search(r"([\d,]+) / 100,000", text)
    return int(found[1].replace(",", "")) if found else 0


def test_a_lost_engine_is_said_and_the_screen_can_be_left(stage: Stage) -> None:
    with stage.open(stage.preset()) as screen:
        screen.wait("● RUNNING")
        os.kill(stage.record.pid, signal.SIGKILL)
        screen.wait("engine lost")
        screen.press("+")
        screen.wait("nothing can be changed")
        screen.press("q")
        assert screen.wait_exit() == 70
        restored(screen)
        assert "the engine is gone" in screen.text() or "lost" in screen.text()


def test_an_engine_that_is_stopped_is_seen_by_the_age_of_its_picture(stage: Stage) -> None:
    with stage.open(stage.preset()) as screen:
        screen.wait("● RUNNING")
        pid = stage.record.pid
        os.kill(pid, signal.SIGSTOP)
        try:
            screen.wait(re.compile(r"data \d+ s old"))
            screen.press("?")  # the screen itself is alive
            screen.wait("One worker more")
        finally:
            os.kill(pid, signal.SIGCONT)
        screen.press("esc")
        screen.wait_gone("s old")
        assert stage.picture().counts.failed == 0


def test_an_engine_that_is_terminated_drains_and_the_screen_shows_its_end(stage: Stage) -> None:
    with stage.open(stage.preset(latency="300ms")) as screen:
        screen.wait("FULL")
        pid = stage.record.pid
        os.kill(pid, signal.SIGTERM)
        screen.wait("DRAINING")
        screen.wait("exit code")
        screen.press("q")
        assert screen.wait_exit() == 143
        restored(screen)
        ends(pid)
    assert stage.record.state == "stopped"


def test_a_storm_of_sizes_is_survived(stage: Stage) -> None:
    sizes = [(80, 24), (38, 9), (200, 60), (20, 5), (1, 1), (120, 40), (500, 2), (9, 100), (60, 16)] * 3
    with stage.open(stage.preset(fail=0.3)) as screen:
        screen.wait("FULL")
        for key, settled in (("1", "LATENCY"), ("3", "JOBS"), ("4", "FAILURES"), ("q", "Leave this run?")):
            screen.press(key)
            screen.wait(settled)
            for columns, lines in sizes:
                screen.resize(columns, lines)
            screen.resize(120, 40)
            screen.wait(settled)
        screen.press("esc")
        screen.wait_gone("Leave this run?")
        screen.press("1", "+")
        screen.wait("WORKERS 5")


def test_a_storm_of_keys_leaves_engine_and_screen_of_one_mind(stage: Stage) -> None:
    chosen = random.Random(9)
    keys = "".join(chosen.choice("+-pz") for _ in range(100))
    with stage.open(stage.preset(jobs=20_000)) as screen:
        screen.wait("FULL")
        for key in keys:
            screen.send(key)
            time.sleep(0.02)  # a hundred keys in two seconds
        told: list[tuple[int, str]] = []

        def settled(snap: Snapshot) -> bool:
            told.append((snap.control.concurrency, snap.state.value))
            return len(told) > 15 and len(set(told[-15:])) == 1

        workers, state = (snap := stage.picture(settled)).control.concurrency, snap.state.value
        screen.wait(lambda text: f"WORKERS {workers} " in text and state.upper() in text)
        screen.press("+")
        screen.wait(f"WORKERS {workers + 1} ")
        assert stage.picture().control.concurrency == workers + 1
        screen.press("z")
        screen.wait(f"WORKERS {workers} ")


@pytest.mark.parametrize("stop", ["SIGSTOP", "SIGTSTP"])
def test_a_screen_that_was_stopped_goes_on_with_the_newest_picture_and_takes_keys(stage: Stage, stop: str) -> None:
    with stage.open(stage.preset(jobs=20_000)) as screen:
        screen.wait("FULL")
        pid = part(screen.pid, "screen")
        os.kill(pid, signal.Signals[stop])
        before = stage.picture()
        later = stage.picture(lambda snap: snap.elapsed_s > before.elapsed_s + 3)
        os.kill(pid, signal.SIGCONT)
        shown = screen.wait(
            lambda text: (
                (done := re.search(r"([\d,]+) / 20,000", text)) is not None
                and int(done[1].replace(",", "")) >= later.counts.done
            )
        )
        assert "s old" not in shown
        screen.press("+")
        screen.wait("WORKERS 5")


def test_the_title_and_the_tab_are_given_back_however_the_screen_dies(stage: Stage) -> None:
    stage.preset()
    with stage.shell(SHELL) as screen:
        screen.wait("● RUNNING")
        assert b"\x1b[22;2t" in screen.raw
        screen.wait_raw(b"\x1b]9;4;1;")
        assert re.fullmatch(r"\S \d+% bench( \S+)?", screen.title)
        os.kill(part(screen.pid, "screen"), signal.SIGKILL)
        screen.wait("back at the shell")
        assert screen.raw.rindex(b"\x1b]9;4;0\x07") > screen.raw.rindex(b"\x1b]9;4;1;")
        assert screen.raw.count(b"\x1b[23;2t") == 1
    stage.goes_on()


@pytest.mark.parametrize("term", ["linux"])
def test_a_terminal_without_titles_is_written_none(stage: Stage, term: str) -> None:
    with stage.open(stage.preset(jobs=40, latency="10ms"), TERM=term) as screen:
        screen.wait("FINISHED")
        screen.press("q")
        screen.wait_exit()
        assert b"\x1b]2;" not in screen.raw
        assert b"\x1b]9;" not in screen.raw


def test_a_terminal_that_is_not_looked_at_is_told_of_an_alert_by_a_bell_and_a_notification(stage: Stage) -> None:
    with stage.open(stage.preset(jobs=4000, fail=0.9), VTE_VERSION="", TERM_PROGRAM="") as screen:
        screen.wait("● RUNNING")
        screen.send("\x1b[O")
        screen.wait_raw(b"\x07\x1b]9;qtui bench: failing: ")


def test_ctrl_z_does_not_stop_the_screen(stage: Stage) -> None:
    with stage.open(stage.preset()) as screen:
        screen.wait("● RUNNING")
        screen.press("ctrl+z")
        screen.wait("ctrl+z is off")


# -- what others wrote reaches the terminal as text

HOSTILE = (
    "[/x]",
    "[@click=app.quit]click[/]",
    "[bold red on white]",
    "\x1b]0;owned\x07",
    "\x1b]52;c;b3duZWQ=\x07",
    "\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\",
    '\x1bP$q"p\x1b\\',
    "\x1b_Gi=1,a=T;AAAA\x1b\\",
    "\x1b[31mred",
    "\x1b[6n\x1b[c\x1b[>0q",
    "\x1b[2J\x1b[H\x1b[?1049l",
    "\x1bc",
    "\x9b2J\x9d0;c1\x9c\x85",
    "\u202egnp.exe\u2066\u2069",
    "zero\u200bwidth\ufeff",
    "世界👩‍👩‍👧‍👦é\u0301\u0301\u0301",
    "tab\tnewline\nreturn\rbell\x07back\x08del\x7f",
    "x" * 5_000,
    "",
)
_TOKEN = re.compile(
    rb"\x1b\](?P<osc>\d*)[^\x07\x1b]*(?:\x07|\x1b\\)"
    rb"|\x1b[P_^X](?P<string>[^\x1b]*)\x1b\\"
    rb"|\x1b\[(?P<mark>[<=>?]?)(?P<params>[0-9;:]*)(?P<middle>[ -/]*)(?P<final>[@-~])"
    rb"|\x1b(?P<short>.)",
    re.DOTALL,
)


def kinds_of_sequences(raw: bytes) -> set[bytes]:
    """The kinds of escape sequences in what a program wrote; colours and positions apart, modes one by one."""
    kinds = set()
    for match in _TOKEN.finditer(raw):
        groups = match.groupdict()
        if groups["final"] is not None:
            params = groups["params"] if groups["mark"] or groups["final"] not in b"mHABCDGdK" else b""
            kinds.add(b"CSI %b%b%b%b" % (groups["mark"], params, groups["middle"], groups["final"]))
        elif groups["osc"] is not None:
            kinds.add(b"OSC %b" % groups["osc"])
        else:
            kinds.add(match[0][:12])
    return kinds


def controls(raw: bytes) -> set[str]:
    """Control and direction characters outside of escape sequences."""
    text = _TOKEN.sub(b"", raw).decode("utf-8", "replace")
    return {repr(ch) for ch in text if not ch.isprintable() and ch not in "\r\n"}


def look_around(screen: Terminal) -> bytes:
    """Through all views of a run that fails, to its end; everything the program wrote."""
    screen.wait("✓ FINISHED")
    screen.press("4")
    screen.wait("last 10 min")
    screen.press("enter")
    screen.wait("JOBS")
    screen.press("enter")
    screen.wait("ATTEMPTS")
    screen.press("down", "down", "down", "esc", "1", "q")
    screen.wait_exit()
    return screen.raw


def test_hostile_names_and_errors_write_the_same_kinds_of_sequences_as_harmless_ones(stage: Stage) -> None:
    shapes = []
    for word, rows in (("harmless", ["plain"] * 60), ("hostile", [*HOSTILE] * 4)):
        items = ", ".join(_toml(row) for row in rows)
        path = stage.write(
            "words.toml",
            f"[preset]\nname = {_toml(word + rows[0])}\ndescription = {_toml(rows[0])}\n"
            f'[[source]]\nkind = "list"\nname = {_toml(rows[0])}\nitems = [{items}]\n'
            '[job]\nkind = "http"\nname = "{line}"\nkey = "{n} {line}"\n[job.http]\nurl = "{line}"\n',
        )
        with stage.open(path) as screen:
            raw = look_around(screen)
        assert not controls(raw)
        shapes.append(kinds_of_sequences(raw))
    assert shapes[1] <= shapes[0]


def _toml(text: str) -> str:
    return '"' + "".join(f"\\U{ord(ch):08x}" if not ch.isalnum() or not ch.isascii() else ch for ch in text) + '"'


def test_hostile_text_that_is_pasted_is_cleaned(stage: Stage) -> None:
    with stage.open(stage.preset(jobs=20, latency="1ms")) as screen:
        screen.wait("✓ FINISHED")
        screen.press("3", "/")
        screen.wait("keep")
        mark = screen.received
        screen.send("\x1b[200~ab\u202ecd\x9b31mef\x1b[201~")
        screen.wait("ef")
        screen.wait_raw(b"ef", after=mark)
        screen.press("ctrl+q")
        screen.wait_exit()  # nothing is written by halves any more
        assert not controls(screen.raw)


def test_no_color_writes_no_colour_anywhere(stage: Stage) -> None:
    with stage.open(stage.preset(jobs=60, latency="5ms", fail=0.5), NO_COLOR="1") as screen:
        raw = look_around(screen)
    assert re.search(rb"\x1b\[1m|\x1b\[1;", raw), "not even bold: this was not the screen"
    assert not re.search(rb"\x1b\[(?:[\d;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[\d;]*)?m", raw)


def test_standard_output_may_be_a_file(stage: Stage) -> None:
    stage.preset(jobs=10, latency="1ms")
    with stage.shell('$QTUI bench.toml > out; echo "left with $?"') as screen:
        screen.wait("✓ FINISHED")
        screen.press("q")
        screen.wait("left with 0")
    assert "10 done" in Path(stage.folder / "out").read_text()
