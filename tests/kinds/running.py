"""What the tests of kinds share: jobs, contexts and a clock that only moves when somebody sleeps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from qtui.core.job import Job, Value
from qtui.kinds import KindContext


def job(seq: int = 1, attempt: int = 1, **row: Value) -> Job:
    return Job(seq=seq, key=str(seq), name=str(seq), row=row, attempt=attempt)


class FakeTime:
    """Sleeping moves the clock at once."""

    def __init__(self) -> None:
        self.now = 100.0

    def clock(self) -> float:
        return self.now

    async def sleep(self, delay: float) -> None:
        self.now += delay


def virtual(fake: FakeTime, seed: int = 7) -> KindContext:
    return KindContext(fake.clock, fake.sleep, seed=seed)


def real(
    directory: str = ".",
    timeout_s: float = 30.0,
    environ: Mapping[str, str] | None = None,
    fields: Mapping[str, Value] | None = None,
) -> KindContext:
    return KindContext(
        time.monotonic,
        asyncio.sleep,
        environ=environ or {},
        directory=directory,
        timeout_s=timeout_s,
        fields=fields or {},
    )
