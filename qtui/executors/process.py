"""Attempts in worker processes: for jobs that compute, or that may crash; the engine goes on whatever they do."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Sequence
from typing import final

import msgspec

from qtui.core.job import Done, Failed, Job, LastWords
from qtui.errors import PresetError, QtuiError
from qtui.executors.child import GRACE_S, Child, Unwell
from qtui.executors.frames import Recipe
from qtui.text import seconds

COMMAND = (sys.executable, "-m", "qtui", "_worker")
START_S = 60.0
"""How long a worker may take to import what it needs."""
_CLOSE_S = 2 * GRACE_S + 1.0


@final
class ProcessExecutor:
    """As many workers as jobs run, each making the kind by itself and doing one job at a time.

    They are started when they are needed, kept, and replaced after `recycle` jobs (0: never) or when one was ended.
    """

    def __init__(
        self,
        recipe: Recipe,
        recycle: int = 0,
        told: Callable[[int, float | None, str], None] = lambda seq, share, text: None,
        mask: Callable[[str], str] = str,
        command: Sequence[str] = COMMAND,
    ) -> None:
        """`told` hears of progress; `mask` takes secrets out of what workers print."""
        self._recipe, self._recycle = recipe, recycle
        self._told, self._mask, self._command = told, mask, command
        self._concurrency = 0
        self._all: set[Child] = set()
        """Every process that lives, those on their way out included."""
        self._serving: set[Child] = set()
        """Those that are starting, idle or at work."""
        self._idle: list[Child] = []
        """The one that worked last is taken first."""

    @property
    def processes(self) -> int:
        """How many workers there are."""
        return len(self._serving)

    async def open(self, concurrency: int) -> None:
        """Start the first worker. Raises PresetError with its reason when it cannot begin, else QtuiError."""
        self._concurrency = concurrency
        try:
            self._idle.append(await self._start())
        except Unwell as error:
            last = error.tail.rpartition("\n")[2]
            printed = f"; the last that it printed: {self._mask(last)}" if last else ""
            raise (PresetError if error.refused else QtuiError)(f"{error}{printed}") from None

    def resize(self, concurrency: int) -> None:
        self._concurrency = concurrency
        while self._idle and len(self._serving) > concurrency:
            self._let_go(self._idle.pop(0))

    async def run(self, job: Job) -> Done | Failed:
        """One attempt. Cancelling it ends the worker that does it."""
        try:
            child = self._idle.pop() if self._idle else await self._start()
        except Unwell as error:
            return self._killed(f"no worker process could be started: {error}", error)
        try:
            outcome = await child.run(job)
        except Unwell as error:
            return self._killed(str(error), error)
        except OverflowError as error:
            self._give_back(child)
            return Failed("too-large", f"the row is too large for a worker process: {error}", permanent=True)
        except asyncio.CancelledError:
            await self._ended(child)
            if child.tail:
                words = LastWords(f"it printed:\n{self._mask(child.tail)}")
                raise asyncio.CancelledError(words) from None
            raise
        self._give_back(child)
        return self._with_tail(outcome, child)

    def said(self, seq: int) -> str:
        """What the worker of a running attempt has printed last."""
        child = next((child for child in self._serving if child.seq == seq and child not in self._idle), None)
        return self._mask(child.tail) if child is not None else ""

    def _with_tail(self, outcome: Done | Failed, child: Child) -> Done | Failed:
        if not (tail := self._mask(child.tail)):
            return outcome
        if isinstance(outcome, Failed):
            tail = f"{outcome.detail}\n\nit printed:\n{tail}" if outcome.detail else f"it printed:\n{tail}"
        return msgspec.structs.replace(outcome, detail=tail)

    def _killed(self, why: str, error: Unwell) -> Failed:
        tail = self._mask(error.tail)
        return Failed("killed", self._mask(why), f"it printed:\n{tail}" if tail else "")

    async def close(self) -> None:
        """End every worker, those in the middle of something too."""
        for child in list(self._serving):
            if child in self._idle:
                self._let_go(child)
            else:
                self._serving.discard(child)
                child.end()
        self._idle.clear()
        if living := [child.dead for child in self._all]:
            await asyncio.wait(living, timeout=_CLOSE_S)

    # -- workers

    async def _start(self) -> Child:
        """A worker that is ready. Raises Unwell, OSError."""
        child = Child(self._command, self._recipe, self._told, self._gone)
        self._all.add(child)
        self._serving.add(child)
        try:
            async with asyncio.timeout(START_S):
                await child.ready()
        except TimeoutError:
            await self._ended(child)
            raise Unwell(f"a worker process was not ready after {seconds(START_S)}", child.tail) from None
        except BaseException:
            await self._ended(child)
            raise
        return child

    async def _ended(self, child: Child) -> None:
        """End a worker with what it does, and see it dead: only then is its place free."""
        self._serving.discard(child)
        child.end()
        try:
            await asyncio.shield(child.dead)
        except asyncio.CancelledError:
            child.kill()
            raise

    def _give_back(self, child: Child) -> None:
        if not child.alive or child not in self._serving:
            return
        if (self._recycle and child.jobs >= self._recycle) or len(self._serving) > self._concurrency:
            self._let_go(child)
        else:
            self._idle.append(child)

    def _let_go(self, child: Child) -> None:
        self._serving.discard(child)
        child.retire()

    def _gone(self, child: Child) -> None:
        self._all.discard(child)
        self._serving.discard(child)
        with contextlib.suppress(ValueError):
            self._idle.remove(child)
