"""Answers to a face's questions: the journal's, what only a living engine knows besides, and the picture of now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from qtui.core import picture
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
from qtui.core.seams import Kind, Ordered, Reproducible, Speaking
from qtui.core.snapshot import Snapshot

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


def picture_of(engine: Engine, ordered: Ordered | None) -> Snapshot:
    """The picture of now; `ordered` is who writes the results in the order of the jobs, if anybody does."""
    health, now = engine.health, engine.clock_now()
    around = picture.Surroundings(
        engine.info.run_id,
        replace(health, tasks_peak=max(health.tasks_peak, engine.dispatcher.most_tasks)),
        engine.controls.undo_text,
        engine.controls.redo_text,
        engine.problem,
        "",
        engine.info.note,
        engine.info.results,
        limits=engine.throttle,
        hosts=engine.hosts.views(now) if engine.hosts is not None else [],
        head=ordered.head if ordered is not None else None,
        adaptive=engine.ceilings.view(),
        next_s=engine.dispatcher.starts.limit.wait(now),
        alerts=engine.audience.alerts,
        alone_from=engine.audience.alone_from,
    )
    return picture.take(engine.ledger, engine.now(), around)
