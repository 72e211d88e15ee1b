"""Answers to a face's questions: the journal's, and what only a living engine knows besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from qtui.core.job import Job
from qtui.core.lifecycle import State
from qtui.core.queries import (
    Answer,
    GroupQuery,
    JobQuery,
    JobRow,
    Jobs,
    JobStory,
    Query,
    Reproducer,
    ReproducerQuery,
    Unknown,
)
from qtui.core.seams import Kind, Reproducible, Speaking

if TYPE_CHECKING:
    from qtui.engine.engine import Engine


async def answer(engine: Engine, query: Query, kind: Kind) -> Answer:
    """What is known; what is not durable yet may be missing."""
    match query:
        case GroupQuery():
            return _group(engine, query.signature)
        case ReproducerQuery():
            return await _reproducer(engine, query.seq, kind)
    told = await engine.journal.query(query)
    if isinstance(told, Jobs):
        return replace(told, rows=[_marked(engine, row) for row in told.rows])
    if isinstance(told, JobStory):
        return _lived(engine, replace(told, row=_marked(engine, told.row)))
    return told


def _marked(engine: Engine, row: JobRow) -> JobRow:
    """With what a person has said of it."""
    if row.state != "failed" or not engine.ledger.outstanding.attention.is_aside(row.seq, row.signature):
        return row
    return replace(row, aside=True)


def _lived(engine: Engine, story: JobStory) -> JobStory:
    """The story of a job that may have gone on since the last commit."""
    entry = engine.ledger.open.get(story.row.seq)
    if entry is None:
        return story
    left = entry.due_at - engine.now() if entry.state is State.WAITING else None
    executor, running = engine.executor, entry.state is State.RUNNING
    said = executor.said(story.row.seq) if running and isinstance(executor, Speaking) else ""
    return replace(story, row=replace(story.row, state=str(entry.state)), next_try_s=left, said=said)


def _group(engine: Engine, signature: str) -> Answer:
    group = engine.ledger.groups.get(signature)
    if group is None:
        return Unknown("this failure group is not known")
    names = {index: producer.name for index, producer in engine.ledger.producers.items()}
    return group.story(signature, names)


async def _reproducer(engine: Engine, seq: int, kind: Kind) -> Answer:
    story = await engine.journal.query(JobQuery(seq))
    if not isinstance(story, JobStory):
        return story
    once = f"{engine.info.once} {seq}" if engine.info.once else ""
    if not isinstance(kind, Reproducible):
        return Reproducer("", once)
    return Reproducer(kind.reproduce(Job(seq, story.key, story.row.name, story.fields)), once)
