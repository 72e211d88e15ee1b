"""From the ledger to the snapshot: what a face may rely on."""

from __future__ import annotations

import msgspec
import pytest

from qtui.core import events as ev
from qtui.core import picture
from qtui.core.job import Done
from qtui.core.ledger import Ledger
from qtui.core.snapshot import RunState, Snapshot
from tests.core.book import FAILED, Book


def test_there_is_a_picture_before_there_is_a_run() -> None:
    snap = picture.take(Ledger(), 0.0, picture.Surroundings(doing="reading p.toml"))

    assert (snap.state, snap.doing, snap.run_id) == (RunState.STARTING, "reading p.toml", "")


def test_accepted_is_the_sum_of_all_states() -> None:
    book = Book(concurrency=3, capacity=9)
    book.through(1, 1.0, Done())
    book.through(2, 2.0, FAILED)
    for seq in (3, 4, 5, 6):
        book.accept(seq, 3.0)
    book.start(3, 3.0, 1)
    book.start(4, 3.0, 2)
    book.end(4, 3.5, FAILED, "waiting", slot=2, delay=9.0)
    counts = book.picture(4.0).counts

    assert (counts.done, counts.failed, counts.running, counts.waiting, counts.pending) == (1, 1, 1, 1, 2)
    assert counts.accepted == 6
    assert counts.attempts == 4
    assert counts.finished == 2


def test_the_queue_tells_how_long_its_head_has_waited() -> None:
    book = Book(capacity=4)
    book.accept(1, 1.0)
    book.accept(2, 3.0)
    before = book.picture(5.0).queue
    book.start(1, 5.0)
    after = book.picture(5.0).queue

    assert (before.depth, before.oldest_s) == (2, 4.0)
    assert (after.depth, after.oldest_s) == (1, 2.0)


def test_the_share_of_a_full_queue_is_weighted_by_time() -> None:
    book = Book(capacity=1)
    book.accept(1, 2.0)
    book.start(1, 5.0)
    queue = book.picture(10.0).queue

    assert queue.full_share_run == pytest.approx(0.3)
    assert queue.empty_share == pytest.approx(0.7)


def test_a_slot_shows_its_attempt_and_how_long_it_runs() -> None:
    book = Book(concurrency=2)
    book.accept(1, 1.0, "page 1")
    book.start(1, 1.0)
    slot, other = book.picture(3.5).slots

    assert (slot.seq, slot.name, slot.attempt, slot.attempts) == (1, "page 1", 1, 3)
    assert (slot.elapsed_s, slot.timeout_s, slot.strip) == (2.5, 30.0, ".nnn")
    assert (other.state, other.seq) == ("idle", 0)


def test_idle_slots_are_held_while_a_person_or_a_limit_keeps_them() -> None:
    book = Book(concurrency=1)
    book.tell(ev.Held(1.0, "you"))
    by_person = book.picture(1.5).slots[0].state
    book.tell(ev.Released(2.0, "you"))
    free = book.picture(2.5).slots[0].state
    book.accept(1, 3.0)
    book.tell(ev.ThrottleHolding(3.0, True))
    by_limit = book.picture(3.5).slots[0].state

    assert (by_person, free, by_limit) == ("held", "idle", "held")


def test_the_lane_tells_the_soonest_first_and_at_most_64() -> None:
    book = Book(concurrency=1, capacity=200)
    for seq in range(1, 101):
        book.accept(seq, 1.0)
        book.start(seq, 1.0)
        book.end(seq, 1.0, FAILED, "waiting", delay=101.0 - seq)
    lane = book.picture(1.5).lane

    assert lane.count == 100
    assert lane.next_s == pytest.approx(0.5)
    assert lane.due_s == sorted(lane.due_s)
    assert len(lane.due_s) == 64


def test_time_passes_in_the_charts_even_when_nothing_happens() -> None:
    book = Book(capacity=8)
    book.accept(1, 1.0)
    first = book.picture(1.5).series
    later = [book.picture(float(second)).series for second in range(2, 31)][-1]

    assert len(first.done) == 2
    assert len(later.done) == 31
    assert later.depth[1:] == [1] * 30


def test_a_finished_run_no_longer_moves() -> None:
    book = Book()
    book.through(1, 1.0, Done())
    book.tell(ev.RunEnded(2.0, "finished"))

    assert book.picture(50.0) == book.picture(5.0)
    assert book.picture(50.0).elapsed_s == 2.0


def test_the_largest_groups_come_first_and_fifty_are_shown() -> None:
    from qtui.core.job import Failed

    book = Book()
    for seq in range(1, 61):
        book.through(seq, float(seq), Failed("exception:E", f"word {chr(97 + seq // 26)}{chr(97 + seq % 26)}"))
    book.through(61, 61.0, FAILED)
    book.through(62, 62.0, FAILED)
    snap = book.picture(63.0)

    assert (len(snap.failures), snap.groups) == (50, 61)
    assert snap.failures[0].title == "HTTP 503"


def test_a_snapshot_does_not_grow_with_the_number_of_jobs() -> None:
    book = Book(capacity=3_000)
    sizes = []
    for seq in range(1, 2_001):
        book.accept(seq, 1.0)
        if seq in (200, 2_000):
            sizes.append(len(msgspec.json.encode(book.picture(2.0))))

    assert sizes[1] - sizes[0] < 50


def test_a_snapshot_survives_the_wire() -> None:
    book = Book()
    book.through(1, 1.0, FAILED)
    book.through(2, 2.0, Done())
    snap = book.picture(3.0)

    assert msgspec.json.decode(msgspec.json.encode(snap), type=Snapshot) == snap
