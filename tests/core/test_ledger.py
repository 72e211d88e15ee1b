"""The fold: what each fact does to the counts, the groups, the log and the state of the run."""

from __future__ import annotations

import pytest

from qtui.core import events as ev
from qtui.core.fold.groups import MAX_GROUPS, OTHER
from qtui.core.job import Cancelled, Done, Failed, Interrupted, Job
from qtui.core.lifecycle import IllegalTransition, State
from qtui.core.signature import signature
from qtui.core.snapshot import RunState
from tests.core.book import FAILED, Book

GROUP = signature(FAILED)


def test_an_outcome_counts_when_it_is_durable_and_not_before() -> None:
    book = Book()
    book.accept(1, 1.0)
    book.start(1, 1.0)
    book.end(1, 2.0, Done(), "done")
    before = book.count(State.RUNNING), book.count(State.DONE), book.ledger.unsettled
    book.commit(2.1)

    assert before == (1, 0, 1)
    assert (book.count(State.RUNNING), book.count(State.DONE), book.ledger.unsettled) == (0, 1, 0)


def test_a_commit_counts_only_what_it_covers() -> None:
    book = Book()
    for seq, slot in ((1, 1), (2, 2)):
        book.accept(seq, 1.0)
        book.start(seq, 1.0, slot)
    first = book.end(1, 2.0, Done(), "done", slot=1)
    book.end(2, 2.0, Done(), "done", slot=2)
    book.ledger.commit(first, 2.1)

    assert (book.count(State.DONE), book.count(State.RUNNING)) == (1, 1)


def test_an_illegal_move_changes_nothing() -> None:
    book = Book()
    book.accept(1, 1.0)
    book.start(1, 1.0)
    with pytest.raises(IllegalTransition, match="job 1 cannot start while it is running"):
        book.ledger.apply(ev.AttemptStarted(1.5, book.jobs[1], 2))
    book.ledger.validate()

    assert book.count(State.RUNNING) == 1


def test_the_high_water_is_the_most_that_was_queued() -> None:
    book = Book(capacity=9)
    for seq in range(1, 6):
        book.accept(seq, float(seq))
    for seq in range(1, 6):
        book.start(seq, 7.0, seq)
    book.accept(6, 9.0)

    assert book.ledger.high_water == 5


def test_jobs_that_were_waiting_at_the_start_of_a_second_count_towards_the_high_water() -> None:
    book = Book(capacity=9)
    book.accept(1, 5.0)

    assert book.ledger.high_water == 1


def test_a_retry_waits_without_a_slot_and_recovers_when_done() -> None:
    book = Book()
    book.accept(1, 1.0)
    book.start(1, 1.0)
    book.end(1, 2.0, FAILED, "waiting", delay=3.0)
    waiting = book.picture(3.0)
    book.start(1, 5.0)
    book.end(1, 6.0, Done(), "done")
    book.commit(6.0)

    assert waiting.lane.count == 1
    assert waiting.lane.next_s == 2.0
    assert waiting.slots[0].seq == 0
    assert (book.ledger.retries, book.ledger.recovered) == (1, 1)
    assert book.ledger.groups[GROUP].jobs == 0
    assert book.ledger.groups[GROUP].attempts == 1


def test_a_slot_remembers_the_job_it_had_last() -> None:
    book = Book()
    book.accept(1, 1.0)
    fresh = book.picture(1.0).slots[0]
    book.start(1, 1.0)
    book.end(1, 2.0, Done(), "done")
    idle = book.picture(2.0).slots[0]

    assert (fresh.seq, fresh.last) == (0, 0)
    assert (idle.seq, idle.last) == (0, 1)


def test_an_interrupted_attempt_goes_back_and_is_no_retry_and_no_failure() -> None:
    book = Book()
    book.accept(1, 1.0)
    book.start(1, 1.0)
    book.end(1, 2.0, Interrupted(), "pending")

    assert book.count(State.PENDING) == 1
    assert (book.ledger.retries, book.ledger.failed_attempts.total, book.ledger.groups) == (0, 0, {})


def test_a_hastened_retry_is_due_now() -> None:
    book = Book()
    book.accept(1, 1.0)
    book.start(1, 1.0)
    book.end(1, 2.0, FAILED, "waiting", delay=60.0)
    book.tell(ev.RetryHastened(3.0, 1, "you"))

    assert book.picture(3.0).lane.next_s == 0.0


@pytest.mark.parametrize("state", ["pending", "waiting", "running"])
def test_a_job_can_be_cancelled_wherever_it_is(state: str) -> None:
    book = Book()
    book.accept(1, 1.0)
    if state != "pending":
        book.start(1, 1.0)
    if state == "waiting":
        book.end(1, 2.0, FAILED, "waiting", delay=60.0)
    if state == "running":
        book.end(1, 2.0, Cancelled(), "cancelled")
    else:
        book.position += 1
        book.tell(ev.JobCancelled(2.0, 1, "you"), book.position)
    book.commit(2.1)

    assert book.count(State.CANCELLED) == 1
    assert book.ledger.open == {}
    assert book.ledger.queued == {}


# -- failure groups


def test_a_group_counts_failed_jobs_and_attempts_apart() -> None:
    book = Book()
    book.accept(1, 1.0)
    book.start(1, 1.0)
    book.end(1, 2.0, FAILED, "waiting", delay=1.0)
    book.start(1, 3.0)
    book.end(1, 4.0, FAILED, "failed")
    book.commit(4.0)
    group = book.picture(5.0).failures[0]

    assert (group.jobs, group.attempts, group.retryable) == (1, 2, True)
    assert (group.first_s, group.last_s) == (3.0, 1.0)
    assert group.samples == [1]


def test_a_retried_job_leaves_its_group_and_counts_as_recovered_when_done() -> None:
    book = Book()
    book.through(1, 1.0, FAILED)
    book.through(2, 2.0, FAILED)
    book.requeue(1, 3.0, GROUP)
    out = book.ledger.groups[GROUP]
    during = out.jobs, out.retrying, out.recovered
    book.start(1, 3.0)
    book.end(1, 4.0, Done(), "done")
    book.commit(4.0)

    assert during == (1, 1, 0)
    assert (out.jobs, out.retrying, out.recovered) == (1, 0, 1)
    assert book.ledger.recovered == 1
    assert (book.count(State.FAILED), book.count(State.DONE)) == (1, 1)


def test_a_retried_job_that_fails_otherwise_changes_its_group() -> None:
    book = Book()
    book.through(1, 1.0, FAILED)
    book.requeue(1, 3.0, GROUP)
    book.start(1, 3.0)
    book.end(1, 4.0, Failed("timeout", "no answer"), "failed")
    book.commit(4.0)
    old, new = book.ledger.groups[GROUP], book.ledger.groups["timeout no answer"]

    assert (old.jobs, old.retrying, old.recovered) == (0, 0, 0)
    assert (new.jobs, new.retrying) == (1, 0)


def test_a_retried_job_that_is_cancelled_is_neither_retrying_nor_recovered() -> None:
    book = Book()
    book.through(1, 1.0, FAILED)
    book.requeue(1, 3.0, GROUP)
    book.position += 1
    book.tell(ev.JobCancelled(3.5, 1, "you"), book.position)
    book.commit(3.5)
    group = book.ledger.groups[GROUP]

    assert (group.jobs, group.retrying, group.recovered) == (0, 0, 0)


def test_groups_beyond_the_bound_are_one() -> None:
    book = Book()
    letters = [f"{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(MAX_GROUPS + 20)]
    for seq, word in enumerate(letters, 1):
        book.through(seq, float(seq), Failed("exception:E", f"word {word}"))

    assert len(book.ledger.groups) == MAX_GROUPS + 1
    assert book.ledger.groups[OTHER].jobs == 20
    assert sum(track.jobs for track in book.ledger.groups.values()) == MAX_GROUPS + 20


def test_a_job_that_left_the_group_of_others_comes_back_to_it() -> None:
    book = Book()
    letters = [f"{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(MAX_GROUPS + 1)]
    for seq, word in enumerate(letters, 1):
        book.through(seq, float(seq), Failed("exception:E", f"word {word}"))
    last = MAX_GROUPS + 1
    book.requeue(last, 300.0, f"exception:E word {letters[-1]}")
    during = book.ledger.groups[OTHER].retrying
    book.start(last, 300.0)
    book.end(last, 301.0, Failed("exception:E", f"word {letters[-1]}"), "failed")
    book.commit(301.0)

    assert during == 1
    assert (book.ledger.groups[OTHER].jobs, book.ledger.groups[OTHER].retrying) == (1, 0)


# -- slots


def test_a_slot_above_the_concurrency_finishes_its_attempt_and_goes() -> None:
    book = Book(concurrency=2)
    for seq in (1, 2):
        book.accept(seq, 1.0)
        book.start(seq, 1.0, seq)
    book.tell(ev.ConcurrencyChanged(2.0, "you", 2, 1))
    leaving = [slot.state for slot in book.picture(2.0).slots]
    book.end(2, 3.0, Done(), "done", slot=2)
    retired = [slot.state for slot in book.picture(4.0).slots]
    gone = [slot.number for slot in book.picture(14.0).slots]

    assert leaving == ["running", "leaving"]
    assert retired == ["running", "retired"]
    assert gone == [1]


def test_a_slot_that_comes_back_starts_with_an_empty_history() -> None:
    book = Book(concurrency=2)
    book.accept(1, 1.0)
    book.start(1, 1.0, 2)
    book.end(1, 2.0, Done(), "done", slot=2)
    book.tell(ev.ConcurrencyChanged(3.0, "you", 2, 1))
    book.tell(ev.ConcurrencyChanged(5.0, "you", 1, 2))

    assert book.picture(7.0).slots[1].strip == "..."


# -- producers and the state of the run


def two_producers(book: Book) -> None:
    book.tell(ev.ProducerStarted(0.0, 0, "one", 10, None))
    book.tell(ev.ProducerStarted(0.0, 1, "two", None, 5.0))


def test_the_total_is_known_when_every_producer_knows_its_own() -> None:
    book = Book()
    two_producers(book)
    unknown = book.ledger.total
    book.tell(ev.TotalKnown(1.0, 1, 7))

    assert unknown is None
    assert book.ledger.total == 17


def test_a_producer_that_ended_gave_what_it_gave() -> None:
    book = Book()
    two_producers(book)
    book.accept(1, 1.0, producer=0)
    book.tell(ev.ProducerEnded(2.0, 0))
    book.tell(ev.ProducerEnded(2.0, 1, "line 3 is not UTF-8"))
    one, two = book.picture(2.0).producers

    assert book.ledger.total == 1
    assert (one.state, two.state, two.problem) == ("done", "error", "line 3 is not UTF-8")
    assert book.ledger.log[0].text == "two: line 3 is not UTF-8"
    assert book.ledger.log[0].level == "error"


def test_the_run_is_paused_when_every_producer_that_still_gives_is() -> None:
    book = Book()
    two_producers(book)
    book.tell(ev.ProducersPaused(1.0, "you", 0))
    one = book.ledger.state
    book.tell(ev.ProducerEnded(2.0, 1))
    all_that_give = book.ledger.state
    book.tell(ev.ProducersResumed(3.0, "you"))

    assert (one, all_that_give, book.ledger.state) == (RunState.RUNNING, RunState.PAUSED, RunState.RUNNING)


def test_pressure_lasts_as_long_as_any_producer_is_blocked() -> None:
    book = Book()
    two_producers(book)
    book.tell(ev.ProducerBlocked(1.0, 0))
    book.tell(ev.ProducerBlocked(2.0, 1))
    book.tell(ev.ProducerUnblocked(3.0, 0))
    book.tell(ev.ProducerUnblocked(4.0, 1))
    snap = book.picture(10.0)

    assert snap.rates.blocked_share_run == pytest.approx(0.3)
    assert [producer.blocked_share for producer in snap.producers] == [pytest.approx(0.2), pytest.approx(0.2)]


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([], RunState.RUNNING),
        ([ev.DrainStarted(1.0, "you")], RunState.DRAINING),
        ([ev.DrainStarted(1.0, "you"), ev.DrainTakenBack(2.0, "you")], RunState.RUNNING),
        ([ev.DrainStarted(1.0, "you"), ev.StopStarted(2.0, "you")], RunState.STOPPING),
        ([ev.StopStarted(1.0, "you"), ev.RunEnded(2.0, "stopped")], RunState.STOPPED),
        ([ev.Halted(1.0, "all failed")], RunState.HALTED),
        ([ev.Halted(1.0, "all failed"), ev.Released(2.0, "you")], RunState.RUNNING),
        ([ev.Halted(1.0, "all failed"), ev.DrainStarted(2.0, "you")], RunState.DRAINING),
        ([ev.RunEnded(2.0, "finished")], RunState.FINISHED),
        ([ev.RunEnded(2.0, "finished"), ev.RunReopened(3.0, "you")], RunState.RUNNING),
    ],
)
def test_the_state_of_the_run(events: list[ev.Event], state: RunState) -> None:
    book = Book()
    for event in events:
        book.tell(event)

    assert book.ledger.state is state


# -- what a person did


@pytest.mark.parametrize(
    ("event", "mark", "line"),
    [
        (ev.ConcurrencyChanged(1.0, "you", 2, 6), "▲6", "concurrency 2 → 6"),
        (ev.ConcurrencyChanged(1.0, "auto", 2, 1, "slow"), "▼1", "concurrency 2 → 1 (slow)"),
        (ev.LimitChanged(1.0, "auto", 8, 4, "429 from h"), "~▼4", "limit 8 → 4: 429 from h"),
        (ev.LimitChanged(1.0, "auto", None, 1, "slow start"), "~▼1", "limit none → 1: slow start"),
        (ev.LimitChanged(1.0, "auto", 1, None, "", "descriptors"), "~▲2", "limit for want of descriptors 1 → none"),
        (ev.CapacityChanged(1.0, "you", 4, 32), "■32", "bound 4 → 32"),
        (ev.RateChanged(1.0, "you", None, 5.0), "≈", "rate limit none → 5/s"),
        (ev.ProducersPaused(1.0, "you"), "║", "producers paused"),
        (ev.ProducersResumed(1.0, "you", None), "►", "producers resumed"),
        (ev.ProducersPaused(1.0, "you", 1), "║", "producer two paused"),
        (ev.Held(1.0, "you"), "≈", "workers held: nothing new starts"),
        (ev.Released(1.0, "you"), "►", "workers released"),
        (ev.Halted(1.0, "3 of the last 9 attempts failed"), "≈", "stopped starting: 3 of the last 9 attempts failed"),
        (ev.MemoryHolds(1.0, True, 0.93, 2 * 10**9), "≈", "memory 93% of 2.0 GB: nothing new starts"),
        (ev.MemoryHolds(1.0, False, 0.84, 2 * 10**9), "►", "memory 84% of 2.0 GB: enough to start again"),
        (ev.PerHostChanged(1.0, "you", None, 4), "≈", "limit per host none → 4"),
        (ev.PerHostRateChanged(1.0, "you", 0.5, None), "≈", "rate limit per host 30/min → none"),
        (ev.DrainStarted(1.0, "you"), "▼", "draining: nothing new is accepted"),
        (ev.DrainTakenBack(1.0, "you"), "►", "keeps running"),
    ],
)
def test_a_control_action_leaves_a_mark_and_a_line(event: ev.Event, mark: str, line: str) -> None:
    book = Book()
    two_producers(book)
    book.tell(event)

    assert book.picture(1.5).series.marks[-1] == [mark]
    assert book.ledger.log[0].text == line
    assert book.ledger.log[0].at == 1_001.0


def test_an_undone_change_leaves_the_mark_of_the_way_back() -> None:
    book = Book()
    book.tell(ev.ConcurrencyChanged(1.0, "you", 2, 6))
    book.tell(ev.ConcurrencyChanged(1.5, "you", 6, 2, "undo"))

    assert book.picture(1.9).series.marks[-1] == ["▲6", "▼2"]
    assert [line.text for line in book.ledger.log] == ["concurrency 6 → 2 (undo)", "concurrency 2 → 6"]


def test_a_refused_command_is_a_warning() -> None:
    book = Book()
    book.tell(ev.CommandRefused(1.0, "face\x1b[31m 2", "capacity is at least 1\x07"))
    line = book.ledger.log[0]

    assert (line.actor, line.text, line.level) == ("face 2", "refused: capacity is at least 1␇", "warning")


def test_lists_are_bounded_whatever_happens() -> None:
    book = Book(capacity=1_000)
    for seq in range(1, 201):
        book.through(seq, seq / 10, FAILED)
        book.tell(ev.Notice(seq / 10, f"notice {seq}"))

    assert len(book.ledger.recent) == 20
    assert len(book.ledger.log) == 50
    assert len(book.picture(20.5).failures[0].samples) == 5
    assert book.ledger.open == {}


def test_the_same_job_cannot_be_accepted_twice() -> None:
    book = Book()
    book.accept(1, 1.0)
    with pytest.raises(AssertionError, match="accepted twice"):
        book.ledger.apply(ev.JobAccepted(2.0, Job(1, "1", "1", {})))


def test_the_progress_of_an_attempt_is_its_slots_until_the_attempt_ends() -> None:
    book = Book()
    book.accept(1, 0.0)
    book.accept(2, 0.0)
    book.start(1, 1.0)
    book.tell(ev.AttemptProgressed(1.5, 1, 1, 0.25, "a quarter"))
    told = book.picture(2.0).slots[0]
    book.tell(ev.AttemptProgressed(2.5, 1, 1, None, "nobody knows"))
    unknown = book.picture(2.6).slots[0]
    book.end(1, 3.0, Done(), "done")
    book.start(2, 3.0)
    fresh = book.picture(3.5).slots[0]

    assert (told.share, told.note) == (0.25, "a quarter")
    assert (unknown.share, unknown.note) == (None, "nobody knows")
    assert (fresh.seq, fresh.share, fresh.note) == (2, None, "")


def test_the_progress_of_another_job_or_of_no_slot_changes_nothing() -> None:
    book = Book()
    book.accept(1, 0.0)
    book.start(1, 1.0)
    book.tell(ev.AttemptProgressed(1.5, 7, 1, 0.9, "late word"))
    book.tell(ev.AttemptProgressed(1.5, 1, 9, 0.9, "late word"))

    assert book.picture(2.0).slots[0].share is None


def test_the_peak_is_the_best_five_seconds_whoever_looked_at_them() -> None:
    book = Book()
    times = [*(n * 0.1 for n in range(40, 140)), *(float(n) for n in range(14, 40))]  # ten a second, then one
    for seq, at in enumerate(times, 1):
        book.through(seq, at, Done())

    rates = book.picture(60.0).rates
    assert rates.done_run < 3
    assert rates.done_peak == pytest.approx(10.0, abs=0.5)
