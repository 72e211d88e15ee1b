"""A person at the controls of a simulated life, and the troubles of the machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

from qtui.core import commands as cmd
from qtui.engine.engine import Engine
from qtui.engine.memory import Memory
from tests.conftest import VirtualLoop
from tests.faults.lives_form import COMMANDS, LIMIT_BYTES
from tests.faults.lives_journal import SimJournal
from tests.faults.lives_world import World

MANY = 6
"""Commands in one life, about."""


class Person:
    """Asks for what the seed draws."""

    def __init__(
        self,
        world: World,
        engine: Engine,
        journal: SimJournal,
        spawn: Callable[[Coroutine[object, object, object]], None],
        *,
        feels: bool,
        last: bool,
    ) -> None:
        """`last`: the run is to come to its end in this life, so nobody drains it."""
        self._world, self._engine, self._journal = world, engine, journal
        self._spawn, self._feels, self._last = spawn, feels, last
        self._chance = world.chance
        self._used = 0.0
        """The share of the memory that is in use."""

    def memory(self) -> Memory | None:
        """For whoever looks at it."""
        return Memory(int(self._used * LIMIT_BYTES), LIMIT_BYTES) if self._world.form is not None else None

    async def operate(self) -> None:
        """Some commands, and sometimes trouble."""
        chance, engine = self._chance, self._engine
        pace = chance.choice([0.05, 0.5, 3.0])
        most = 2 * MANY if self._world.form is None else 4 * MANY
        for _ in range(chance.randint(0, most)):
            await asyncio.sleep(pace * chance.random())
            if chance.random() < 0.1:
                await self._trouble()
            else:
                self._ask(self._command(), dry_run=chance.random() < 0.1)
            engine.ledger.validate()
            engine.snapshot()

    def _ask(self, command: cmd.Command, *, dry_run: bool = False) -> None:
        self._spawn(self._engine.ask(cmd.Request(command, dry_run=dry_run)))

    async def release(self) -> None:
        """Let a run go on that has halted."""
        await asyncio.sleep(self._chance.random())
        await self._engine.ask(cmd.Request(cmd.Release()))

    async def put_right(self) -> None:
        """Open everything that may be closed, so that the run can come to its end."""
        await asyncio.sleep(1.0)  # what was asked for last is under way
        self._use_memory(0.0)
        for command in (cmd.Release(), cmd.Resume(), cmd.KeepRunning(), cmd.SetConcurrency(5)):
            await self._engine.ask(cmd.Request(command))

    def _command(self) -> cmd.Command:
        chance, engine = self._chance, self._engine
        if self._world.form is not None and chance.random() < 0.4:
            return chance.choice(COMMANDS)(chance)
        seq = chance.randint(1, sum(source.stop for source in self._world.sources))
        groups = [*engine.ledger.groups, ""]
        commands: list[cmd.Command] = [
            cmd.SetConcurrency(chance.randint(0, 9)),
            cmd.SetConcurrency(chance.randint(1, 9)),
            cmd.SetCapacity(chance.randint(1, 20)),
            cmd.SetRate(chance.choice([None, 1.0, 20.0])),
            cmd.Pause(chance.choice([None, 0, 1])),
            cmd.Resume(),
            cmd.Hold(),
            cmd.Release(),
            cmd.RetryFailed(),
            cmd.RetryFailed(),
            cmd.RetryGroup(chance.choice(groups), chance.choice([None, 1])),
            cmd.RetryJob(seq),
            cmd.RetryJob(seq),
            cmd.RetryJobs([seq, seq + 1, seq + 2]),
            cmd.PutBack(),
            cmd.PutBack(chance.choice([None, max(1, engine.rounds.last - 1)])),
            cmd.CancelJob(seq),
            cmd.CancelJob(seq),
            cmd.Hold() if self._last else cmd.Drain(),
            cmd.KeepRunning(),
            cmd.Undo(),
            cmd.Redo(),
        ]
        return chance.choice(commands)

    async def _trouble(self) -> None:
        """The machine sleeps, its memory is used up, or its disk is full for a while."""
        chance, loop = self._chance, asyncio.get_running_loop()
        if self._world.form is not None and chance.random() < 0.4:
            self._use_memory(chance.choice([0.2, 0.48, 0.7, 0.95]))
        elif chance.random() < 0.5:
            assert isinstance(loop, VirtualLoop)
            loop.jump(gap := chance.choice([3.0, 60.0]))
            if not self._feels:
                self._engine.dispatcher.forgive(gap)
        else:
            self._journal.block("disk full")
            await asyncio.sleep(chance.choice([0.5, 5.0]))
            self._journal.block("")

    def _use_memory(self, share: float) -> None:
        self._used = share
        barriers = self._engine.barriers
        if barriers.minds_memory and not self._feels:
            barriers.look(self.memory())
