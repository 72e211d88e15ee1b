"""A thousand hostile names and errors through every list on a real terminal: nothing of them reaches it as control."""

from __future__ import annotations

import json
import random
import re

from tests.wiring.stage import Stage

SEEDS = (
    "\x1b]0;owned\x07",
    "\x1b[31mred\x1b[2J\x1b[H",
    "\x1b]52;c;b3duZWQ=\x1b\\",
    "\x1bP1$r0m\x1b\\",
    "\x9b31m\x9d0;owned\x9c",
    "\u202egnp.exe\u202c",
    "\u2066x\u2069\u200e",
    "a\x00b\x7fc\x85d\u2028e",
    "[b]bold[/b] [@click=app.quit]q[/]",
    "漢字かな e\u0301 👩\u200d🚀",
    "x" * 3000,
    "\x1b",
    "\x0e\x0f\x05\x16",
)
OURS = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, cursor, modes
    r"|\x1b\](?:[0-9]+;)?[^\x07\x1b]*(?:\x07|\x1b\\)"  # titles, progress, questions about the terminal
    r"|\x1b[=>78cM]|\x1b\([B0]|\x1bP[^\x1b]*\x1b\\"
)
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
PRESET = """
[preset]
name = "hostile"
[[source]]
kind = "jsonl"
path = "rows.jsonl"
[workers]
concurrency = 8
executor = "local"
[job]
kind = "python"
name = "{text}"
key = "{n}"
[job.python]
function = "hostile_work:fail"
path = "."
[retry]
attempts = 1
"""
WORK = "async def fail(text: str, n: int) -> None:\n    raise RuntimeError(text)\n"


def hostile(number: int) -> list[str]:
    rng = random.Random(11)
    return ["".join(rng.choices(SEEDS, k=rng.randrange(1, 4))) + f" #{n}" for n in range(number)]


def test_a_thousand_hostile_strings_reach_the_terminal_as_text_only(stage: Stage) -> None:
    rows = [json.dumps({"n": n, "text": text}) for n, text in enumerate(hostile(1_000))]
    stage.write("rows.jsonl", "\n".join(rows) + "\n")
    stage.write("hostile_work.py", WORK)
    with stage.open(stage.write("hostile.toml", PRESET)) as screen:
        screen.wait("FINISHED", 60)
        screen.press("3")
        screen.wait("JOBS 1,000")
        for _ in range(36):  # a page is 29 rows here
            screen.press("pagedown")
        screen.wait("1,000 of 1,000")
        screen.press("enter")
        screen.wait("PAYLOAD")
        for _ in range(40):
            screen.press("N")
        screen.wait("JOB #41 ")
        screen.wait("LAST ERROR")
        screen.press("y")
        screen.wait("Copy of job")
        screen.press("esc")
        screen.press("esc")
        screen.press("4")
        screen.wait("FAILURES")
        for _ in range(40):
            screen.press("down")
        screen.wait("its jobs")
        assert screen.title != "owned"
        screen.press("q")
        screen.wait_exit()  # nothing is written by halves any more
        text = screen.raw.decode("utf-8", "replace")
    bare = OURS.sub("", text)
    assert not FORBIDDEN.search(bare), ascii(bare[max(0, FORBIDDEN.search(bare).start() - 60) :][:120])  # type: ignore[union-attr]
    assert not re.search(r"\x1b\](?:0|2|52);[^\x07\x1b]*(?:owned|b3duZWQ)", text)
