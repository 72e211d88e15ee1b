"""What the simplest kind of job is: it adds no fields, talks to no host, and has nothing to size or to let go of."""

from __future__ import annotations

from collections.abc import Mapping

from qtui.core.job import Job, Value


class PlainKind:
    """All of `Kind` but `run`; a kind says only what is different about it."""

    async def open(self, concurrency: int) -> None:
        """It is ready."""

    def resize(self, concurrency: int) -> None:
        """Any number of attempts at once is the same to it."""

    def fields(self, row: Mapping[str, Value]) -> Mapping[str, Value]:
        return {}

    def lane(self, job: Job) -> str:
        return ""

    async def close(self) -> None:
        """There is nothing to let go of."""
