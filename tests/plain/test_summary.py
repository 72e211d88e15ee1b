"""What is said at the end, and the exit code that goes with it."""

from __future__ import annotations

import msgspec
import pytest

from qtui.core.snapshot import Counts, LogLine, RunState, Snapshot
from qtui.plain.summary import LOST, exit_code, exit_words, farewell, jobs
from tests.plain.samples import EVIL, finished, harmless
from tests.tui.samples import NOW, sample


def broken(**counts: int) -> Snapshot:
    """A run with a source that failed in the middle."""
    snap = finished(**counts)
    first, *others = snap.producers
    return msgspec.structs.replace(
        snap, producers=[msgspec.structs.replace(first, problem="it broke\x1b[31m"), *others]
    )


def test_a_source_that_failed_is_named_with_its_reason() -> None:
    snap = broken(done=100)

    assert f"  {snap.producers[0].name}: it broke" in farewell(snap).splitlines()


@pytest.mark.parametrize(
    ("snap", "code", "words"),
    [
        (finished(done=100), 0, "all done"),
        (finished(cancelled=100), 0, "nothing was left to do"),
        (sample(state=RunState.FINISHED, counts=Counts(total=0)), 0, "there were no jobs"),
        (finished(done=60, cancelled=40, lost=40, dropped=40), 0, "all done but 40 dropped by a full queue"),
        (finished(cancelled=40, lost=40, dropped=40), 0, "nothing done, 40 dropped by a full queue"),
        (finished(done=9, failed=1, cancelled=4, dropped=4), 1, "some jobs failed, 4 dropped by a full queue"),
        (finished(done=99, failed=1), 1, "some jobs failed"),
        (finished(done=99, held=1), 1, "some jobs are held"),
        (broken(done=100), 1, "a source could not be read to its end"),
        (broken(done=99, failed=1), 1, "some jobs failed"),
        (sample(state=RunState.STOPPED), 130, "stopped before the end"),
        (sample(state=RunState.STOPPED, log=[LogLine(NOW, "signal", "stopping")]), 143, "terminated before the end"),
        (sample(state=RunState.STOPPED, log=[LogLine(NOW, "halt", "stopping")]), 1, "halted before the end"),
        (
            sample(state=RunState.FINISHED, log=[LogLine(NOW, "signal", "draining")], counts=Counts(2, done=2)),
            0,
            "all done",
        ),
    ],
)
def test_the_exit_code_says_how_it_ended(snap: Snapshot, code: int, words: str) -> None:
    assert (exit_code(snap), exit_words(snap)) == (code, words)
    assert f"exit code {code}: {words}" in farewell(snap)


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        (Counts(accepted=3, total=3, done=3), ["3 done"]),
        (
            Counts(accepted=9, total=9, done=1, failed=2, held=1, cancelled=5),
            ["1 done", "2 failed", "1 held", "5 cancelled"],
        ),
        (Counts(accepted=9, total=9, done=1, cancelled=8, dropped=5), ["1 done", "3 cancelled", "5 dropped"]),
        (Counts(accepted=5, pending=4, done=1, total=1_000), ["1 done", "999 left"]),
        (Counts(accepted=5, pending=4, done=1), ["1 done", "4 and more left"]),
        (Counts(accepted=1, done=1), ["1 done", "total unknown"]),
    ],
)
def test_what_became_of_the_jobs(counts: Counts, told: list[str]) -> None:
    assert jobs(counts) == told


def test_it_says_what_was_done_what_failed_and_where_it_is() -> None:
    assert farewell(finished(done=42, failed=58)).splitlines() == [
        "scrape: finished after 10:12",
        "  42 done · 58 failed · 5.1/s on average · queue full 55% of the time",
        "       28 × HTTP 503 Service Unavailable",
        "       14 × HTTP 404 Not Found",
        "       14 × Extract missing field 'price'",
        "        1 × Timeout no response after #s",
        "        1 × HTTP 429 Too Many Requests",
        "  results in results.jsonl",
        "  run scrape-1 · exit code 1: some jobs failed",
    ]


def test_more_kinds_of_failure_than_shown_are_summed_up() -> None:
    assert "       42 × of other kinds: qtui results scrape-1 --failed" in farewell(finished(failed=100)).splitlines()


def test_results_that_are_in_the_journal_alone_can_be_printed() -> None:
    snap = sample(state=RunState.FINISHED, results="")

    assert "  results: qtui results scrape-1" in farewell(snap).splitlines()


def test_without_anything_done_no_results_are_promised() -> None:
    assert "results in" not in farewell(finished(failed=5))


def test_why_it_could_not_go_on_is_said() -> None:
    assert "  no space left" in farewell(sample(state=RunState.STOPPED, problem="no space left")).splitlines()


def test_leaving_a_run_that_goes_on_says_how_to_come_back() -> None:
    told = farewell(sample(), detached=True)

    assert told.endswith("qtui attach scrape-1")
    assert "exit code" not in told


def test_a_lost_engine_is_no_ordinary_end() -> None:
    told = farewell(sample(), told=LOST)

    assert told.startswith("scrape: engine lost after 10:12")
    assert "exit code" not in told


def test_hostile_text_does_no_harm() -> None:
    assert harmless(farewell(sample(name=EVIL, run_id=EVIL, results=EVIL, problem=EVIL)))


def test_a_stopped_run_says_how_to_go_on_and_a_finished_or_detached_one_does_not() -> None:
    stopped = sample(state=RunState.STOPPED)

    assert farewell(stopped, again="qtui run x.toml").endswith("\n  to go on: qtui run x.toml")
    assert "to go on" not in farewell(stopped)
    assert "to go on" not in farewell(sample(), detached=True, again="qtui run x.toml")
    assert "to go on" not in farewell(finished(done=3), again="qtui run x.toml")
