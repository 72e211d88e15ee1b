"""A run and a host that do what a test says: snapshots on demand, requests recorded, answers given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from qtui.core.commands import Command, Reply, Request
from qtui.core.port import (
    Change,
    Checked,
    Correction,
    Draft,
    Port,
    PresetEntry,
    Problem,
    RunEntry,
    Template,
    Unfinished,
)
from qtui.core.queries import (
    LEVELS,
    Answer,
    GroupQuery,
    GroupStory,
    JobQuery,
    JobRow,
    Jobs,
    JobsQuery,
    JobStory,
    Log,
    LogQuery,
    LogRow,
    Query,
    Reproducer,
    ReproducerQuery,
    Unknown,
)
from qtui.core.snapshot import Snapshot
from qtui.core.stall import Stall
from qtui.errors import QtuiError

BEAT_S = 0.5


class FakePort:
    """`give` sends a snapshot, `end` closes the stream; `requests` holds what was asked.

    Like an engine it sends its newest snapshot again and again, unless it `hangs`.
    """

    def __init__(self, *first: Snapshot, rows: list[JobRow] | None = None) -> None:
        self.requests: list[Request] = []
        self.queries: list[Query] = []
        self.closed = self.hangs = False
        self.replies: Callable[[Command], Reply] = lambda command: Reply(True, f"did {type(command).__name__}")
        self.rows = rows or []
        self.stories: dict[int, JobStory] = {}
        self.groups: dict[str, GroupStory] = {}
        self.reproducer = self.once = ""
        self.lines: dict[str, list[LogRow]] = {"events": [], "attempts": []}
        """The logs by their name, oldest first."""
        self._coming: asyncio.Queue[Snapshot | None] = asyncio.Queue()
        for snap in first:
            self.give(snap)

    def give(self, snap: Snapshot) -> None:
        self._coming.put_nowait(snap)

    def end(self) -> None:
        self._coming.put_nowait(None)

    @property
    def commands(self) -> list[Command]:
        return [request.command for request in self.requests]

    async def snapshots(self) -> AsyncIterator[Snapshot]:
        last: Snapshot | None = None
        while True:
            try:
                async with asyncio.timeout(BEAT_S):
                    snap = await self._coming.get()
            except TimeoutError:
                if last is not None and not self.hangs:
                    yield last
                continue
            if snap is None:
                return
            last = snap
            yield snap

    async def send(self, request: Request) -> Reply:
        self.requests.append(request)
        return self.replies(request.command)

    async def query(self, query: Query) -> Answer:
        self.queries.append(query)
        if isinstance(query, JobsQuery):
            texts = [condition.value.casefold() for condition in query.where if condition.key == "text"]
            matching = [row for row in self.rows if all(text in row.name.casefold() for text in texts)]
            return Jobs(matching[query.offset : query.offset + query.limit], len(matching))
        if isinstance(query, GroupQuery):
            return self.groups.get(query.signature, Unknown("no such group"))
        if isinstance(query, ReproducerQuery):
            return Reproducer(self.reproducer, self.once)
        if isinstance(query, LogQuery):
            return window(self.lines[query.of], query)
        if isinstance(query, JobQuery):
            return self.stories.get(query.seq, Unknown(f"no job {query.seq}"))
        return Unknown("this run keeps no journal")

    async def close(self) -> None:
        self.closed = True


def window(lines: list[LogRow], query: LogQuery) -> Log:
    """What a journal with these lines would answer."""
    wanted = [
        row
        for row in lines
        if (query.before is None or row.place < query.before) and (query.after is None or row.place > query.after)
        if query.text.casefold() in f"{row.who} {row.text}".casefold()
        if LEVELS.index(row.level) >= LEVELS.index(query.level)
    ]
    if query.after is not None:
        found = wanted[: query.limit]
        return Log(found, found[-1].place if found else None, len(wanted) > len(found))
    found = wanted[max(0, len(wanted) - query.limit) :]
    return Log(found, found[0].place if found else None, len(wanted) > len(found))


class FakeHost:
    """Offers the presets and runs it was given; opening one gives `port`."""

    def __init__(self, port: Port | None = None, checked: dict[str, Checked] | None = None) -> None:
        self.port = port
        self.checked = checked or {}
        self.opened: list[str] = []
        self.unfinished: list[Unfinished] = []
        self.entries = [PresetEntry("backpressure", "backpressure", "A queue that fills", "learn")]
        self.past: list[RunEntry] = []
        self.path: Path | None = None
        self.stall: Stall | None = None
        self.asked: list[str] = []
        self.drafted = Draft("/x/tuned.toml", "")
        self.saved: list[tuple[Draft, bool]] = []
        self.corrected: list[Correction] = []
        self.why_empty = "urls.txt is empty (0 lines)"
        self.changed: list[Change] = []

    def presets(self) -> list[PresetEntry]:
        return self.entries

    def runs(self) -> list[RunEntry]:
        return self.past

    def check(self, source: str) -> Checked:
        return self.checked.get(source, Checked(source, source))

    async def open(self, source: str, unfinished: Unfinished = "ask") -> Port:
        self.opened.append(source)
        self.unfinished.append(unfinished)
        if self.port is None:
            raise QtuiError(f"{source} cannot be started")
        return self.port

    async def attach(self, run_id: str) -> Port:
        return await self.open(run_id)

    def draft(self, snap: Snapshot, path: str) -> Draft:
        self.asked.append(path)
        return self.drafted

    def save(self, draft: Draft, *, replace: bool) -> str:
        self.saved.append((draft, replace))
        return f"saved as {draft.path}"

    def reload(self, snap: Snapshot) -> list[Change]:
        return self.changed

    def stalled(self, run_id: str) -> Stall | None:
        return self.stall

    def watch(self, source: str) -> Path | None:
        return self.path

    def preset_file(self, snap: Snapshot) -> Path | None:
        return None

    def why_no_jobs(self, snap: Snapshot) -> str:
        return self.why_empty

    def entry(self, source: str) -> PresetEntry:
        found = next((entry for entry in self.entries if entry.source == source), None)
        if found is None:
            raise QtuiError(f"there is no preset {source}")
        return found

    def foresee(self, source: str, goes_on: Callable[[str, float], bool]) -> str:
        return f"{source}: what it would do\n\nThe first jobs:\n  1  a job"

    def templates(self) -> list[Template]:
        return [
            Template("http", "Fetch pages", is_kind=True),
            Template("order", "Results in which order?", is_kind=False),
        ]

    def write_new(self, template: str, path: str) -> str:
        if any(entry.source == path for entry in self.entries):
            raise QtuiError(f"{path} exists already")
        self.entries.append(PresetEntry(path, path.removesuffix(".toml"), f"Made from {template}", "own", "./", path))
        return path

    def correct(self, source: str, problem: Problem) -> Correction:
        if not problem.suggestion:
            raise QtuiError("there is no suggestion")
        return Correction(source, problem.line, 0, problem.found, problem.suggestion, f"{problem.found} = 12")

    def write_correction(self, correction: Correction) -> None:
        self.corrected.append(correction)
