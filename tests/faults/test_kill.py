"""F1, the short form: whatever kills the engine, nothing is lost, recorded twice, or shown and then taken back."""

from __future__ import annotations

import random
from pathlib import Path

from tests.faults.kill import CONCURRENCY, batches

KILLS = 6
JOBS = (150, 300)


def test_kill_nine_at_random_loses_nothing(tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    kills = said = 0
    for batch, problem in batches(tmp_path, KILLS, seed, jobs=JOBS):
        assert not problem
        kills, said = kills + batch.kills, said + len(batch.said)
        assert batch.repeats <= batch.kills * CONCURRENCY
    assert kills >= KILLS
    assert said > 50, "the kills came too early to prove anything"
