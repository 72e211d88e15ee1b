"""Killed at random: nothing that was shown is missing, nothing is done twice. `tests/faults` kills at every call."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.promises import verify

KILLS = 10
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("how", [("completion", "jsonl"), ("submission", "jsonl"), ("submission", "csv")])
def test_kill_nine_at_random(tmp_path: Path, how: tuple[str, str]) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    shown = 0
    for number in range(KILLS):
        folder = tmp_path / str(number)
        folder.mkdir()
        command = [sys.executable, "-m", "tests.journal.child", str(folder), str(10**9)]
        command += ["--order", how[0], "--format", how[1]]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"begun\n"
            time.sleep(chance.uniform(0.0, 0.25))  # the moment of the kill is the point, nothing is waited for
            child.send_signal(signal.SIGKILL)
        shown += verify(folder)
        shutil.rmtree(folder)
    assert shown > KILLS, "the kills came too early to prove anything"
