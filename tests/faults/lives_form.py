"""What may limit the starts of a simulated run: the design, what a full queue does, hosts, rates, and halting."""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec

from qtui.core import commands as cmd
from qtui.core.job import Job
from qtui.core.tables import Adaptive, Breaker, Halt, Preset, QueueTable, Throttle

LIMIT_BYTES = 1 << 30
"""Of the simulated memory."""
HOSTS = ("alpha", "beta", "gamma", "")
"""The last one stands for jobs that have none."""


class Form(msgspec.Struct, frozen=True):
    """Drawn once for all lives of a run."""

    strategy: str = "pool"
    overflow: str = "block"
    holds_slot: bool = False
    throttle: Throttle = Throttle()
    halt: Halt = Halt()
    rates: tuple[float | None, ...] = (None, None, None)
    """Of the sources."""
    hosts: int = 0
    """How many of `HOSTS` jobs have; 0: none has any."""

    def host_of(self, job: Job) -> str:
        """The same at every attempt and in every life."""
        if not self.hosts:
            return ""
        index, _, number = str(job.row["id"]).partition("-")
        return HOSTS[(5 * int(index) + 3 * int(number)) % self.hosts]

    def shape(self, preset: Preset) -> Preset:
        """The preset with all this in it."""
        replace = msgspec.structs.replace
        sources = [replace(table, rate=rate) for table, rate in zip(preset.sources, self.rates, strict=False)]
        return replace(
            preset,
            sources=sources,
            queue=QueueTable(capacity=preset.queue.capacity, overflow=self.overflow),  # type: ignore[arg-type]
            workers=replace(preset.workers, strategy=self.strategy),
            retry=replace(preset.retry, holds_slot=self.holds_slot),
            throttle=self.throttle,
            halt=self.halt,
        )


def draw(chance: random.Random) -> Form:
    """What belongs together as a preset would be refused otherwise."""
    strategy = chance.choice(["pool", "pool", "pool", "semaphore", "unbounded"])
    overflow = chance.choice(["block", "drop-new", "drop-old", "reject"]) if strategy == "pool" else "block"
    return Form(
        strategy,
        overflow,
        strategy == "pool" and chance.random() < 0.3,
        _throttle(chance),
        _halt(chance),
        tuple(chance.choice([None, 2.0, 20.0, 100.0]) for _ in range(3)),
        chance.choice([0, 2, 3, 4, 4]),
    )


def _throttle(chance: random.Random) -> Throttle:
    most = chance.choice([None, None, 2, 4, 8])
    adaptive = Adaptive(min=chance.choice([1, 2]), max=most, window=chance.choice([0.2, 1.0, 5.0]))
    return Throttle(
        rate=chance.choice([None, None, 4.0, 20.0, 200.0]),
        burst=chance.choice([None, None, 1, 3, 10]),
        per_host=chance.choice([None, 1, 2, 3]),
        per_host_rate=chance.choice([None, None, 2.0, 10.0, 100.0]),
        circuit=chance.choice([None, Breaker(failures=chance.choice([1, 2, 3]), open=chance.choice([0.2, 1.0, 5.0]))]),
        adaptive=chance.choice([False, adaptive]),
        memory=chance.choice([0.0, 0.5, 0.9]),
    )


def _halt(chance: random.Random) -> Halt:
    return chance.choice(
        [
            Halt(),
            Halt(),
            Halt(consecutive=chance.randint(2, 5)),
            Halt(failures=chance.randint(2, 4), of=chance.randint(4, 10)),
            Halt(failures=0.5, of=chance.randint(2, 10)),
        ]
    )


COMMANDS: tuple[Callable[[random.Random], cmd.Command], ...] = (
    lambda chance: cmd.SetPerHost(chance.choice([None, 1, 2, 3])),
    lambda chance: cmd.SetPerHost(chance.choice([None, 1, 2, 3])),
    lambda chance: cmd.SetPerHostRate(chance.choice([None, 1.0, 5.0, 50.0])),
    lambda chance: cmd.SetPerHostRate(chance.choice([None, 1.0, 5.0, 50.0])),
    lambda chance: cmd.ResetHost(chance.choice(HOSTS)),
    lambda chance: cmd.ResetHost(chance.choice(HOSTS)),
    lambda chance: cmd.SetAdaptive(chance.choice(["on", "off", "freeze", None]), chance.choice([None, 0, 1, 3, 8])),
    lambda chance: cmd.SetAdaptive(chance.choice(["on", "off", "freeze", None]), chance.choice([None, 0, 1, 3, 8])),
    lambda chance: cmd.SetRate(chance.choice([None, 5.0, 100.0])),
    lambda chance: cmd.Release(),
    lambda chance: cmd.Release(),
    lambda chance: cmd.Undo(),
    lambda chance: cmd.Redo(),
)
"""What a person may want of all this."""
