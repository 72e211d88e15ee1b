"""Why nothing runs: every answer with its numbers."""

from __future__ import annotations

import random
from datetime import UTC

import msgspec
import pytest

from qtui.core import events as ev
from qtui.core.queries import AttemptRow, JobRow, JobStory
from qtui.core.snapshot import (
    Control,
    Counts,
    Grip,
    Health,
    HostView,
    LaneView,
    ProducerState,
    ProducerView,
    QueueView,
    Rates,
    RunState,
    SlotState,
    SlotView,
    Snapshot,
    ThrottleView,
)
from qtui.core.why import ago, why_job, why_run
from qtui.text import rate_limit
from tests.core.book import Book
from tests.tui.looks import anything
from tests.tui.wild import wild

NOON = 12 * 3600.0
"""The wall clock of the snapshots is 12:10:00 in UTC."""


def snapshot(**changes: object) -> Snapshot:
    calm = Snapshot(
        run_id="r",
        name="scrape",
        preset="scrape",
        state=RunState.RUNNING,
        started_at=NOON,
        elapsed_s=600.0,
        counts=Counts(accepted=200, pending=10, running=2, done=188, total=400),
        control=Control(2, 64),
        queue=QueueView(64, 10, wait_s=8.3),
        producers=[ProducerView(0, "sitemap", ProducerState.ACTIVE, offer_rate=7.0)],
        slots=[SlotView(n, SlotState.RUNNING, n, "job", 1, 3, 4.2, 10.0) for n in (1, 2)],
        rates=Rates(started=1.2),
    )
    return msgspec.structs.replace(calm, **changes)


def emptied(state: ProducerState, **changes: object) -> Snapshot:
    """Nothing in the queue, nothing runs."""
    base = {
        "queue": QueueView(64, 0),
        "counts": Counts(accepted=200, done=195, waiting=5),
        "lane": LaneView(5, 12.0, [12.0]),
        "producers": [ProducerView(0, "sitemap", state, offer_rate=0.2)],
        "slots": [SlotView(1, SlotState.IDLE)],
    }
    return snapshot(**{**base, **changes})


COOLING = HostView("api.x:443", 0, 9, "cooling", 130.0)
LIMITED = HostView("shop.x:443", 4, 3, "limit")


@pytest.mark.parametrize(
    ("snap", "answer"),
    [
        (snapshot(), ""),
        (snapshot(state=RunState.STARTING, doing="counting urls.txt"), "the run is still starting: counting urls.txt"),
        (snapshot(state=RunState.FINISHED), "the run has finished"),
        (snapshot(state=RunState.STOPPED), "the run was stopped; starting it again goes on with it"),
        (
            snapshot(health=Health(journal="blocked"), problem="disk full: free some space"),
            "the journal cannot be written: disk full: free some space",
        ),
        (
            snapshot(throttle=ThrottleView(halted="23 of the last 100 attempts failed", grip=Grip("qtui", 180))),
            "halted 3 min ago: 23 of the last 100 attempts failed; nothing starts until it is released",
        ),
        (
            snapshot(throttle=ThrottleView(held_by_person=True, grip=Grip("you", 42.0, "lunch"))),
            "held by you 42s ago (lunch), 10 jobs wait; nothing starts until they are released",
        ),
        (
            snapshot(
                throttle=ThrottleView(short_of_memory=True, grip=Grip("qtui", 5)),
                health=Health(memory_share=0.93, memory_limit=2 * 10**9),
            ),
            "memory 93% of 2.0 GB in use, nothing starts for 5s; it goes on by itself when there is enough",
        ),
        (snapshot(control=Control(0, 64)), "there are no workers, 10 jobs wait; add one to go on"),
        (
            snapshot(throttle=ThrottleView(1 / 60, 0.9, next_s=12.4)),
            "rate limit 1/min: the next start is at 12:10:12, in 12s",
        ),
        (snapshot(throttle=ThrottleView(5.0, 0.9, next_s=0.1)), "rate limit 5/s"),
        (
            snapshot(throttle=ThrottleView(None, 0.9, hosts=[LIMITED, COOLING], per_host=4)),
            "api.x:443 is cooling down until 12:12:10, in 2:10 as it asked for; 9 jobs wait for it, and 1 other host",
        ),
        (
            snapshot(throttle=ThrottleView(None, 0.9, hosts=[LIMITED], per_host=4)),
            "shop.x:443 has 4 running of 4 allowed per host; 3 jobs wait for it",
        ),
        (emptied(ProducerState.DONE), "all 5 jobs wait for a retry, the next at 12:10:12, in 12s"),
        (emptied(ProducerState.ACTIVE), "all 5 jobs wait for a retry, the next at 12:10:12, in 12s"),
        (
            emptied(ProducerState.PAUSED, paused=Grip("you", 190.0)),
            "paused by you 3 min ago and the queue is empty; all 5 jobs wait for a retry, the next at 12:10:12, in 12s",
        ),
        (
            emptied(ProducerState.PAUSED, counts=Counts(accepted=9, done=9), paused=Grip("ops", 4000.0)),
            "paused by ops 1 h 7 min ago and the queue is empty",
        ),
        (
            emptied(ProducerState.ACTIVE, counts=Counts(accepted=9, done=9)),
            "the queue is empty and waits for the producers, they offer 0.2/s",
        ),
        (
            emptied(ProducerState.DONE, counts=Counts(accepted=9, running=1, done=8)),
            "the producers are done; the last job runs",
        ),
        (emptied(ProducerState.DONE, counts=Counts(accepted=9, done=9)), "everything is done"),
        (
            emptied(
                ProducerState.ERROR,
                counts=Counts(accepted=9, done=9),
                producers=[ProducerView(0, "feeds", ProducerState.ERROR, problem="no such file")],
            ),
            "the queue is empty and producer feeds failed: no such file",
        ),
    ],
)
def test_why_nothing_new_starts(snap: Snapshot, answer: str) -> None:
    assert why_run(snap, UTC) == answer


def story(state: str, **changes: object) -> JobStory:
    row = JobRow(7, "https://api.x/p/7", state, "sitemap", 1, 6.0, 0.8, 0.0, "")
    row = msgspec.structs.replace(row, **{k: v for k, v in changes.items() if k in JobRow.__struct_fields__})
    attempts = [AttemptRow(1, 2, NOON, 0.8, state, "", "", "")]
    return JobStory(row, row.name, NOON, {}, attempts, next_try_s=changes.get("next_try_s"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("told", "snap", "answer"),
    [
        (
            story("running"),
            snapshot(slots=[SlotView(2, SlotState.RUNNING, 7, "x", 1, 3, 3.8, 10.0)]),
            "running for 3.8s in slot 2, at most 10s, attempt 1 of 3",
        ),
        (story("running"), snapshot(slots=[]), "running for 0.8s in slot 2, attempt 1"),
        (
            story("waiting", next_try_s=12.0, attempts=3, error="HTTP 503"),
            snapshot(slots=[SlotView(1, SlotState.IDLE, attempts=5)]),
            "waits for attempt 4 of 5 at 12:10:12, in 12s, after HTTP 503",
        ),
        (
            story("waiting", next_try_s=12.0),
            snapshot(throttle=ThrottleView(held_by_person=True, grip=Grip("you", 180))),
            "waits for attempt 2 of 3 at 12:10:12, in 12s; but held by you 3 min ago, 10 jobs wait;"
            " nothing starts until they are released",
        ),
        (
            story("waiting", next_try_s=0.0, error="Timeout"),
            snapshot(throttle=ThrottleView(None, 0.9, hosts=[COOLING])),
            "attempt 2 of 3 is due, after Timeout;"
            " api.x:443 is cooling down until 12:12:10, in 2:10 as it asked for; 9 jobs wait for it",
        ),
        (
            story("pending"),
            snapshot(),
            "in the queue with 9 others; all 2 workers are busy, the wait is at most about 8.3s",
        ),
        (
            story("pending"),
            snapshot(throttle=ThrottleView(1 / 60, 0.9, next_s=12.0)),
            "in the queue with 9 others; rate limit 1/min: the next start is at 12:10:12, in 12s",
        ),
        (
            story("pending"),
            snapshot(throttle=ThrottleView(halted="5 of 5 failed")),
            "in the queue with 9 others; halted: 5 of 5 failed; nothing starts until it is released",
        ),
        (story("done", ended_at=NOON + 61), snapshot(), "done at 12:01:01 in 0.80s"),
        (
            story("failed", ended_at=NOON, attempts=3, error="HTTP 404"),
            snapshot(),
            "failed at 12:00:00 after 3 attempts: HTTP 404; a retry gives it another round",
        ),
        (story("held"), snapshot(), "held until a person decides; a retry gives it another round"),
        (story("cancelled", ended_at=NOON), snapshot(), "cancelled at 12:00:00; a retry gives it another round"),
    ],
)
def test_what_a_job_waits_for(told: JobStory, snap: Snapshot, answer: str) -> None:
    assert why_job(told, snap, UTC) == answer


def test_a_host_that_another_job_waits_for_is_not_blamed() -> None:
    told = story("pending", name="https://other.x/p/7")
    snap = snapshot(throttle=ThrottleView(None, 0.9, hosts=[COOLING]))

    assert "api.x" not in why_job(told, snap, UTC)


def test_foreign_words_are_cleaned() -> None:
    told = story("failed", error="\x1b]0;owned\x07 bad")
    snap = snapshot(throttle=ThrottleView(held_by_person=True, grip=Grip("\x1b[31mme", 1.0, "\x1b[2J")))

    assert "\x1b" not in why_job(told, snap, UTC)
    assert "\x1b" not in why_run(snap, UTC)


@pytest.mark.parametrize(
    ("span", "words"),
    [(0.4, "just now"), (12.2, "12s ago"), (100, "2 min ago"), (7800, "2 h 10 min ago"), (90_000, "25 h ago")],
)
def test_ages_are_no_more_precise_than_anybody_needs(span: float, words: str) -> None:
    assert ago(span) == words


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (5000.0, "5,000/s"),
        (1234.5, "1,234/s"),
        (999.6, "1,000/s"),
        (5.0, "5/s"),
        (2.5, "2.5/s"),
        (0.2, "12/min"),
        (1 / 60, "1/min"),
        (1 / 3600, "1/h"),
    ],
)
def test_limits_are_written_as_people_write_them(limit: float, words: str) -> None:
    assert rate_limit(limit) == words


def test_the_picture_says_who_paused_and_since_when() -> None:
    book = Book()
    book.tell(ev.ProducerStarted(0.0, 0, "a", None, None))
    book.tell(ev.ProducerStarted(0.0, 1, "b", None, None))
    book.tell(ev.ProducersPaused(3.0, "you", 0, "lunch"))
    book.tell(ev.ProducersPaused(5.0, "ops"))
    assert book.picture(10.0).paused == Grip("you", 7.0, "lunch")
    book.tell(ev.ProducersResumed(11.0, "you", 0))
    assert book.picture(12.0).paused == Grip("you", 9.0, "lunch")
    book.tell(ev.ProducersResumed(13.0, "you"))
    assert book.picture(14.0).paused is None


def test_the_picture_says_who_holds_the_workers_and_since_when() -> None:
    book = Book()
    book.tell(ev.Held(3.0, "you"))
    assert book.picture(10.0).throttle.grip == Grip("you", 7.0)
    book.tell(ev.Halted(12.0, "5 of 5 failed"))
    assert book.picture(15.0).throttle.grip == Grip("qtui", 3.0, "5 of 5 failed")
    book.tell(ev.Released(16.0, "you"))
    book.tell(ev.MemoryHolds(17.0, True, 0.9, 10**9))
    assert book.picture(18.0).throttle.grip == Grip("qtui", 1.0)
    book.tell(ev.MemoryHolds(19.0, False, 0.5, 10**9))
    assert book.picture(20.0).throttle.grip is None


def test_any_snapshot_has_an_answer_of_one_clean_line() -> None:
    rng = random.Random(6)
    for _ in range(300):
        snap = rng.choice((wild, anything))(rng)
        for said in (why_run(snap, UTC), why_job(story(rng.choice(("pending", "running", "waiting"))), snap, UTC)):
            assert said.isprintable()
