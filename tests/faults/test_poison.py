"""F11: a job that kills the engine is found, run alone, and held, and everybody else gets done."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.faults.service import Service
from tests.wiring.stage import Stage

JOBS = 40
CONCURRENCY = 4
CULPRIT = "k017"
PRESET = """
[preset]
name = "poisoned"
[[source]]
kind = "lines"
path = "jobs.txt"
[workers]
concurrency = {concurrency}
[job]
kind = "http"
key = "{{line}}"
timeout = "30s"
{policy}
[job.http]
method = "POST"
url = "{base}/job/{{line}}?wait=0.02"
"""


class Victim:
    """A run with one job that kills its engine."""

    def __init__(self, stage: Stage, service: Service, policy: str = "") -> None:
        self.stage = stage
        self.service = service
        self.keys = [f"k{number:03d}" for number in range(JOBS)]
        stage.write("jobs.txt", "".join(f"{key}\n" for key in self.keys))
        self.allow(policy)

    def allow(self, policy: str) -> None:
        text = PRESET.format(base=self.service.base, concurrency=CONCURRENCY, policy=policy)
        self.stage.write("poisoned.toml", text)

    def run(self, *words: str) -> tuple[int, str]:
        ended = self.stage.run("run", "poisoned.toml", *words)
        return ended.returncode, ended.stderr

    def states(self) -> dict[str, str]:
        (path,) = self.stage.state.glob("*/journal.db")
        with closing(sqlite3.connect(path)) as db:
            return dict(db.execute("SELECT coalesce(key, name), state FROM job"))


@pytest.fixture
def victim(stage: Stage) -> Iterator[Victim]:
    with Service(stage.folder) as service:
        yield Victim(stage, service)


def test_a_job_that_kills_its_engine_is_held_the_third_time_and_all_others_are_done(victim: Victim) -> None:
    victim.service.poison(CULPRIT, 100)
    assert victim.run()[0] == 70
    assert victim.run()[0] == 70
    first_two = len(victim.service.served())
    assert victim.run()[0] == 70, "now the suspects have run alone"
    code, told = victim.run()

    assert code == 1, told
    assert victim.states() == {key: "held" if key == CULPRIT else "done" for key in victim.keys}
    times = victim.service.times()
    assert times[CULPRIT] == 3
    assert len(victim.service.served()) - first_two >= 1
    assert sum(times.values()) - JOBS - 2 <= 2 * CONCURRENCY


def test_in_its_third_life_a_suspect_runs_alone(victim: Victim) -> None:
    victim.service.poison(CULPRIT, 100)
    victim.run()
    victim.run()
    victim.run()

    cut_off = [key for key, state in victim.states().items() if state == "running"]
    assert cut_off == [CULPRIT], "others were running beside it"


def test_a_crash_that_does_not_come_back_holds_nobody(victim: Victim) -> None:
    victim.service.poison(CULPRIT, 2)
    assert victim.run()[0] == 70
    assert victim.run()[0] == 70
    code, told = victim.run()

    assert code == 0, told
    assert set(victim.states().values()) == {"done"}


def test_with_on_crash_hold_nothing_that_was_running_starts_again_by_itself(victim: Victim) -> None:
    victim.allow('on_crash = "hold"')
    victim.service.poison(CULPRIT, 1)
    assert victim.run()[0] == 70
    code, told = victim.run()

    assert code == 1, told
    held = [key for key, state in victim.states().items() if state == "held"]
    assert CULPRIT in held
    assert len(held) <= CONCURRENCY
    assert max(victim.service.times().values()) == 1, "a job was started a second time"

    code, told = victim.run("--retry-held")
    assert code == 0, told
    assert set(victim.states().values()) == {"done"}
