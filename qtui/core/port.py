"""What a face holds: one `Port` for a run, and one `Host` for everything around runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Literal, Protocol, TypeAlias, runtime_checkable

import msgspec

from qtui.core.commands import Command, Reply, Request
from qtui.core.past import Plan
from qtui.core.queries import Answer, Query
from qtui.core.snapshot import Snapshot
from qtui.core.stall import Stall
from qtui.errors import ExitCode, QtuiError


class Port(Protocol):
    """A run, seen from a face; in-process, over the link, or replayed: the face cannot tell."""

    def snapshots(self) -> AsyncIterator[Snapshot]:
        """Snapshots as they come, the newest only; ends when the run is over or the engine is gone.

        Raises:
            Refusal: when the engine would not start.
        """
        ...

    async def send(self, request: Request) -> Reply:
        """Ask for a change. A lost engine is a refusal, never an exception."""
        ...

    async def query(self, query: Query) -> Answer:
        """Ask about the past. A lost engine answers `Unknown`."""
        ...

    @property
    def lost(self) -> bool:
        """The engine went without a goodbye."""
        ...

    async def close(self) -> None:
        """Leave; the run goes on."""
        ...


@runtime_checkable
class Killable(Protocol):
    """A `Port` whose run has a process of its own, which can be ended although it answers no more."""

    def kill(self, *, hard: bool) -> bool:
        """Have the process save what it can and end within three seconds or, if `hard`, end it at once.

        False when it cannot be done from here, or is over already.
        """
        ...


@runtime_checkable
class Paced(Protocol):
    """A `Port` that can be asked for fewer snapshots while nobody looks at them."""

    def pace(self, hz: float) -> None:
        """From now on so many a second."""
        ...


class Problem(msgspec.Struct, frozen=True):
    """One thing wrong with a preset."""

    path: str
    """The key path, e.g. `workers.concurrency`; empty for the file as a whole."""
    message: str
    """What is wrong, in one sentence."""
    line: int = 0
    """1-based line in the file, 0 when unknown."""
    found: str = ""
    allowed: str = ""
    suggestion: str = ""
    """The nearest valid spelling or value, ready to be written in its place."""


class Checked(msgspec.Struct, frozen=True):
    """What a preset will do, or why it cannot."""

    source: str
    """Path of the file or name of the bundled preset."""
    name: str = ""
    description: str = ""
    problems: list[Problem] = []
    text: str = ""
    """The file as it stands, cleaned."""
    producers: list[str] = []
    """One line each: what it yields and how many."""
    kind: str = ""
    capacity: int = 0
    concurrency: int = 0
    total: int | None = None
    plan: list[str] = []
    """What it will run, read, write and contact, one plain sentence each."""
    network: bool = False
    simulated: bool = False
    takes: str = ""
    """How long it will take and what that depends on, where the preset itself tells; empty where it does not."""


class Change(msgspec.Struct, frozen=True):
    """One value of a preset that differs, as a person reads it."""

    path: str
    """The key path, e.g. `workers.concurrency`."""
    old: str
    new: str
    command: Command | None = None
    """What brings the new value about in the run that goes on; None where it takes another start."""


class Draft(msgspec.Struct, frozen=True):
    """A preset that is about to be written."""

    path: str
    text: str
    changes: list[Change] = []
    """How it differs from the file its run was started from."""
    exists: bool = False
    comments: int = 0
    """Lines of comment in the file that stands there; they would be lost."""


class Correction(msgspec.Struct, frozen=True):
    """One word of a preset's file and what would stand in its place; nothing else of the file changes."""

    path: str
    line: int
    """1-based."""
    column: int
    """Characters before the word."""
    old: str
    new: str
    text: str
    """The line as it stands."""


class Template(msgspec.Struct, frozen=True):
    """What a new preset can be made from: a kind of job, or a preset that comes with qtui."""

    name: str
    purpose: str
    is_kind: bool


class Refusal(QtuiError):
    """The engine would not start: one sentence, its exit code and, for a bad preset, what is wrong with it."""

    def __init__(self, text: str, code: int, checked: Checked | None = None, plan: Plan | None = None) -> None:
        super().__init__(text)
        self.exit_code = ExitCode(code)
        self.checked = checked
        self.plan = plan
        """What going on with the unfinished run would do, where that is what a person should decide."""


class PresetEntry(msgspec.Struct, frozen=True):
    """A preset the picker offers."""

    source: str
    name: str
    description: str
    group: str
    """learn (offline, simulated), real, or own for one that does not come with qtui."""
    folder: str = ""
    """Where it lies, as a person would type it; empty for one that comes with qtui."""
    file: str = ""
    """Its file, with every link followed."""


class RunEntry(msgspec.Struct, frozen=True):
    """A run of the past or the present."""

    run_id: str
    name: str
    preset: str
    state: str
    """running, finished, stopped or crashed."""
    started_at: float
    done: int = 0
    failed: int = 0
    total: int | None = None
    pid: int = 0
    identity: str = ""
    """What two starts of a preset share when the second goes on with the run of the first."""
    aside: bool = False
    """It was set aside: nothing goes on with it."""
    ended_at: float = 0.0
    """Wall clock of its orderly end, 0 when it has none."""

    @property
    def given(self) -> str:
        """The input it was given in place of its preset's own; empty when there was none."""
        return msgspec.json.decode(self.identity, type=list[str])[1] if self.identity else ""

    @property
    def file(self) -> str:
        """The file of its preset, with every link followed; empty when that is not known."""
        return msgspec.json.decode(self.identity, type=list[str])[0] if self.identity else ""


Unfinished: TypeAlias = Literal["ask", "resume", "fresh"]
"""ask: the port refuses with the plan; resume: go on with it; fresh: set it aside and start anew."""


class Host(Protocol):
    """What a face may ask for besides a run: presets, past runs, and starting one."""

    def presets(self) -> list[PresetEntry]: ...

    def runs(self) -> list[RunEntry]: ...

    def check(self, source: str) -> Checked: ...

    def entry(self, source: str) -> PresetEntry:
        """A preset that is not among those offered. Raises QtuiError when there is no such file."""
        ...

    def foresee(self, source: str, goes_on: Callable[[str, float], bool]) -> str:
        """What a preset would do and its first jobs, in plain words; nothing is executed.

        `goes_on` is asked now and then while jobs are counted, with what and for how many seconds already.

        Raises:
            QtuiError: there is no such preset any more.
        """
        ...

    def templates(self) -> list[Template]: ...

    def write_new(self, template: str, path: str) -> str:
        """Write a preset to start from, never over a file; returns its source. Raises QtuiError with the reason."""
        ...

    def correct(self, source: str, problem: Problem) -> Correction:
        """How the suggestion of a problem would be carried out. Raises QtuiError where that cannot be told safely."""
        ...

    def write_correction(self, correction: Correction) -> None:
        """Carry it out. Raises QtuiError, also where the file has changed since."""
        ...

    async def open(self, source: str, unfinished: Unfinished = "ask") -> Port:
        """Start the preset and connect to it; `unfinished` says what becomes of its unfinished run, if it has one.

        Raises:
            QtuiError: when it cannot be started; the message says why.
        """
        ...

    async def attach(self, run_id: str) -> Port:
        """Connect to a run that is live. Raises QtuiError when it is not."""
        ...

    def stalled(self, run_id: str) -> Stall | None:
        """What blocks the loop of the run's engine now, where that is known although the engine cannot answer.

        Without a run's id it is the engine that was started last from here.
        """
        ...

    def watch(self, source: str) -> Path | None:
        """The file to look at for changes, or None for a bundled preset."""
        ...

    def draft(self, snap: Snapshot, path: str) -> Draft:
        """What saving the preset of a run with the values in force would write. Raises QtuiError with the reason."""
        ...

    def save(self, draft: Draft, *, replace: bool) -> str:
        """Write it; tells what was done. Raises QtuiError, also where a file stands and may not be replaced."""
        ...

    def preset_file(self, snap: Snapshot) -> Path | None:
        """The file a run was started from; None where it came with qtui. Raises QtuiError when it is not known."""
        ...

    def why_no_jobs(self, snap: Snapshot) -> str:
        """Why the sources of a run gave no jobs, in a sentence; empty when that is not known any more."""
        ...

    def reload(self, snap: Snapshot) -> list[Change]:
        """What differs between a run and its preset's file now. Raises QtuiError where that cannot run."""
        ...
