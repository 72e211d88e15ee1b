"""Reports of presets and runs, as text."""

from __future__ import annotations

import msgspec
import pytest

from qtui.core.eta import Certainty, Eta
from qtui.core.port import Checked, Problem
from qtui.core.snapshot import Control
from qtui.core.verdict import Judge, Kind, Verdict
from qtui.plain.linear import standing
from qtui.plain.report import RunLine, check_report, problem_report, runs_report, status_report
from tests.plain.samples import EVIL, harmless
from tests.tui.samples import NOW, sample


def test_a_bad_preset_is_reported_whole() -> None:
    problems = [
        Problem("workers.concurency", "there is no such key", 2, "concurency", "concurrency, strategy", "concurrency"),
        Problem("", "this is not TOML: x", 0),
    ]
    told = problem_report(Checked("p.toml", problems=problems, text="[workers]\nconcurency = 3"))

    assert told.splitlines() == [
        "p.toml cannot run: 2 problems; nothing was started",
        "",
        "p.toml:2: workers.concurency: there is no such key",
        "       2 | concurency = 3",
        "         | ^^^^^^^^^^",
        "         found concurency",
        "         allowed: concurrency, strategy",
        "         did you mean concurrency?",
        "",
        "p.toml: this is not TOML: x",
    ]


@pytest.mark.parametrize(
    ("line", "problem", "carets"),
    [
        ("capacity = 0   # 0", Problem("queue.capacity", "too small", 1, "0"), "           ^"),
        ('kind = "kind"', Problem("job.kind", "unknown", 1, '"kind"'), "       ^^^^^^"),
        ("timeout = { a = 1 }", Problem("job.timeout", "no duration", 1, "{'a': 1}"), "^^^^^^^"),
        ('  name = "日本" # x', Problem("preset.name", "no", 1, '"日本"'), "         ^^^^^^"),
        ("[[source]]", Problem("source[0]", "no such file", 1), "  ^^^^^^"),
        ("on = [", Problem("retry.on[1]", "no such class", 1), "^^"),
    ],
)
def test_the_spot_is_underlined(line: str, problem: Problem, carets: str) -> None:
    told = problem_report(Checked("p", problems=[problem], text=line)).splitlines()

    assert told[4] == f"         | {carets}"


def test_a_spot_that_cannot_be_found_is_not_underlined() -> None:
    told = problem_report(Checked("p", problems=[Problem("", "not TOML", 1)], text="= ="))

    assert "^" not in told


def test_a_good_preset_is_told_in_sentences() -> None:
    told = check_report(Checked("p", "p", "does things", producers=["a: lines of x"], plan=["writes y"], total=3))

    assert told.splitlines() == [
        "p: does things",
        "  reads a: lines of x",
        "  writes y",
        "  3 jobs in all; nothing was started",
    ]


def test_runs_are_an_aligned_table() -> None:
    runs = [
        RunLine("scrape-1", "scrape", "scrape", "finished", NOW, 4000.0, 1_990, 10, 2_000),
        RunLine("a", "a", "日本.toml", "running", NOW, 62.0, 5, 0, None, 6.66, 430.0, "7:10", True),
        RunLine("b", "b", "b", "crashed", NOW, resume="qtui b"),
    ]
    head, *rows = runs_report(runs).splitlines()

    assert head.split() == ["RUN", "STATE", "STARTED", "ELAPSED", "DONE", "FAILED", "OF", "RATE", "LEFT", "PRESET"]
    assert [row.split()[4:] for row in rows[:3]] == [
        ["1:06:40", "1,990", "10", "2,000", "scrape"],
        ["1:02", "5", "0", "?", "6.7/s", "7:10", "日本.toml"],
        ["?", "0", "0", "?", "b"],
    ]
    assert {rows[0].rindex("scrape"), rows[1].index("日本")} == {head.index("PRESET")}
    assert rows[3:] == ["", "b can go on: qtui b"]


def test_the_status_of_a_run_is_four_lines() -> None:
    verdict = Verdict(Kind.PRESSURE, "queue full", "workers, 100% busy")

    assert status_report(sample(), verdict, Eta(Certainty.KNOWN, 430.0)).splitlines() == [
        f"{sample().run_id}: running for 10:12",
        f"  {standing(sample(), Eta(Certainty.KNOWN, 430.0))}",
        "  Backpressure: queue full · bottleneck: workers, 100% busy",
        "  concurrency 12 · capacity 64 · rate none",
    ]


def test_a_limit_in_force_is_written_as_everywhere_else() -> None:
    snap = sample(control=Control(12, 64, rate=1_000_000.0))

    told = status_report(snap, Verdict(Kind.FLOWING, "", ""), Eta(Certainty.KNOWN, 430.0))
    assert " · rate 1,000,000/s" in told


def test_no_runs_are_a_sentence() -> None:
    assert runs_report([]) == "no runs yet; `qtui backpressure` starts one"


def test_hostile_text_does_no_harm() -> None:
    problem = Problem(EVIL, EVIL, 1, EVIL, EVIL, EVIL)

    assert harmless(problem_report(Checked("p", problems=[problem], text=EVIL)))
    assert harmless(runs_report([RunLine(EVIL, EVIL, EVIL, EVIL, NOW, left=EVIL, resume=EVIL)]))


def test_the_status_says_why_nothing_new_starts() -> None:
    throttle = msgspec.structs.replace(sample().throttle, held_by_person=True)
    snap = sample(throttle=throttle)
    told = status_report(snap, Judge().step(snap), Eta(Certainty.KNOWN, 430.0)).splitlines()
    assert told[-1] == "  nothing new starts: held, 67 jobs wait; nothing starts until they are released"
