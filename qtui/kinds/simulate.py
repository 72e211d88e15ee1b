"""Jobs that only wait, and sometimes fail: for talks, for trying a preset, and for testing the engine.

What happens follows from the seed, the job's number, the attempt and, during bursts, the time; nothing else.
"""

from __future__ import annotations

import math
import struct
import time
from collections.abc import Callable
from hashlib import blake2b
from http import HTTPStatus
from statistics import NormalDist
from typing import Annotated, ClassVar, Literal, final

import msgspec

from qtui.core.job import Done, Failed, Job
from qtui.core.tables import Table
from qtui.core.units import Duration
from qtui.kinds.context import KindContext
from qtui.kinds.plain import PlainKind
from qtui.text import seconds

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]

_LATENCY_CAP = 20.0
"""No simulated attempt takes more than so many times the latency."""
_NORMAL = NormalDist()


class Bursts(Table, frozen=True, kw_only=True):
    """[job.simulate.bursts]: once in every period, somewhere in it, much fails for a while."""

    every: Duration = 25.0
    """How often there is a burst."""
    lasting: Duration = msgspec.field(name="for", default=4.0)
    """How long it lasts."""
    share: Share = 0.5
    """How many of the attempts that end during a burst fail."""


class SimulateTable(Table, frozen=True, kw_only=True):
    """[job.simulate]"""

    operational: ClassVar[frozenset[str]] = frozenset(
        {
            "latency",
            "distribution",
            "sigma",
            "spread",
            "fail",
            "retryable",
            "codes",
            "final_codes",
            "bursts",
            "block",
            "block_every",
            "seed",
        }
    )
    """All of them: nothing is executed that could be another thing."""

    example: ClassVar[str] = """
        preset = { description = "Jobs that only wait, and sometimes fail" }
        source = [{ kind = "range", stop = 20 }]
        queue = { capacity = 16 }
        workers = { concurrency = 4 }
        results = { path = "results.jsonl" }
        [job]
        name = "job {n}"
        key = "{n}"
        simulate = { latency = "200ms", fail = 0.1 }
    """

    latency: Duration = 0.5
    """How long an attempt takes: the median of `lognormal`, the middle of `uniform`, all of `constant`."""
    distribution: Literal["lognormal", "uniform", "constant"] = "lognormal"
    """lognormal looks like a network: most are quick, a few take very long."""
    sigma: Annotated[float, msgspec.Meta(ge=0, le=5)] = 0.6
    """The width of `lognormal`; 1.25 has a p99 eighteen times the median."""
    spread: Share = 0.5
    """The width of `uniform`, up and down, as a share of the latency."""
    fail: Share = 0.0
    """The share of jobs that fail at first."""
    retryable: Share = 0.8
    """The share of those that succeed at a later attempt; the others fail for ever."""
    codes: Annotated[list[str], msgspec.Meta(min_length=1)] = msgspec.field(
        default_factory=lambda: ["http:503", "timeout", "connection"]
    )
    """Error classes of failures that pass."""
    final_codes: Annotated[list[str], msgspec.Meta(min_length=1)] = msgspec.field(default_factory=lambda: ["http:404"])
    """Error classes of failures that stay."""
    bursts: Bursts | None = None
    """Now and then much fails for a while."""
    block: Duration = 0.0
    """For so long an attempt holds up the whole engine first, as code does that never awaits: to see what that does."""
    block_every: Annotated[int, msgspec.Meta(ge=1)] = 1
    """Only every so many-th job does."""
    seed: int | None = None
    """The run's seed when absent."""

    def describe(self, fill: Callable[[str], str]) -> str:
        return f"waits about {seconds(self.latency)}"


@final
class SimulateKind(PlainKind):
    """Waits, then succeeds or fails as the table says."""

    def __init__(self, table: SimulateTable, context: KindContext) -> None:
        self._table = table
        self._sleep = context.sleep
        self._clock = context.clock
        self._seed = context.seed if table.seed is None else table.seed
        self._start = context.clock()

    async def open(self, concurrency: int) -> None:
        self._start = self._clock()

    async def run(self, job: Job) -> Done | Failed:
        pace, luck, which = self._draw(job.seq, job.attempt)
        latency = self._latency(pace)
        fate = self._fate(job)
        if fate is not None and fate.code == "timeout":
            latency = self._latency(0.999)
        if self._table.block and job.seq % self._table.block_every == 0:
            time.sleep(self._table.block)  # noqa: ASYNC251  # blocking the loop is what was asked for
        if latency > 0:
            await self._sleep(latency)
        if fate is not None:
            return fate
        if self._table.bursts is not None and self._in_burst(self._table.bursts) and luck < self._table.bursts.share:
            return self._failure(_pick(self._table.codes, which))
        return Done({"n": job.seq, "attempt": job.attempt, "took_s": round(latency, 3)}, seconds(latency))

    def _fate(self, job: Job) -> Failed | None:
        """How the attempt fails by the job's own fate, the same in every run."""
        table = self._table
        if not table.fail:
            return None
        fails, passes, which = self._draw(job.seq, 0)
        if fails >= table.fail:
            return None
        if passes >= table.retryable:
            return self._failure(_pick(table.final_codes, which))
        failing_attempts = 1 if passes < table.retryable * 0.75 else 2
        return self._failure(_pick(table.codes, which)) if job.attempt <= failing_attempts else None

    def _failure(self, code: str) -> Failed:
        return Failed(code, _message(code, self._latency(0.999)))

    def _latency(self, drawn: float) -> float:
        table = self._table
        match table.distribution:
            case "constant":
                return table.latency
            case "uniform":
                return table.latency * (1 + table.spread * (2 * drawn - 1))
            case _:
                normal = _NORMAL.inv_cdf(min(max(drawn, 1e-9), 1 - 1e-9))
                return table.latency * min(math.exp(table.sigma * normal), _LATENCY_CAP)

    def _draw(self, seq: int, which: int) -> tuple[float, float, float]:
        """Three numbers in [0, 1) that belong to a job's attempt; 0 is its fate, job 0 is the bursts."""
        drawn = blake2b(b"%d/%d/%d" % (self._seed, seq, which), digest_size=24).digest()
        one, two, three = struct.unpack("<QQQ", drawn)
        return (one >> 11) * 2**-53, (two >> 11) * 2**-53, (three >> 11) * 2**-53

    def _in_burst(self, bursts: Bursts) -> bool:
        if not bursts.every:
            return False
        elapsed = self._clock() - self._start
        period = math.floor(elapsed / bursts.every)
        slack = max(0.0, bursts.every - bursts.lasting)
        begins = period * bursts.every + slack * self._draw(0, period)[0]
        return begins <= elapsed < begins + bursts.lasting


def _pick(codes: list[str], drawn: float) -> str:
    return codes[int(drawn * len(codes))]


def _message(code: str, slowest: float) -> str:
    """What a real failure of this class would say."""
    family, _, rest = code.partition(":")
    match family:
        case "http" if rest.isdigit() and int(rest) in HTTPStatus._value2member_map_:
            return HTTPStatus(int(rest)).phrase
        case "timeout":
            return f"no answer within {seconds(slowest)}"
        case "connection":
            return "connection reset by the other side"
        case "exit":
            return f"the command ended with exit code {rest}"
        case "exception":
            return f"simulated {rest}"
        case _:
            return "simulated failure"
