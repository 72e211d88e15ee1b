"""A bad preset mended from the screen, with a real editor on a real terminal: it goes on by itself when it is valid."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.wiring.stage import PRESET, Stage

EDITOR = """
import sys
path = sys.argv[-1]
print("EDITOR HAS", " ".join(sys.argv[1:]), flush=True)
input()
text = open(path).read()
open(path, "w").write(text.replace('capacity = -5', 'capacity = 16'))
"""


def test_a_preset_is_mended_by_a_suggestion_and_by_hand_and_then_runs(stage: Stage) -> None:
    good = PRESET.format(jobs=20, latency="1ms", fail=0.0)
    bad = good.replace("concurrency =", "concurency =").replace("capacity = 16", "capacity = -5  # too few")
    preset = stage.write("bench.toml", f"# mine\n{bad}")
    with stage.open(preset, VISUAL=f"{sys.executable} {stage.write('editor.py', EDITOR)}") as screen:
        screen.wait("× 2 PROBLEMS")
        screen.press("down", "f")
        screen.wait("Correct line")
        screen.press("y")
        screen.wait("× 1 PROBLEM ")
        screen.press("e")
        screen.wait("EDITOR HAS")
        assert not screen.alternate, "the editor has the person's own screen"
        screen.press("enter")
        screen.wait("FINISHED")
    assert Path(preset).read_text() == f"# mine\n{good.replace('capacity = 16', 'capacity = 16  # too few')}"
