"""A run that goes on: what it had done counts, what it measures begins anew."""

from __future__ import annotations

import msgspec
import pytest

from qtui.core import events as ev
from qtui.core.job import Done, Job
from qtui.core.ledger import Ledger
from qtui.core.lifecycle import State
from qtui.core.past import PastGroup
from qtui.core.signature import signature
from tests.core.book import FAILED, Book

GROUP = signature(FAILED)
AT = 1_000.5


def resumed(*, done: int = 0, failed: int = 0, held: int = 0, cancelled: int = 0, capacity: int = 4) -> Book:
    book = Book(capacity=capacity)
    started = book.ledger.started
    assert started is not None
    book.ledger = Ledger()
    book.tell(ev.RunResumed(AT, msgspec.structs.replace(started, at=AT), 2, done, failed, held, cancelled))
    return book


def restore(book: Book, seq: int, *, due_in: float | None = None) -> None:
    job = book.jobs[seq] = Job(seq, str(seq), f"job {seq}", {})
    book.tell(ev.JobRestored(AT, job, due_in is not None, AT + (due_in or 0.0)))


def test_the_books_balance_and_what_is_open_is_accepted_again() -> None:
    book = resumed(done=5, failed=4, held=3, cancelled=2)
    restore(book, 15)
    restore(book, 16, due_in=7.0)

    counts = book.picture(AT).counts
    assert (counts.accepted, counts.done, counts.failed, counts.held, counts.cancelled) == (16, 5, 4, 3, 2)
    assert (counts.pending, counts.waiting) == (1, 1)


def test_what_is_restored_runs_to_its_end_like_any_job() -> None:
    book = resumed(done=5)
    restore(book, 6)
    book.start(6, AT + 1)
    book.end(6, AT + 2, Done(), "done")
    book.commit(AT + 2)

    assert (book.count(State.DONE), book.ledger.accepted) == (6, 6)


def test_a_waiting_job_keeps_its_time() -> None:
    book = resumed()
    restore(book, 1, due_in=7.0)

    assert book.picture(AT + 2).lane.next_s == pytest.approx(5.0)


def test_the_failure_groups_of_earlier_lives_come_back() -> None:
    book = resumed(failed=3)
    book.tell(ev.GroupRestored(AT, PastGroup(GROUP, FAILED, 3, 9, [1, 2, 3])))

    (group,) = book.picture(AT).failures
    assert (group.signature, group.jobs, group.attempts, group.samples) == (GROUP, 3, 9, [1, 2, 3])


def test_a_retry_leaves_the_group_of_an_earlier_life() -> None:
    book = resumed(failed=3)
    book.tell(ev.GroupRestored(AT, PastGroup(GROUP, FAILED, 3, 9, [1])))
    book.requeue(1, AT + 1, GROUP)

    (group,) = book.picture(AT + 1).failures
    assert (group.jobs, group.retrying) == (2, 1)


@pytest.mark.parametrize("was", ["held", "cancelled"])
def test_a_job_that_was_not_failed_leaves_no_group(was: str) -> None:
    """It has the signature of an attempt that failed before it was held; the group does not count it."""
    book = resumed(failed=1, held=1, cancelled=1)
    book.tell(ev.GroupRestored(AT, PastGroup(GROUP, FAILED, 1, 2, [1])))
    book.requeue(2, AT + 1, GROUP, was)

    (group,) = book.picture(AT + 1).failures
    assert (group.jobs, group.retrying) == (1, 0)


def test_rates_count_from_the_new_life() -> None:
    book = resumed()
    for number in range(1, 21):
        book.accept(number, AT + number * 0.1)
    rates = book.picture(AT + 2.0).rates

    assert rates.admitted == pytest.approx(10.0, rel=0.1)


def test_a_producers_rate_counts_from_the_new_life() -> None:
    book = resumed(capacity=50)
    book.tell(ev.ProducerStarted(AT, 0, "p", 100, None, given=30))
    for number in range(1, 21):
        book.accept(number, AT + number * 0.1)
    (producer,) = book.picture(AT + 2.0).producers

    assert producer.admit_rate == pytest.approx(10.0, rel=0.1)
    assert producer.accepted == 50


def test_levels_count_from_the_new_life() -> None:
    book = resumed(capacity=1)
    restore(book, 1)

    assert book.picture(AT + 10).queue.full_share == pytest.approx(1.0, abs=0.1)


def test_the_average_is_that_of_the_new_life() -> None:
    book = resumed(done=500)
    for number in range(501, 511):
        book.through(number, AT + number - 500.0, Done())

    assert book.picture(AT + 20).rates.done_run == pytest.approx(0.5)


def test_the_log_says_which_life_it_is() -> None:
    assert resumed().picture(AT).log[0].text == "resumed, life 2"
