"""The headless face as text: progress line, lines of change, summary, reports."""

from __future__ import annotations

import msgspec
import pytest

from qtui.core.eta import Certainty, Eta
from qtui.core.port import Checked, Problem, RunEntry
from qtui.core.snapshot import Counts, LogLine, QueueView, Rates, RunState, Snapshot
from qtui.core.verdict import Kind, Verdict
from qtui.plain.linear import Linear
from qtui.plain.progress import progress_line
from qtui.plain.report import check_report, problem_report, runs_report
from qtui.plain.summary import exit_code, farewell
from tests.tui.samples import NOW, sample

FLOWING = Verdict(Kind.FLOWING, "7/s in, 7/s out")
PRESSURE = Verdict(Kind.PRESSURE, "queue full, producers wait in put()", "workers, 100% busy")
ETA = Eta(Certainty.KNOWN, 430.0)


def finished(**counts: int) -> Snapshot:
    return sample(state=RunState.FINISHED, counts=Counts(accepted=100, total=100, **counts))


def test_the_progress_line_says_how_far_how_fast_and_how_long() -> None:
    line = progress_line(sample(), PRESSURE, ETA, 120)

    assert line == "scrape  ━━━━━━━━━━────────── 49%  3,130/6,400  × 58  6.7/s  ▲ BACKPRESSURE  ETA 7:10"


@pytest.mark.parametrize("width", [1, 10, 20, 40, 60, 80])
def test_the_progress_line_fits_every_terminal(width: int) -> None:
    assert len(progress_line(sample(), PRESSURE, ETA, width)) <= width


def test_the_bar_goes_before_the_numbers_do() -> None:
    line = progress_line(sample(), FLOWING, ETA, 60)

    assert "━" not in line
    assert "3,130/6,400" in line


def test_an_unknown_total_is_said() -> None:
    counts = msgspec.structs.replace(sample().counts, total=None)

    assert "3,130 finished, total unknown" in progress_line(sample(counts=counts), FLOWING, ETA, 120)


def test_changes_are_said_once_message_first_time_last() -> None:
    linear = Linear()
    snap = sample(log=[], failures=[])
    first = linear.lines(snap, FLOWING, ETA)
    again = linear.lines(snap, FLOWING, ETA)
    pressed = linear.lines(snap, PRESSURE, ETA)

    assert [line[:-10] for line in first[:2]] == ["Running: scrape", "Flowing: 7/s in, 7/s out"]
    assert again == []
    assert len(pressed) == 1
    assert pressed[0].startswith("Backpressure: queue full, producers wait in put() · bottleneck: workers, 100% busy. ")
    assert pressed[0][-8:].count(":") == 2


def test_log_lines_are_told_oldest_first_and_never_twice() -> None:
    linear = Linear()
    linear.lines(sample(failures=[]), FLOWING, ETA)
    new = LogLine(NOW, "you", "producers paused")
    told = linear.lines(sample(failures=[], log=[new, *sample().log]), FLOWING, ETA)

    assert [line[:-10] for line in told] == ["you: producers paused"]


def test_a_summary_comes_every_thirty_seconds() -> None:
    linear = Linear()
    told = [linear.lines(sample(elapsed_s=float(s), failures=[], log=[]), FLOWING, ETA) for s in range(1, 100)]

    assert sum("3,072 of 6,400 done" in line for lines in told for line in lines) == 3


def test_new_kinds_of_failure_are_told_once() -> None:
    linear = Linear()
    told = linear.lines(sample(), FLOWING, ETA) + linear.lines(sample(), FLOWING, ETA)

    assert sum(line.startswith("New failure: HTTP 503 Service Unavailable") for line in told) == 1


@pytest.mark.parametrize(
    ("snap", "code"),
    [
        (finished(done=100), 0),
        (finished(done=99, failed=1), 1),
        (finished(done=99, held=1), 1),
        (sample(state=RunState.STOPPED), 130),
    ],
)
def test_the_exit_code_says_how_it_ended(snap: Snapshot, code: int) -> None:
    assert exit_code(snap) == code


def test_the_farewell_says_what_was_done_what_failed_and_where_it_is() -> None:
    told = farewell(finished(done=42, failed=58)).splitlines()

    assert told[0] == "scrape: finished after 10:12"
    assert "42 done · 58 failed" in told[1]
    assert told[2] == "       28 × HTTP 503 Service Unavailable"
    assert "  results in results.jsonl" in told
    assert told[-1] == "  run scrape-1 · exit code 1: some jobs failed"


def test_the_farewell_of_a_detached_run_says_how_to_come_back() -> None:
    assert farewell(sample(), detached=True).endswith("qtui attach scrape-1")


def test_hostile_names_do_no_harm() -> None:
    evil = "\x1b]0;owned\x07[/x]\u202e"
    snap = sample(name=evil, rates=Rates(), queue=QueueView())
    for text in (farewell(snap), progress_line(snap, FLOWING, ETA, 100), *Linear().lines(snap, FLOWING, ETA)):
        assert not any(ord(ch) < 32 and ch != "\n" for ch in text)
        assert "\u202e" not in text


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
        "         found concurency",
        "         allowed: concurrency, strategy",
        "         did you mean concurrency?",
        "",
        "p.toml: this is not TOML: x",
    ]


def test_a_good_preset_is_told_in_sentences() -> None:
    told = check_report(Checked("p", "p", "does things", producers=["a: lines of x"], plan=["writes y"], total=3))

    assert told.splitlines() == [
        "p: does things",
        "  reads a: lines of x",
        "  writes y",
        "  3 jobs in all; nothing was started",
    ]


def test_runs_are_a_table_and_none_is_a_sentence() -> None:
    table = runs_report([RunEntry("scrape-1", "scrape", "scrape", "finished", NOW, 1_990, 10, 2_000)]).splitlines()

    assert runs_report([]) == "no runs yet; `qtui backpressure` starts one"
    assert table[0].split() == ["RUN", "STATE", "STARTED", "DONE", "FAILED", "OF", "PRESET"]
    assert table[1].split()[-5:] == [table[1].split()[-5], "1,990", "10", "2,000", "scrape"]
