"""Follows a run for the screen: the newest snapshot, how old it is, and whether the engine is still there."""

from __future__ import annotations

from collections.abc import Callable

from qtui.core.commands import Command, Reply, Request, Stop
from qtui.core.port import Port
from qtui.core.queries import Answer, Query, Unknown
from qtui.core.snapshot import RunState, Snapshot

OLD_AFTER_S = 2.5
"""Snapshots come several times a second; silence for so long is worth a word."""
ENDS = frozenset({RunState.FINISHED, RunState.STOPPED})


class Feed:
    """One run at a time; `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.newest: Snapshot | None = None
        self.lost = False
        """The stream ended although the run had not."""
        self._clock = clock
        self._port: Port | None = None
        self._arrived_at = 0.0
        self.ended_here = False
        """A stop was asked for here, or the engine was killed."""

    @property
    def port(self) -> Port | None:
        """None until the run is reached."""
        return self._port

    @property
    def over(self) -> bool:
        """The run has come to its end, by itself or by a stop asked for here."""
        return self.newest is not None and (self.newest.state in ENDS or (self.lost and self.ended_here))

    @property
    def trouble(self) -> str:
        """`engine lost`, `data 8 s old`, or empty."""
        if self.lost:
            return "engine lost"
        age = self._clock() - self._arrived_at
        if self.newest is None or self.over or age < OLD_AFTER_S:
            return ""
        return f"data {age:.0f} s old"

    @property
    def refusal(self) -> str:
        """Why nothing can be changed now, or empty."""
        if self._port is None or self.newest is None:
            return "not connected to the engine yet"
        if self.lost:
            return "the engine is lost, nothing can be changed"
        return ""

    async def follow(self, port: Port, arrived: Callable[[], None]) -> None:
        """Keep the newest snapshot of `port` until its stream ends; calls `arrived` for each."""
        self._port = port
        self._arrived_at = self._clock()
        async for snap in port.snapshots():
            self.newest = snap
            self._arrived_at = self._clock()
            arrived()
        self.lost = self.newest is None or self.newest.state not in ENDS
        arrived()

    async def send(self, command: Command) -> Reply:
        """Ask for a change; refused with the reason while there is nobody to ask."""
        if self._port is None or self.refusal:
            return Reply(False, self.refusal)
        self.ended_here |= isinstance(command, Stop)
        return await self._port.send(Request(command))

    async def ask(self, query: Query) -> Answer:
        """Ask about the past."""
        if self._port is None:
            return Unknown(self.refusal)
        return await self._port.query(query)

    async def close(self) -> None:
        """Leave the run; it goes on."""
        if self._port is not None:
            await self._port.close()
