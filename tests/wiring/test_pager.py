"""The log in a real pager on a real terminal: it has the terminal alone, and the screen comes back as it was."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.wiring.stage import Stage

PAGER = """
import sys
lines = open(sys.argv[1]).read().splitlines()
try:
    print(lines[0], flush=True)
    print(f"PAGER SHOWS {len(lines)} LINES OF", sys.argv[1], flush=True)
    input()
except KeyboardInterrupt:
    print("PAGER INTERRUPTED", flush=True)
    input()
"""


def pager(stage: Stage) -> str:
    return f"{sys.executable} {stage.write('pager.py', PAGER)}"


def test_o_lends_the_terminal_to_the_pager_and_takes_it_back(stage: Stage) -> None:
    with stage.open(stage.preset(), PAGER=pager(stage)) as screen:
        screen.wait("FULL")
        screen.press("6")
        screen.wait("started with 4 workers, a queue of 16")
        screen.press("o")
        shown = screen.wait(re.compile(r"PAGER SHOWS 1 LINES OF \S+\.txt"))
        assert "started with 4 workers, a queue of 16  qtui  20" in shown
        assert "RUNNING" not in shown
        assert not screen.alternate, "the pager has the person's own screen"
        name = Path(next(line for line in screen.rows() if "PAGER SHOWS" in line).split(" OF ")[1].strip())
        assert name.stat().st_mode & 0o077 == 0, "nobody else can read it"
        screen.press("enter")
        screen.wait("1 line shown in the pager")
        screen.wait("RUNNING")
        assert not name.exists()
        screen.press("]")
        screen.wait("shop.example/p/")
        screen.press("p")
        screen.wait("producers paused")


def test_ctrl_c_in_the_pager_is_the_pagers(stage: Stage) -> None:
    with stage.open(stage.preset(), PAGER=pager(stage)) as screen:
        screen.wait("FULL")
        screen.press("6")
        screen.wait("started with 4 workers")
        screen.press("o")
        screen.wait("PAGER SHOWS")
        screen.press("ctrl+c")
        screen.wait("PAGER INTERRUPTED")
        screen.press("enter")
        screen.wait("RUNNING")
        screen.press("p")
        screen.wait("producers paused")
