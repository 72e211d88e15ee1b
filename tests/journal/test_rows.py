"""Events as rows: what a batch says about jobs and attempts."""

from __future__ import annotations

from msgspec.structs import replace

from qtui.core.events import Event, JobCancelled, ProducerBlocked, RetryHastened
from qtui.core.job import Cancelled, Failed
from qtui.journal.columns import CHANGING, Batch, Cells, JobState
from qtui.journal.rows import Fold, Record
from tests.journal.story import (
    STARTED,
    accepted,
    done,
    ended,
    failed,
    interrupted,
    job,
    lifetime,
    opening,
    requeued,
    started,
)


class Teller:
    """A fold and the positions its events get."""

    def __init__(self, *, lines: bool = False) -> None:
        self.fold = Fold(STARTED, lines=lines)
        self.position = 0

    def tell(self, *events: Event) -> Batch:
        first = self.position + 1
        self.position += len(events)
        return self.fold.fold(list(enumerate(events, first)))


def states(rows: list[Cells]) -> dict[int, JobState]:
    found = [JobState(*row[:CHANGING]) for row in rows]  # type: ignore[arg-type]  # a row is not typed by column
    return {state.seq: state for state in found}


def test_a_whole_life_in_one_batch_is_one_row_each() -> None:
    batch = Teller().tell(*lifetime(1, {"price": 3}))
    assert states(batch.jobs)[1] == JobState(1, "done", 1, 1, 0, "", "", STARTED + 1, STARTED + 1.5, 0.5)
    assert batch.attempts == [(1, 1, 1, STARTED + 1, STARTED + 1.5, "done", None, "200 · 4 kB", None)]
    assert batch.results == [[1, '{"price":3}']]
    assert (batch.changes, batch.ends, batch.position) == ([], [], 3)


def test_a_life_over_three_batches_is_a_row_and_its_changes() -> None:
    teller = Teller()
    assert states(teller.tell(accepted(1)).jobs)[1].state == "pending"
    begun = teller.tell(started(1))
    assert (begun.jobs, states(begun.changes)[1].state) == ([], "running")
    assert begun.attempts == [(1, 1, 1, STARTED + 1, None, None, None, None, None)]
    over = teller.tell(done(1))
    assert (over.jobs, over.attempts, states(over.changes)[1].state) == ([], [], "done")
    assert over.ends == [(1, 1, 1, STARTED + 1, STARTED + 1.5, "done", None, "200 · 4 kB", None)]


def test_a_retried_failure_keeps_its_error_and_loses_its_group_when_it_recovers() -> None:
    teller = Teller()
    waiting = states(teller.tell(accepted(1), started(1), failed(1, then="waiting")).jobs)[1]
    assert (waiting.state, waiting.tries, waiting.signature) == ("waiting", 1, "group http:503")
    assert waiting.next_at == STARTED + 3.5
    batch = teller.tell(started(1, 4.0, attempt=2), done(1, at=5.0, attempt=2))
    recovered = states(batch.changes)[1]
    assert (recovered.state, recovered.tries, recovered.attempts) == ("done", 2, 2)
    assert (recovered.signature, recovered.error) == ("", "HTTP 503: went wrong")
    assert batch.attempts[0][:2] == (1, 2)


def test_an_interruption_spends_no_try_but_counts_as_an_attempt() -> None:
    teller = Teller()
    state = states(teller.tell(accepted(1), started(1), interrupted(1)).jobs)[1]
    assert (state.state, state.tries, state.attempts, state.interruptions) == ("pending", 0, 1, 1)
    state = states(teller.tell(started(1), done(1)).changes)[1]
    assert (state.tries, state.attempts, state.interruptions) == (1, 2, 1)


def test_a_spared_failure_spends_no_try_and_is_an_attempt_all_the_same() -> None:
    teller = Teller()
    spared = replace(failed(1, then="waiting"), spared=True)
    state = states(teller.tell(accepted(1), started(1), spared).jobs)[1]
    assert (state.state, state.tries, state.attempts, state.interruptions) == ("waiting", 0, 1, 0)
    state = states(teller.tell(started(1), failed(1, then="waiting")).changes)[1]
    assert (state.tries, state.attempts) == (1, 2)


def test_attempts_are_numbered_through_the_rounds_a_person_gives() -> None:
    teller = Teller()
    teller.tell(accepted(1), started(1), failed(1))
    records: list[Record] = [(4, requeued(1)), (5, started(1, 3.0)), (6, done(1, at=4.0))]
    assert teller.fold.unknown(records) == [1]
    teller.fold.learn([JobState(1, "failed", 3, 3, 0, "group http:503", "HTTP 503", STARTED + 1, STARTED + 2, 0.5)])
    batch = teller.fold.fold(records)
    state = states(batch.changes)[1]
    assert (state.tries, state.attempts, state.state) == (1, 4, "done")
    assert batch.attempts[0][:2] == (1, 4)


def test_failing_and_another_round_within_one_batch() -> None:
    teller = Teller()
    teller.tell(accepted(1))
    batch = teller.tell(started(1), failed(1), requeued(1), started(1, 3.0))
    assert [(row[1], row[5]) for row in batch.attempts] == [(1, "failed"), (2, None)]
    state = states(batch.changes)[1]
    assert (state.state, state.ended_at) == ("running", 0.0)
    assert batch.totals.failed == 0


def test_a_cancelled_job_is_final_whether_it_ran_or_not() -> None:
    teller = Teller()
    batch = teller.tell(accepted(1), accepted(2), JobCancelled(1.0, 1, "you"), started(2))
    assert states(batch.jobs)[1].ended_at == STARTED + 1
    batch = teller.tell(ended(2, Cancelled("you"), "cancelled"))
    assert states(batch.changes)[2].state == "cancelled"
    assert batch.ends[0][5] == "cancelled"
    assert (batch.totals.accepted, batch.totals.cancelled) == (2, 2)


def test_a_hastened_retry_is_due_now() -> None:
    teller = Teller()
    teller.tell(accepted(1), started(1), failed(1, then="waiting"))
    batch = teller.tell(RetryHastened(2.0, 1, "you"))
    assert states(batch.changes)[1].next_at == STARTED + 2
    assert [row[1] for row in batch.events] == ["hastened"]


def test_an_attempt_that_ends_without_a_start_is_kept_too() -> None:
    batch = Teller().tell(accepted(1), failed(1, "input"))
    assert batch.attempts[0][:4] == (1, 1, 1, STARTED + 1.0)
    assert states(batch.jobs)[1].attempts == 1


def test_totals_follow_every_final_state() -> None:
    teller = Teller()
    teller.tell(*lifetime(1), *lifetime(2), accepted(3), started(3), failed(3))
    assert teller.tell(accepted(4)).totals == teller.fold._totals
    totals = teller.fold._totals
    assert (totals.accepted, totals.done, totals.failed) == (4, 2, 1)


def test_open_from_never_passes_an_open_job_and_comes_back_for_an_old_one() -> None:
    teller = Teller()
    assert teller.tell(*lifetime(1), accepted(2), *lifetime(3)).open_from == 2
    assert teller.tell(started(2), failed(2)).open_from == 4
    teller.fold.learn([JobState(2, "failed", 1, 1)])
    assert teller.tell(requeued(2)).open_from == 2


def test_memory_is_that_of_open_jobs() -> None:
    teller = Teller()
    for seq in range(1, 200):
        teller.tell(*lifetime(seq))
    assert (teller.fold._states, teller.fold._open) == ({}, set())


def test_wall_clock_follows_the_start_that_the_engine_tells() -> None:
    fold = Fold(5.0, lines=False)
    batch = fold.fold(list(enumerate([*opening(), accepted(1, at=2.0)], 1)))
    assert batch.jobs[0][-1] == STARTED + 2
    assert [row[1] for row in batch.events] == ["run-started", "producer-started"]
    assert batch.producers == [[0, "lines of urls.txt", 10, "", 0], [0, "", None, "", 1]]


def test_what_only_moves_the_picture_is_not_kept() -> None:
    assert Teller().tell(ProducerBlocked(1.0, 0)).events == []


def test_every_done_job_is_told_to_the_results_file_even_without_a_value() -> None:
    batch = Teller(lines=True).tell(accepted(1), started(1), done(1))
    assert batch.done == [(job(1), None, b"null")]
    assert batch.results == []


def test_detail_is_bounded() -> None:
    long = Failed("exit:1", "m" * 1_000, "detail\n" * 10_000)
    batch = Teller().tell(accepted(1), started(1), ended(1, long, "failed"))
    _, _, _, _, _, _, _, message, detail = batch.attempts[0]
    assert (len(str(message)), len(str(detail))) == (300, 20_000)


def test_a_key_is_kept_only_where_the_name_does_not_say_it() -> None:
    event = type(accepted(1))(0.0, job(1, name="same", key="same"))
    batch = Teller().tell(event, accepted(2))
    assert [row[CHANGING] for row in batch.jobs] == [None, "key-2"]


def test_a_hostile_name_is_cleaned_and_its_key_kept_whole() -> None:
    name = "\x1b]0;pwned\x07a\udc80b"
    event = type(accepted(1))(0.0, job(1, name=name, key=name, row={"f": name}))
    key, kept_name, row = Teller().tell(event, done(1, {"x": name})).jobs[0][CHANGING : CHANGING + 3]
    assert kept_name == "a\N{REPLACEMENT CHARACTER}b"
    assert key == name.encode("utf-8", "surrogatepass")
    assert "\\udc80" in str(row)
