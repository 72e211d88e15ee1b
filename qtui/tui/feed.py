"""Follows a run for the screen: the newest snapshot, how old it is, and whether the engine is still there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from qtui.core.commands import Command, Reply, Request, Stop
from qtui.core.port import Paced, Port
from qtui.core.queries import Answer, Query, Unknown
from qtui.core.snapshot import RunState, Snapshot
from qtui.core.stall import Stall
from qtui.errors import LinkError, QtuiError

OLD_AFTER_S = 2.0
"""Snapshots come several times a second, whether anything changes or not; silence for so long means a hung engine."""
LOOK_AFTER_S = 1.0
"""After so long without a snapshot it is worth looking whether something blocks the engine's loop."""
ANSWER_S = 5.0
"""How long an answer is waited for."""
OWN_PAUSE_S = 0.75
"""A gap between two beats of this face that is its own: what the engine said meanwhile has not been read yet."""
AGAIN_S = 1.0
"""How often a lost engine is looked for."""
ENDS = frozenset({RunState.FINISHED, RunState.STOPPED})
WATCHING = "this screen only watches; `qtui attach` without --watch steers"

Again = Callable[[str], Awaitable[Port]]
Stalled = Callable[[str], Stall | None]


class Feed:
    """One run at a time; `clock` is monotonic, in seconds. A lost engine is looked for by `again` with the run's id.

    `stalled` is asked with the run's id what blocks the loop of a silent engine; it may take its time.
    `watch`: nothing may be changed from here; the engine refuses it too.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        again: Again | None = None,
        stalled: Stalled = lambda run_id: None,
        watch: bool = False,
    ) -> None:
        self.newest: Snapshot | None = None
        self.lost = False
        """The stream ended although the run had not."""
        self.gone = False
        """It was looked for, and nobody runs this run any more."""
        self.watch = watch
        self._clock = clock
        self._again = again
        self._stalled = stalled
        self._looking: asyncio.Future[Stall | None] | None = None
        self._stall: Stall | None = None
        self._port: Port | None = None
        self._arrived_at = self._beat_at = 0.0
        self.ended_here = False
        """A stop was asked for here, or the engine was killed."""
        self._closed = False
        self._paced: tuple[Port, float] | None = None
        """Who was asked for how many."""

    @property
    def port(self) -> Port | None:
        """None until the run is reached."""
        return self._port

    @property
    def over(self) -> bool:
        """The run has come to its end, by itself or by a stop asked for here."""
        return self.newest is not None and (self.newest.state in ENDS or (self.lost and self.ended_here))

    @property
    def age_s(self) -> float:
        """How old the picture is."""
        return self._clock() - self._arrived_at

    @property
    def stale(self) -> bool:
        """The picture is not of now: the engine is lost or hangs."""
        return self.newest is not None and not self.over and (self.lost or self.age_s >= OLD_AFTER_S)

    @property
    def stall(self) -> Stall | None:
        """What blocks the loop of an engine that is silent."""
        return self._stall if self._silent else None

    @property
    def _silent(self) -> bool:
        """There is an engine, and it says nothing; perhaps it never has."""
        return self._port is not None and not self.over and not self.lost and self.age_s >= LOOK_AFTER_S

    @property
    def trouble(self) -> str:
        """`engine lost, data 8 s old`, `data 8 s old`, or empty."""
        if not self.stale:
            return "engine lost" if self.lost and not self.over else ""
        return f"engine lost, {self._age}" if self.lost else self._age

    @property
    def _age(self) -> str:
        return f"data {self.age_s:.0f} s old"

    @property
    def refusal(self) -> str:
        """Why nothing can be changed now, or empty."""
        if self._port is None or self.newest is None:
            return "not connected to the engine yet"
        if self.watch:
            return WATCHING
        if self.lost:
            return "the engine is lost, nothing can be changed"
        if self.stale:
            return f"the engine has not answered for {self.age_s:.0f} s, nothing can be changed"
        return ""

    def beat(self) -> None:
        """This face runs: to be called several times a second, so that its own standstills are not the engine's."""
        now = self._clock()
        if (gap := now - self._beat_at) > OWN_PAUSE_S:
            self._arrived_at += gap
        self._beat_at = now
        if self._silent and self._looking is None:
            run_id = self.newest.run_id if self.newest is not None else ""
            self._looking = asyncio.ensure_future(asyncio.to_thread(self._stalled, run_id))
            self._looking.add_done_callback(self._looked)

    def _looked(self, looking: asyncio.Future[Stall | None]) -> None:
        self._looking = None
        self._stall = None if looking.cancelled() or looking.exception() else looking.result()

    async def follow(self, port: Port, arrived: Callable[[], None]) -> None:
        """Keep the newest snapshot of a run until it is over, through losses of its engine; `arrived` hears of each."""
        found: Port | None = port
        self._closed = False
        self._arrived_at = self._beat_at = self._clock()
        while found is not None:
            await self._listen(found, arrived)
            found = await self._look_for(arrived) if self.lost and not self.over else None

    async def _listen(self, port: Port, arrived: Callable[[], None]) -> None:
        self._port = port
        async for snap in port.snapshots():
            self.newest = snap
            self.lost = self.gone = False
            self._arrived_at = self._clock()
            arrived()
        self.lost = self.newest is None or self.newest.state not in ENDS
        arrived()

    async def _look_for(self, arrived: Callable[[], None]) -> Port | None:
        """The same run once its engine answers again, or a new engine has resumed it."""
        if self._again is None or self.newest is None or not self.newest.run_id:
            self.gone = True
            return None
        if self._port is not None:
            await self._port.close()
        while not self._closed:
            try:
                return await self._again(self.newest.run_id)
            except QtuiError as error:
                self.gone = not isinstance(error, LinkError)  # a run that lives and does not answer is not gone
            arrived()
            await asyncio.sleep(AGAIN_S)  # an engine that comes back tells nobody
        return None

    def pace(self, hz: float) -> None:
        """Ask for so many snapshots a second, where that can be asked and is not the case already.

        Not before the first one: an engine that refuses to start may be closing, and the failure to write to it would
        hide the reason that it has already given.
        """
        if self.newest is not None and isinstance(self._port, Paced) and (self._port, hz) != self._paced:
            self._paced = (self._port, hz)
            self._port.pace(hz)

    async def send(self, command: Command) -> Reply:
        """Ask for a change; refused with the reason while there is nobody to ask."""
        if self._port is None or self.refusal:
            return Reply(False, self.refusal)
        self.ended_here |= isinstance(command, Stop)
        try:
            async with asyncio.timeout(ANSWER_S):
                return await self._port.send(Request(command))
        except TimeoutError:
            return Reply(False, f"the engine has not answered for {ANSWER_S:.0f} s; it may still do it")

    async def ask(self, query: Query) -> Answer:
        """Ask about the past."""
        if self._port is None:
            return Unknown(self.refusal)
        return await self._port.query(query)

    async def close(self) -> None:
        """Leave the run; it goes on."""
        self._closed = True
        if self._port is not None:
            await self._port.close()
