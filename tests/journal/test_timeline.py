"""Who ran where and when: exact spans from a real journal, and bounds that hold for a million attempts."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from qtui.core import events as ev
from qtui.core.job import Cancelled
from qtui.core.ledger import Ledger
from qtui.core.marks import mark_of
from qtui.core.queries import FailureQuery, SlotPast, SlotQuery, Span, Timeline, TimelineQuery
from qtui.journal import schema, timeline
from qtui.journal.journal import SqliteJournal
from qtui.journal.queries import answer
from qtui.journal.recovery import Policy
from tests.journal.story import (
    STARTED,
    Told,
    accepted,
    done,
    ended,
    failed,
    interrupted,
    opening,
    started,
)

ATTEMPTS = 1_000_000
EACH = 500
"""Attempts that ended in one commit of the large journal."""
PACE = 100.0
"""Attempts a second in it."""
SLOTS = 32


async def told(folder: Path, *events: ev.Event) -> Told:
    journal = Told.create(folder)
    journal.tell(*opening(), *events)
    await journal.durable()
    return journal


async def ask(journal: Told, **asked: object) -> Timeline:
    query = TimelineQuery(**{"since": STARTED, "until": STARTED + 3600, **asked})  # type: ignore[arg-type]
    found = await journal.journal.query(query)
    assert isinstance(found, Timeline), found
    return found


def at(span: Span) -> tuple[int, int, int, float, float, str]:
    return (span.seq, span.number, span.slot, span.start - STARTED, span.end - STARTED, span.outcome)


async def test_spans_tell_who_ran_where_and_when_and_how_it_ended(tmp_path: Path) -> None:
    journal = await told(
        tmp_path / "run",
        *(accepted(seq) for seq in range(1, 6)),
        started(1, 1.0, slot=1),
        started(2, 1.5, slot=2),
        done(1, at=2.0),
        failed(2, at=3.0, then="waiting"),
        started(3, 3.5, slot=1),
        failed(3, at=4.25),
        started(4, 5.0, slot=1),
        ended(4, Cancelled("you"), "cancelled", 6.0),
        started(2, 6.5, slot=3, attempt=2),
        interrupted(2, at=7.0, attempt=2),
        started(5, 8.0, slot=1),
    )
    found = await ask(journal)
    await journal.journal.close("finished")

    assert [at(span) for span in found.spans] == [
        (1, 1, 1, 1.0, 2.0, "done"),
        (2, 1, 2, 1.5, 3.0, "retry"),
        (3, 1, 1, 3.5, 4.25, "failed"),
        (4, 1, 1, 5.0, 6.0, "cancelled"),
        (2, 2, 3, 6.5, 7.0, "interrupted"),
    ]
    assert not found.sampled


async def test_a_stretch_holds_what_ended_in_it_and_what_went_on_beyond_it(tmp_path: Path) -> None:
    journal = await told(
        tmp_path / "run",
        *(accepted(seq) for seq in range(1, 5)),
        started(1, 1.0, slot=1),
        started(2, 2.0, slot=2),
        done(1, at=3.0),
        started(3, 4.0, slot=1),
        done(3, at=5.0),
        done(2, at=9.0),
        started(4, 9.5, slot=1),
        done(4, at=10.0),
    )
    found = await ask(journal, since=STARTED + 4.5, until=STARTED + 6)
    only = await ask(journal, first_slot=2, last_slot=2)
    await journal.journal.close("finished")

    assert [span.seq for span in found.spans] == [3, 2]
    assert [span.seq for span in only.spans] == [2]


async def test_the_past_of_a_slot_is_what_ended_in_it_last_with_its_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = await told(
        tmp_path / "run",
        *(accepted(seq) for seq in range(1, 5)),
        started(1, 1.0, slot=1),
        done(1, at=3.5),
        started(2, 4.0, slot=2),
        done(2, at=5.0),
        started(3, 4.0, slot=1),
        failed(3, at=6.0),
    )

    async def past(slot: int, limit: int = 9) -> list[tuple[int, str, float, str]]:
        found = await journal.journal.query(SlotQuery(slot, limit))
        assert isinstance(found, SlotPast), found
        return [(one.seq, one.name, one.run_s, one.outcome) for one in found.attempts]

    known = [await past(1), await past(1, limit=1), await past(7)]
    journal.tell(started(4, 7.0, slot=2), done(4, at=8.0))
    await journal.durable()
    monkeypatch.setattr(timeline, "OF_A_SLOT", 1)
    forgotten = await past(1)
    await journal.journal.close("finished")

    both = [(3, "job 3", 2.0, "failed"), (1, "job 1", 2.5, "done")]
    assert known == [both, both[:1], []]
    assert forgotten == [], "too much has ended elsewhere since"


async def test_what_was_changed_and_how_many_slots_there_were_comes_with_it(tmp_path: Path) -> None:
    journal = await told(
        tmp_path / "run",
        ev.Sampled(1.0, 0, 0, 0, 0, 0, 0, 0, 2, 64, 0),
        ev.ProducersPaused(2.0, "you"),
        ev.ConcurrencyChanged(3.0, "you", 2, 5),
        ev.LimitChanged(4.0, "auto", 5, 3),
        ev.CapacityChanged(5.0, "you", 64, 32),
    )
    found = await ask(journal, since=STARTED + 1.5)
    later = await ask(journal, since=STARTED + 4.5)
    await journal.journal.close("finished")

    assert [(moment - STARTED, mark) for moment, mark in found.marks] == [(2, "║"), (3, "▲5"), (4, "~▼3"), (5, "■32")]
    assert [(moment - STARTED, number) for moment, number in found.slots] == [(1.5, 2), (3.0, 5)]
    assert [mark for _, mark in later.marks] == ["■32"]


async def test_between_two_lives_there_were_no_slots(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    journal = await told(folder, ev.Sampled(1.0, 0, 0, 0, 0, 0, 0, 0, 2, 64, 0))
    await journal.journal.close("stopped")
    with closing(schema.open_writer(folder / schema.FILE)) as db:
        db.execute("UPDATE epoch SET started = ?, ended = ?", (STARTED, STARTED + 10))
    again, past = SqliteJournal.resume(folder, Policy())
    second = Told(again)
    begins = ev.RunStarted(past.at, "scrape", "scrape.toml", STARTED + 60 - past.at, 4, 64, None, 3, 30.0)
    second.tell(ev.RunResumed(past.at, begins, 2, 0, 0, 0, 0))
    await second.durable()
    with closing(schema.open_writer(folder / schema.FILE)) as db:
        db.execute("UPDATE epoch SET started = ? WHERE id = 2", (STARTED + 60,))
    whole = await ask(second)
    within = await ask(second, since=STARTED + 30, until=STARTED + 40)
    await again.close("finished")

    assert [(at - STARTED, number) for at, number in whole.slots] == [(0, 2), (10, 0), (60, 4)]
    assert [(at - STARTED, number) for at, number in within.slots] == [(30, 0)]


async def test_an_attempt_cut_off_by_a_crash_ends_where_the_engine_was_last_known_to_live(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    journal = await told(
        folder, accepted(1), accepted(2), started(1, 1.0, slot=1), started(2, 2.0, slot=2), done(1, at=7.0)
    )
    await journal.journal.close("crashed")
    with closing(schema.open_writer(folder / schema.FILE)) as db:
        db.execute("UPDATE epoch SET ended = NULL, how = NULL")
    again, _ = SqliteJournal.resume(folder, Policy())
    found = await ask(Told(again))
    await again.close("finished")

    assert [at(span) for span in found.spans] == [(1, 1, 1, 1.0, 7.0, "done"), (2, 1, 2, 2.0, 7.0, "interrupted")]


async def test_a_journal_of_before_the_timeline_goes_on_with_one(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    journal = await told(folder, accepted(1), started(1, 1.0), done(1, at=2.0))
    await journal.journal.close("stopped")
    with closing(schema.open_writer(folder / schema.FILE)) as db:
        db.executescript("DROP TABLE stretch; DROP TABLE failure")
    again, _ = SqliteJournal.resume(folder, Policy())
    assert (await ask(Told(again))).spans == []
    await again.close("finished")


def test_marks_are_those_of_the_flow_chart() -> None:
    for event in (
        ev.ProducersPaused(1.0, "you"),
        ev.ProducersResumed(1.0, "you"),
        ev.ConcurrencyChanged(1.0, "you", 2, 5),
        ev.ConcurrencyChanged(1.0, "you", 5, 2),
        ev.LimitChanged(1.0, "auto", 5, 3),
        ev.LimitChanged(1.0, "auto", 3, 5),
        ev.CapacityChanged(1.0, "you", 64, 32),
        ev.RateChanged(1.0, "you", None, 5.0),
        ev.Held(1.0, "you"),
        ev.Released(1.0, "you"),
        ev.Halted(1.0, "23 of 100"),
        ev.MemoryHolds(1.0, True, 0.9, 1),
        ev.MemoryHolds(1.0, False, 0.5, 1),
        ev.PerHostChanged(1.0, "you", 2, 3),
        ev.PerHostRateChanged(1.0, "you", 2.0, 3.0),
        ev.HostPaused(1.0, "auto", "api.example", "open", 5.0),
        ev.DrainStarted(1.0, "you"),
        ev.DrainTakenBack(1.0, "you"),
        ev.RunReopened(1.0, "you"),
    ):
        ledger = Ledger()
        for number, each in enumerate([*opening(), event], 1):
            ledger.apply(each, number)
        assert [mark for column in ledger.series.series().marks for mark in column] == [mark_of(event)], event


# A million attempts


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A million attempts in 32 slots, every thousandth failed: two hours and three quarters."""
    path = tmp_path_factory.mktemp("large") / schema.FILE
    schema.create(path, {})
    encode = msgspec.msgpack.encode
    with closing(schema.open_writer(path)) as db:
        db.execute("BEGIN")
        for first in range(1, ATTEMPTS + 1, EACH):
            ends = [
                (seq, 1, seq % SLOTS + 1, (seq - SLOTS + 1) / PACE, seq / PACE, "failed" if seq % 1000 == 0 else "done")
                for seq in range(first, first + EACH)
            ]
            db.execute("INSERT INTO stretch (until, number, ends) VALUES (?, ?, ?)", (ends[-1][4], EACH, encode(ends)))
            db.executemany(
                "INSERT INTO failure (seq, n, slot, t0, t1) VALUES (?, ?, ?, ?, ?)",
                [end[:5] for end in ends if end[5] == "failed"],
            )
        db.execute("COMMIT")
    return path


@pytest.fixture
def db(large: Path) -> Iterator[sqlite3.Connection]:
    with closing(schema.open_readonly(large)) as connection:
        yield connection


def look(db: sqlite3.Connection, **asked: object) -> Timeline:
    found = answer(db, TimelineQuery(**asked), time.time())  # type: ignore[arg-type]
    assert isinstance(found, Timeline)
    return found


class Steps:
    """How much SQLite has worked, in thousands of its instructions."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.number = 0
        db.set_progress_handler(self._step, 1000)

    def _step(self) -> int:
        self.number += 1
        return 0


def test_a_window_of_a_million_attempts_is_exact_when_it_fits(db: sqlite3.Connection) -> None:
    found = look(db, since=5000.005, until=5100.0)
    assert [span.seq for span in found.spans if span.end <= 5100.0] == list(range(500_001, 510_001))
    assert sorted(span.slot for span in found.spans if span.end > 5100.0) == sorted(
        seq % SLOTS + 1 for seq in range(510_001, 510_031)
    )
    assert not found.sampled


def test_one_slot_of_a_window_too_large_for_all_is_exact(db: sqlite3.Connection) -> None:
    found = look(db, since=1000.0, until=2000.0, first_slot=3, last_slot=4)
    assert not found.sampled
    assert {span.slot for span in found.spans} == {3, 4}
    assert len(found.spans) == pytest.approx(100_000 * 2 / SLOTS, abs=4)


def test_the_whole_of_a_million_attempts_is_a_bounded_sample_with_every_slot_in_every_part(
    db: sqlite3.Connection,
) -> None:
    steps = Steps(db)
    found = look(db, since=0.0, until=ATTEMPTS / PACE, parts=110)
    assert found.sampled
    assert len(found.spans) <= timeline.SPANS + SLOTS
    assert steps.number < 100, "it walked through the history"
    part = ATTEMPTS / PACE / 110
    seen = {(int(span.end // part), span.slot) for span in found.spans}
    assert len(seen) >= 110 * SLOTS
    failures = [span.seq for span in found.spans if span.outcome == "failed"]
    assert len(failures) == ATTEMPTS // 1000


def test_asking_again_a_second_later_costs_what_a_second_holds(db: sqlite3.Connection) -> None:
    steps = Steps(db)
    found = look(db, since=9990.0, until=9991.0)
    assert len(found.spans) == 101 + SLOTS - 2
    assert steps.number < 5


@pytest.mark.parametrize(
    ("at", "seq", "forward", "expected"),
    [
        (0.0, 0, True, [1000]),
        (10.0, 0, True, [1000]),
        (10.0, 1000, True, [2000]),
        (5000.0, 500_000, True, [501_000]),
        (5000.0, 500_000, False, [499_000]),
        (5000.001, 0, False, [500_000]),
        (10.0, 1000, False, []),
        (10_000.0, 1_000_000, True, []),
    ],
)
def test_the_nearest_failure_is_found_on_either_side(
    db: sqlite3.Connection, at: float, seq: int, forward: bool, expected: list[int]
) -> None:
    steps = Steps(db)
    found = answer(db, FailureQuery(at, seq, forward), 0.0)
    assert isinstance(found, Timeline)
    assert [span.seq for span in found.spans] == expected
    assert steps.number < 5


def test_an_empty_journal_has_an_empty_timeline(tmp_path: Path) -> None:
    schema.create(tmp_path / schema.FILE, {})
    with closing(schema.open_readonly(tmp_path / schema.FILE)) as empty:
        assert look(empty, since=0.0, until=1e10) == Timeline([])
        assert answer(empty, FailureQuery(5.0), 0.0) == Timeline([])
