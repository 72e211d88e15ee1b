"""Short ways to tell a journal what happened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from qtui.core.events import (
    AttemptEnded,
    AttemptStarted,
    Event,
    JobAccepted,
    JobRequeued,
    ProducerStarted,
    RunStarted,
)
from qtui.core.job import Done, Failed, Interrupted, Job, Outcome, Value
from qtui.journal.journal import SqliteJournal
from qtui.journal.runs import RunRecord
from tests.patience import PATIENCE_S

STARTED = 1_000_000.0
"""Wall clock of the start of the runs told here."""


def job(seq: int, *, attempt: int = 1, name: str = "", key: str = "", row: dict[str, Value] | None = None) -> Job:
    return Job(seq, key or f"key-{seq}", name or f"job {seq}", {"n": seq} if row is None else row, attempt=attempt)


def accepted(seq: int, at: float = 0.0) -> JobAccepted:
    return JobAccepted(at, job(seq))


def started(seq: int, at: float = 1.0, *, attempt: int = 1, slot: int = 1) -> AttemptStarted:
    return AttemptStarted(at, job(seq, attempt=attempt), slot)


def ended(
    seq: int, outcome: Outcome, then: str, at: float = 1.5, *, attempt: int = 1, run_s: float = 0.5
) -> AttemptEnded:
    signature = f"group {outcome.code}" if isinstance(outcome, Failed) else ""
    return AttemptEnded(at, job(seq, attempt=attempt), 1, run_s, outcome, then, 2.0, signature)


def done(seq: int, value: Value = None, at: float = 1.5, *, attempt: int = 1) -> AttemptEnded:
    return ended(seq, Done(value, "200 · 4 kB"), "done", at, attempt=attempt)


def failed(
    seq: int, code: str = "http:503", at: float = 1.5, *, then: str = "failed", attempt: int = 1
) -> AttemptEnded:
    return ended(seq, Failed(code, "went wrong", "line 1\nline 2"), then, at, attempt=attempt)


def interrupted(seq: int, at: float = 1.5, *, attempt: int = 1) -> AttemptEnded:
    return ended(seq, Interrupted(), "pending", at, attempt=attempt)


def requeued(seq: int, at: float = 2.0) -> JobRequeued:
    return JobRequeued(at, job(seq), "you", "failed", "group http:503")


def lifetime(seq: int, value: Value = None) -> list[Event]:
    return [accepted(seq), started(seq), done(seq, value)]


def opening() -> list[Event]:
    return [
        RunStarted(0.0, "scrape", "scrape.toml", STARTED, 2, 64, None, 3, 30.0),
        ProducerStarted(0.0, 0, "lines of urls.txt", 10, None),
    ]


def record(run_id: str = "scrape-1") -> RunRecord:
    return RunRecord(run_id, "scrape", "scrape.toml", 1234, started_at=STARTED)


class Told:
    """A journal, the positions it acknowledged and the states it told."""

    def __init__(self, journal: SqliteJournal) -> None:
        self.journal = journal
        self.acknowledged: list[int] = []
        self.states: list[tuple[str, str]] = []
        self.position = 0
        self._changed = asyncio.Event()
        journal.on_commit = self._on_commit
        journal.on_state = self._on_state

    @classmethod
    def create(cls, folder: Path, results: Path | None = None, facts: Mapping[str, str] | None = None) -> Told:
        folder.mkdir(mode=0o700, exist_ok=True)
        return cls(SqliteJournal.create(folder, run=record(), results=results, facts=facts))

    def tell(self, *events: Event) -> None:
        for event in events:
            self.position += 1
            self.journal.append(self.position, event)

    async def until(self, condition: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
        """Wait for something that a commit or a change of state brings about."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def durable(self) -> None:
        await self.until(lambda: self.position in (0, *self.acknowledged[-1:]))

    def _on_commit(self, position: int) -> None:
        self.acknowledged.append(position)
        self._changed.set()

    def _on_state(self, state: str, sentence: str) -> None:
        self.states.append((state, sentence))
        self._changed.set()
