"""The end-to-end harness itself: what a program draws is seen, what a user does arrives."""

import os
import random
import re
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.emulator import Cell, Emulator
from tests.terminal import Terminal

READ_RAW = """
import os, tty
tty.setraw(0)
print("ready", end="\\r\\n", flush=True)
while True:
    print(os.read(0, 64), end="\\r\\n", flush=True)
"""


def python(program: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", program]


def shell(script: str) -> list[str]:
    return ["sh", "-c", script]


def drawn(output: str, columns: int = 20, lines: int = 3) -> Emulator:
    emulator = Emulator(columns, lines)
    emulator.feed(output.encode())
    return emulator


# The screen


def test_colours_and_attributes_are_kept_per_cell() -> None:
    cells = drawn("\x1b[1;38;2;1;2;3;48;5;196ma\x1b[0;2;3;4;9;7;92mb\x1b[22;39mc\x1b[md").cells()[0]
    assert cells[0] == Cell("a", fg="#010203", bg="#ff0000", bold=True)
    assert cells[1] == Cell("b", fg="#00ff00", dim=True, italic=True, underline=True, strike=True, reverse=True)
    assert cells[2] == Cell("c", italic=True, underline=True, strike=True, reverse=True)
    assert cells[3] == Cell("d")


def test_two_in_an_extended_colour_is_not_faint() -> None:
    assert drawn("\x1b[38;2;2;2;2mx\x1b[38;5;2my").cells()[0][1] == Cell("y", fg="#00cd00")


def test_a_wide_character_takes_two_cells() -> None:
    emulator = drawn("漢x")
    assert [cell.char for cell in emulator.cells()[0][:3]] == ["漢", "", "x"]
    assert emulator.rows()[0].startswith("漢x")


def test_text_behind_a_character_without_width_is_drawn() -> None:
    assert drawn("a\u200db\ufe0fc").rows()[0].rstrip() == "abc"


@pytest.mark.parametrize(
    "sequence",
    [
        *["\x1b[>25u", "\x1b[<u", "\x1b[?u", "\x1b[?2026$p", "\x1b[>0q", "\x1b[2 q", "\x1b[!p", "\x1b[4:3m"],
        *["\x1bP+q544e\x1b\\", "\x1b_Gi=1;AAAA\x1b\\", "\x1b]52;c;eA==\x07", "\x1b]9;4;1;50\x1b\\", "\x1b(B"],
        *["\x1b[?5A", "\x1b[9J", "\x1b[1;2;3;4C\b", "\x84", "\x1b[3\x1b[m", "\x1b\x1b[m"],
    ],
)
@pytest.mark.parametrize("cut", [False, True])
def test_unknown_sequences_leave_no_trace(sequence: str, cut: bool) -> None:
    emulator = Emulator(20, 3)
    whole = f"a{sequence}b".encode()
    for part in [whole[i : i + 1] for i in range(len(whole))] if cut else [whole]:
        emulator.feed(part)
    assert "".join(emulator.rows()).split() == ["ab"]


def test_no_output_can_break_the_screen() -> None:
    rng = random.Random(8)
    finals = [chr(code) for code in range(0x40, 0x7F)]
    bodies = [
        "",
        "0",
        "6",
        "25",
        "1049",
        "2026",
        "38;5;300",
        "38;2;1",
        "1;2;3",
        "99999",
        "4:3",
        "$",
        " ",
        ";;",
    ]
    texts = [
        "abc",
        "漢",
        "e\u0301",
        "\u0301",
        "\u200d",
        "\n",
        "\t",
        "\b",
        "\0",
        "\x9b?5A",
        "\x1bPq\x1b\\",
        "\x1b]2",
    ]
    for _ in range(30):
        emulator = Emulator(rng.choice([1, 2, 20]), rng.choice([1, 2, 6]))
        for _ in range(50):
            sequence = f"\x1b[{rng.choice(['', '', '?', '>', '='])}{rng.choice(bodies)}{rng.choice(finals)}"
            emulator.feed(rng.choice([sequence, sequence, rng.choice(texts)]).encode())
            if rng.random() < 0.05:
                emulator.resize(rng.choice([1, 30]), rng.choice([1, 9]))
        columns, lines = emulator.size
        assert [len(line) for line in emulator.cells()] == [columns] * lines


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("\x1b[?2026$p", "\x1b[?2026;2$y"),
        ("\x1b[?2026h\x1b[?2026$p", "\x1b[?2026;1$y"),
        ("\x1b[?2048$p", "\x1b[?2048;0$y"),
        ("\x1b[c", "\x1b[?62;22c"),
        ("\x1b[2;3Hx\x1b[6n", "\x1b[2;4R"),
        ("\x1b]11;?\x1b\\", "\x1b]11;rgb:0e0e/1313/1a1a\x1b\\"),
        ("\x1b[?u", ""),
    ],
)
def test_queries_are_answered(query: str, answer: str) -> None:
    assert Emulator(20, 3).feed(query.encode()) == answer.encode()


def test_leaving_the_alternate_screen_brings_the_main_screen_back() -> None:
    emulator = drawn("before\x1b[?1049h\x1b[Hfull screen")
    assert emulator.alternate
    assert emulator.rows()[0].rstrip() == "full screen"
    emulator.feed(b"\x1b[?1049l after")
    assert not emulator.alternate
    assert emulator.rows()[0].rstrip() == "before after"


def test_repeated_characters_are_drawn() -> None:
    assert drawn("ab\x1b[3bc").rows()[0].rstrip() == "abbbbc"


def test_the_window_title_is_kept() -> None:
    assert drawn("\x1b]2;qtui – 12 jobs\x07").title == "qtui – 12 jobs"


# A program on a pty


def test_a_program_sees_a_colour_terminal_of_the_given_size(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "COLUMNS", "LINES"):
        monkeypatch.setenv(name, "7")
    script = "tty; stty size; echo $TERM $COLORTERM ${NO_COLOR-none} ${COLUMNS-none} ${EXTRA-none}."
    with Terminal.start(shell(script), size=(60, 10), env={"EXTRA": "given"}) as terminal:
        terminal.wait("given.")
        assert terminal.size == (60, 10)
        assert re.search(r"/dev/\S+\n10 60\nxterm-256color truecolor none none given\.", terminal.text())


def test_an_environment_variable_can_be_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "yes")
    with Terminal.start(shell("echo =${SECRET-none}="), env={"SECRET": None}) as terminal:
        terminal.wait("=none=")


def test_the_program_starts_in_the_given_directory(tmp_path: Path) -> None:
    with Terminal.start(shell("pwd; echo end"), cwd=tmp_path, size=(300, 5)) as terminal:
        assert str(tmp_path) in terminal.wait("end")


@pytest.mark.parametrize(
    ("key", "received"),
    [
        *[("a", b"a"), ("enter", b"\r"), ("tab", b"\t"), ("space", b" "), ("+", b"+"), ("é", "é".encode())],
        *[("up", b"\x1b[A"), ("end", b"\x1b[F"), ("shift+up", b"\x1b[1;2A"), ("ctrl+left", b"\x1b[1;5D")],
        *[("pagedown", b"\x1b[6~"), ("f1", b"\x1bOP"), ("f5", b"\x1b[15~"), ("shift+tab", b"\x1b[Z")],
        *[("ctrl+c", b"\x03"), ("ctrl+space", b"\0"), ("alt+x", b"\x1bx"), ("esc", b"\x1b")],
    ],
)
def test_a_key_arrives_as_a_terminal_sends_it(key: str, received: bytes) -> None:
    with Terminal.start(python(READ_RAW)) as terminal:
        terminal.wait("ready")
        terminal.press(key)
        terminal.wait(repr(received))


@pytest.mark.parametrize("key", ["hyper+x", "nokey", "ctrl+1", "ctrl+alt+x"])
def test_a_key_no_terminal_can_send_is_refused(key: str) -> None:
    with Terminal.start(shell("cat")) as terminal, pytest.raises(ValueError, match="no such key"):
        terminal.press(key)


def test_escape_is_not_run_together_with_the_next_key() -> None:
    with Terminal.start(python(READ_RAW)) as terminal:
        terminal.wait("ready")
        terminal.press("esc", "x")
        terminal.wait(repr(b"x"))
        assert repr(b"\x1bx") not in terminal.text()


def test_a_click_is_reported_as_press_and_release() -> None:
    with Terminal.start(python(READ_RAW)) as terminal:
        terminal.wait("ready")
        terminal.click(9, 4)
        terminal.wait("[<0;10;5M")
        terminal.wait("[<0;10;5m")


def test_more_input_than_the_pty_holds_blocks_nobody() -> None:
    counter = """
import os, tty
tty.setraw(0)
os.write(1, b"ready\\r\\n")
count = 0
while count < 200_000:
    data = os.read(0, 65536)
    os.write(1, b"." * (len(data) // 100))
    count += len(data)
os.write(1, b"all read")
"""
    with Terminal.start(python(counter)) as terminal:
        terminal.wait("ready")
        terminal.send("x" * 200_000)
        terminal.wait("all read")


def test_resizing_tells_the_program() -> None:
    program = """
import os, signal
signal.signal(signal.SIGWINCH, lambda *_: os.write(1, b"now %d x %d" % os.get_terminal_size()))
os.write(1, b"ready ")
while True:
    signal.pause()
"""
    with Terminal.start(python(program)) as terminal:
        terminal.wait("ready")
        terminal.resize(132, 43)
        terminal.wait("now 132 x 43")
        assert terminal.size == (132, 43)
        assert [len(row) for row in terminal.rows()] == [132] * 43


def test_ctrl_c_interrupts_the_foreground_program() -> None:
    with Terminal.start(
        python("import os, signal; signal.signal(signal.SIGINT, signal.SIG_DFL); os.write(1, b'ready'); signal.pause()")
    ) as terminal:
        terminal.wait("ready")
        terminal.press("ctrl+c")
        assert terminal.wait_exit() == -signal.SIGINT


@pytest.mark.parametrize("code", [0, 3])
def test_the_exit_code_is_given_with_the_last_output_seen(code: int) -> None:
    with Terminal.start(shell(f"echo last words; exit {code}")) as terminal:
        assert terminal.wait_exit() == code
        assert "last words" in terminal.text()


def test_a_signal_reaches_the_program_and_shows_as_negative_exit_code() -> None:
    with Terminal.start(shell("echo ready; exec sleep 60")) as terminal:
        terminal.wait("ready")
        terminal.signal(signal.SIGTERM)
        assert terminal.wait_exit() == -signal.SIGTERM


def test_all_output_is_seen_when_the_program_ends_at_once() -> None:
    with Terminal.start(shell("seq 1 20000; printf end")) as terminal:
        assert terminal.wait_exit() == 0
        assert terminal.raw.endswith(b"20000\r\nend")


# Waiting


def test_wait_accepts_a_pattern_and_a_predicate() -> None:
    with Terminal.start(shell("echo queue 12/64; cat")) as terminal:
        assert "12/64" in terminal.wait(re.compile(r"\d+/64"))
        assert "12/64" in terminal.wait(lambda text: text.count("2") == 1)


def test_a_frame_that_is_replaced_at_once_is_seen() -> None:
    frames = "".join(f"\\033[?2026h\\033[Hframe {number} \\033[?2026l" for number in range(1, 10))
    with Terminal.start(shell(f"read -r _; printf '{frames}'; cat")) as terminal:
        terminal.send("\n")
        assert "frame 5" in terminal.wait("frame 5")
        terminal.wait("frame 9")


def test_a_vain_wait_shows_the_screen() -> None:
    with Terminal.start(shell("echo only this; cat"), size=(30, 4)) as terminal:
        terminal.wait("only this")
        with pytest.raises(AssertionError, match=r"waited 0.05 s in vain for 'FULL'[^|]*30x4[^|]*\n\|only this {21}\|"):
            terminal.wait("FULL", timeout=0.05)


def test_a_wait_fails_at_once_when_the_program_has_ended() -> None:
    started = time.monotonic()
    with Terminal.start(shell("echo boom; exit 7")) as terminal:
        with pytest.raises(AssertionError, match=r"ended \(exit code 7\) while waiting for 'FULL'(.|\n)*boom"):
            terminal.wait("FULL", timeout=60)
        assert time.monotonic() - started < 30


def test_a_missing_program_is_told_on_the_screen() -> None:
    with (
        Terminal.start(["no-such-program"]) as terminal,
        pytest.raises(AssertionError, match="FileNotFoundError"),
    ):
        terminal.wait("anything")


def test_wait_gone_waits_for_the_text_to_vanish() -> None:
    with Terminal.start(shell("printf loading; read x; printf '\\033[H\\033[2Jloaded'; cat")) as terminal:
        terminal.wait("loading")
        with pytest.raises(AssertionError, match="'loading' to go away"):
            terminal.wait_gone("loading", timeout=0.05)
        terminal.press("enter")
        terminal.wait_gone("loading")
        assert "loaded" in terminal.text()


def test_waiting_for_an_exit_that_does_not_come_fails() -> None:
    with Terminal.start(shell("cat")) as terminal, pytest.raises(AssertionError, match="its exit"):
        terminal.wait_exit(timeout=0.05)


def test_raw_bytes_can_be_awaited_behind_a_mark() -> None:
    with Terminal.start(shell("stty -echo; printf 'a\\033[?1049h'; read x; printf 'b\\033[?1049l'; cat")) as terminal:
        entered = terminal.wait_raw(b"\x1b[?1049h")
        with pytest.raises(AssertionError, match="the bytes"):
            terminal.wait_raw(b"\x1b[?1049", timeout=0.05, after=entered)
        terminal.press("enter")
        terminal.wait_raw(b"\x1b[?1049l", after=entered)


def test_raw_keeps_only_the_latest_bytes_if_bounded() -> None:
    with Terminal.start(shell("seq 1 5000; printf end; cat"), keep=100) as terminal:
        mark = terminal.wait_raw(b"end")
        assert terminal.raw.endswith(b"5000\r\nend")
        assert len(terminal.raw) == 100
        assert mark == terminal.received == sum(len(str(n)) + 2 for n in range(1, 5001)) + 3


def test_no_half_frame_is_ever_seen() -> None:
    program = """
import itertools, sys, time
for number in itertools.count():
    row = str(number % 10) * 20
    sys.stdout.write("\\x1b[?2026h\\x1b[H")
    for line in range(1, 6):
        sys.stdout.write(f"\\x1b[{line}H{row}")
        sys.stdout.flush()
        time.sleep(0.0005)
    sys.stdout.write("\\x1b[?2026l")
    sys.stdout.flush()
    time.sleep(0.001)
"""
    with Terminal.start(python(program), size=(20, 5)) as terminal:
        terminal.wait("111")
        for _ in range(60):
            assert len(set(terminal.rows())) == 1


def test_a_stalled_terminal_holds_the_program_up_and_loses_nothing() -> None:
    with Terminal.start(shell("printf ready; read x; seq 1 50000; printf end; cat")) as terminal:
        terminal.wait("ready")
        with terminal.stalled():
            terminal.press("enter")
            before = terminal.received
            with pytest.raises(AssertionError):
                terminal.wait_raw(b"end", timeout=0.1)
            assert terminal.received == before
        terminal.wait_raw(b"50000\r\nend")


def test_closing_kills_the_children_too() -> None:
    script = "trap '' HUP TERM; sleep 60 & echo child $! .; wait"
    with Terminal.start(shell(script)) as terminal:
        found = re.search(r"child (\d+) \.", terminal.wait(" ."))
    assert found
    deadline = time.monotonic() + 5
    while _is_running(int(found[1])) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _is_running(int(found[1]))


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_terminals_live_side_by_side_and_closing_twice_is_fine() -> None:
    with (
        Terminal.start(shell("echo first; cat")) as first,
        Terminal.start(shell("echo second; cat")) as second,
    ):
        second.wait("second")
        first.wait("first")
        first.close()
        second.send("still here\r")
        second.wait("still here")


def test_a_textual_program_is_drawn_steered_resized_and_restores_the_terminal() -> None:
    program = """
from textual.app import App
from textual.widgets import Label

class Sample(App):
    BINDINGS = [("p", "pause", ""), ("q", "quit", "")]
    def compose(self):
        yield Label("RUNNING")
    def on_resize(self, event):
        self.query_one(Label).update(f"size {event.size.width}x{event.size.height}")
    def action_pause(self):
        self.query_one(Label).update("[#ff8800 on #000088]PAUSED[/]")

Sample().run()
print("bye")
"""
    with Terminal.start([sys.executable, "-c", program], size=(60, 10)) as terminal:
        terminal.wait("size 60x10", timeout=20)
        assert terminal.alternate
        terminal.resize(40, 8)
        terminal.wait("size 40x8")
        terminal.press("p")
        terminal.wait("PAUSED")
        assert terminal.cells()[0][0] == Cell("P", fg="#ff8800", bg="#000088")
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert b"\x1b[?2026h" in terminal.raw
        assert b"\x1b[?1049l" in terminal.raw
        assert terminal.text().strip() == "bye"
