"""F10: input or preset changed while the run was down: done stays done, nothing is skipped, all of it is said."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.running import Running
from tests.faults.service import Service
from tests.wiring.stage import Stage

CONCURRENCY = 4
JOBS = 120
PRESET = """
[preset]
name = "changing"
[[source]]
kind = "lines"
path = "jobs.txt"
[queue]
capacity = 8
[workers]
concurrency = {concurrency}
[job]
kind = "http"
{key}
timeout = "{timeout}"
[job.http]
method = "POST"
url = "{url}"
[retry]
attempts = {attempts}
[results]
path = "results.jsonl"
"""


class Work:
    """A run with an input that changes, on a service that knows what really ran."""

    def __init__(self, stage: Stage, service: Service) -> None:
        self.stage = stage
        self.service = service
        self.lines = [f"k{number:03d}" for number in range(JOBS)]
        self.input = "jobs.txt"
        self.key = 'key = "{line}"'
        self.done: set[str] = set()
        """Keys that were done when the run was interrupted."""
        self.before: Counter[str] = Counter()
        """What had been asked for by then."""
        self.preset()

    def preset(
        self, *, path: str = "job", concurrency: int = CONCURRENCY, timeout: str = "30s", attempts: int = 1
    ) -> None:
        url = f"{self.service.base}/{path}/{{line}}?wait=0.03"
        text = PRESET.format(url=url, concurrency=concurrency, timeout=timeout, attempts=attempts, key=self.key)
        self.stage.write("changing.toml", text)

    def write(self) -> None:
        self.stage.write(self.input, "".join(f"{line}\n" for line in self.lines))

    def interrupt(self, how: str, *words: str) -> None:
        """Run until some forty jobs are done, and end the engine; it cannot get to the end before that."""
        self.write()
        self.service.answer_only(JOBS - 20)
        with Running(self.stage, "changing.toml", "--stop-timeout", "0", *words) as run:
            engine = run.started()
            self.stage.picture(lambda snap: snap.counts.done >= 40)
            if how == "killed":
                os.kill(engine, signal.SIGKILL)
            else:
                run.face.send_signal(signal.SIGTERM)
            assert run.end() == (70 if how == "killed" else 143), run.told
        self.service.answer_only(None)
        self.before = self.service.times()
        self.done = {str(event["job"]["key"]) for event in run.of("ended") if event["then"] == "done"}  # type: ignore[index]
        assert 30 < len(self.done) < JOBS - CONCURRENCY

    def again(self, *words: str) -> subprocess.CompletedProcess[str]:
        """The same command again."""
        return self.stage.run("run", "changing.toml", *words)

    def goes_on(self, *words: str) -> Plan:
        """It goes on without a question."""
        ended = self.again(*words)
        assert ended.returncode == 0, ended.stderr
        return Plan(ended.stderr)

    def asks(self, *words: str) -> Plan:
        """It starts nothing without consent, and says so; with consent it goes on."""
        refused = self.again(*words)
        assert refused.returncode == 3, refused.stderr
        assert "--accept-plan" in refused.stderr
        assert self.service.times() == self.before, "something ran without consent"
        plan = self.goes_on("--accept-plan", *words)
        assert plan.numbers == Plan(refused.stderr).numbers, "what was agreed to is not what was done"
        return plan

    def nothing_skipped(self, *, twice: int = CONCURRENCY) -> None:
        """Every line of the input ran; what was done did not run again; at most `twice` others did."""
        times = self.service.times()
        wanted = Counter(self.lines)
        assert not [line for line in wanted if times[line] < wanted[line]], "a line was silently skipped"
        again = times - self.before
        assert not [line for line in self.done if again[line]], "what was done ran again"
        assert sum((times - wanted)[line] for line in wanted) <= twice
        assert len(self.stage.records()) == 1, "another run was begun"


class Plan:
    """The numbers of a plan as it was printed."""

    def __init__(self, told: str) -> None:
        (self.line,) = [line for line in told.splitlines() if "done kept" in line][:1] or [""]
        found = re.findall(r"([\d,]+) (done|failed|interrupted|queued|new|gone|changed)\b", self.line)
        self.numbers = {word: int(number.replace(",", "")) for number, word in found}

    def __getitem__(self, word: str) -> int:
        return self.numbers.get(word, 0)


@pytest.fixture
def work(stage: Stage) -> Iterator[Work]:
    with Service(stage.folder) as service:
        yield Work(stage, service)


# -- the input


@pytest.mark.parametrize("how", ["killed", "terminated"])
def test_the_same_input_goes_on_where_it_was(work: Work, how: str) -> None:
    work.interrupt(how)
    plan = work.goes_on()

    work.nothing_skipped()
    assert plan["done"] >= len(work.done)
    assert plan["done"] + plan["interrupted"] + plan["queued"] + plan["new"] == JOBS
    assert plan["interrupted"] <= CONCURRENCY


def test_lines_at_the_end_are_new_and_need_no_consent(work: Work) -> None:
    work.interrupt("killed")
    work.lines += [f"new{number}" for number in range(30)]
    work.write()
    plan = work.goes_on()

    work.nothing_skipped()
    assert sum(plan[word] for word in ("done", "interrupted", "queued", "new")) == JOBS + 30


def test_a_line_at_the_beginning_is_run_and_shifts_nothing(work: Work) -> None:
    work.interrupt("killed")
    work.lines = ["first", *work.lines]
    work.write()
    plan = work.asks()

    work.nothing_skipped()
    assert work.service.times()["first"] == 1
    assert plan["gone"] == 0


def test_another_order_is_the_same_work(work: Work) -> None:
    work.interrupt("killed")
    random.Random(7).shuffle(work.lines)
    work.write()
    plan = work.asks()

    work.nothing_skipped()
    assert plan["gone"] == 0
    assert sum(plan[word] for word in ("done", "interrupted", "queued", "new")) == JOBS


def test_lines_that_are_gone_do_not_run_any_more(work: Work) -> None:
    work.interrupt("killed")
    gone = set(work.lines[10:20]) | set(work.lines[-30:])
    work.lines = [line for line in work.lines if line not in gone]
    work.write()
    plan = work.asks()

    work.nothing_skipped()
    assert plan["gone"] >= 10
    assert not [line for line in gone if work.service.times()[line] > work.before[line]], "a line that is gone ran"


def test_all_at_once_prepended_reordered_shortened_and_appended(work: Work) -> None:
    work.interrupt("terminated")
    kept = work.lines[5:-5]
    random.Random(11).shuffle(kept)
    work.lines = ["first", *kept, "last"]
    work.write()
    work.asks()

    work.nothing_skipped()


def test_a_line_that_stands_there_twice_runs_twice_in_every_life(work: Work) -> None:
    work.key = ""
    work.preset()
    work.lines = [*work.lines[:60], *work.lines[:60]]
    work.interrupt("killed")
    work.lines += work.lines[:10]
    work.write()
    work.goes_on()

    times = work.service.times()
    wanted = Counter(work.lines)
    assert not [line for line in wanted if times[line] < wanted[line]]
    assert sum((times - wanted).values()) <= CONCURRENCY


def test_an_input_given_on_the_command_line_is_compared_too(work: Work) -> None:
    work.input = "other.txt"
    work.interrupt("killed", "--input", work.input)
    work.lines = ["first", *work.lines]
    work.write()
    work.asks("--input", work.input)

    work.nothing_skipped()


# -- the preset


def test_another_template_asks_and_then_nothing_is_done_silently(work: Work) -> None:
    work.interrupt("killed")
    work.preset(path="elsewhere")
    refused = work.again()

    assert refused.returncode == 3, refused.stderr
    assert work.service.times() == work.before, "something ran without consent"
    work.goes_on("--accept-plan")
    assert not [line for line in work.lines if work.service.times()[line] < 1]


def test_operational_fields_may_change_without_a_word_of_consent(work: Work) -> None:
    work.interrupt("killed")
    work.preset(concurrency=2, timeout="9s", attempts=5)
    work.goes_on("--set", "throttle.rate=500/s", "--set", "queue.capacity=3")

    work.nothing_skipped()


# -- the options


def test_a_dry_run_prints_the_plan_and_changes_nothing(work: Work) -> None:
    work.interrupt("killed")
    dry = work.again("--dry-run")

    assert dry.returncode == 0, dry.stderr
    assert Plan(dry.stderr + dry.stdout)["done"] >= len(work.done)
    assert work.service.times() == work.before
    assert work.goes_on().numbers == Plan(dry.stderr + dry.stdout).numbers


def test_fresh_begins_anew_and_keeps_the_old_run(work: Work) -> None:
    work.interrupt("terminated")
    ended = work.again("--fresh")

    assert ended.returncode == 0, ended.stderr
    assert (work.service.times() - work.before) == Counter(work.lines)
    assert len(list(Path(work.stage.state).glob("**/journal.db"))) == 2


def test_a_run_that_is_live_is_refused_and_its_process_named(work: Work) -> None:
    work.preset(concurrency=1)
    work.write()
    with Running(work.stage, "changing.toml", "--set", "throttle.rate=2/s", "--stop-timeout", "0") as run:
        engine = run.started()
        refused = work.again()
        assert refused.returncode == 75, refused.stderr
        assert str(engine) in refused.stderr
        run.face.send_signal(signal.SIGTERM)
        assert run.end() == 143, run.told
    assert max(work.service.times().values()) == 1
