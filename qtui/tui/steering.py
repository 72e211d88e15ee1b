"""What keys ask of the engine: which command, after which question, about which job."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from qtui.core.commands import (
    MAX_CAPACITY,
    MAX_CONCURRENCY,
    Drain,
    Hold,
    Pause,
    Redo,
    Release,
    Resume,
    SetAdaptive,
    SetCapacity,
    SetConcurrency,
    SetPerHost,
    SetPerHostRate,
    SetRate,
    Undo,
)
from qtui.core.snapshot import ProducerState, Snapshot
from qtui.text import plural
from qtui.tui.dial import Dial

if TYPE_CHECKING:
    from qtui.tui.app import QtuiApp


class Steering:
    """One method per action that changes something; each works on the snapshot the person saw."""

    def __init__(self, app: QtuiApp) -> None:
        self._app = app
        self.dial = Dial(self._set_workers)

    async def _set_workers(self, value: int) -> bool:
        return await self._app.send(SetConcurrency(value))

    async def pause(self, snap: Snapshot) -> None:
        """Pause all producers; resume them when none is left to pause."""
        running = {ProducerState.ACTIVE, ProducerState.BLOCKED}
        can_pause = any(producer.state in running for producer in snap.producers)
        await self._app.send(Pause() if can_pause else Resume())

    async def hold(self, snap: Snapshot) -> None:
        await self._app.send(Release() if snap.throttle.held_by_person or snap.throttle.halted else Hold())

    async def redo(self, snap: Snapshot) -> None:
        await self._app.send(Redo())

    async def undo(self, snap: Snapshot) -> None:
        await self._app.send(Undo())

    def turn(self, action_id: str, snap: Snapshot) -> bool:
        """Dial the workers; returns whether `dial.run` must be started."""
        change = {
            "more": lambda n: n + 1,
            "fewer": lambda n: n - 1,
            "double": lambda n: max(1, n * 2),
            "halve": lambda n: n // 2,
        }[action_id]
        return self.dial.turn(change, snap.control.concurrency)

    async def workers(self, snap: Snapshot) -> None:
        value = await self._number("Workers", snap.control.concurrency, "slots", 0, MAX_CONCURRENCY)
        if value is not None:
            await self._app.send(SetConcurrency(int(value)))

    async def bound(self, snap: Snapshot) -> None:
        value = await self._number("Bound of the queue", snap.control.capacity, "jobs", 1, MAX_CAPACITY)
        if value is not None:
            await self._app.send(SetCapacity(int(value)))

    async def limit(self, snap: Snapshot) -> None:
        """An empty answer lifts the limit."""
        value = await self._number("Rate limit", snap.control.rate, "starts/s", 0.01, 1e6, none_text="no limit")
        if value is not None:
            await self._app.send(SetRate(None if math.isinf(value) else float(value)))

    async def per_host(self, snap: Snapshot) -> None:
        """An empty answer lifts the limit."""
        current = snap.throttle.per_host
        value = await self._number("At once for one host", current, "attempts", 1, MAX_CONCURRENCY, "no limit")
        if value is not None:
            await self._app.send(SetPerHost(None if math.isinf(value) else int(value)))

    async def per_host_rate(self, snap: Snapshot) -> None:
        """An empty answer lifts the limit."""
        current = snap.throttle.per_host_rate
        value = await self._number("Rate limit for one host", current, "starts/s", 0.01, 1e6, "no limit")
        if value is not None:
            await self._app.send(SetPerHostRate(None if math.isinf(value) else float(value)))

    async def pause_one(self, snap: Snapshot) -> None:
        """Choose a producer, and pause it or let it go on."""
        from qtui.tui.screens.producers import ProducerDialog

        chosen = await self._app.push_screen_wait(ProducerDialog(snap))
        if chosen is not None:
            paused = any(each.index == chosen and each.state is ProducerState.PAUSED for each in snap.producers)
            await self._app.send(Resume(chosen) if paused else Pause(chosen))

    async def drain(self, snap: Snapshot) -> None:
        """Ask, then let the run come to its end with what it has accepted."""
        from qtui.tui.screens.confirm import Confirm

        left = snap.counts.pending + snap.counts.running + snap.counts.waiting
        lines = [
            f"{plural(left, 'job')} accepted and not finished; they are finished, nothing new is taken in.",
            "The run ends then, and the next start of the preset goes on with the rest.",
        ]
        if await self._app.push_screen_wait(Confirm("Drain this run?", lines, "Drain it")):
            await self._app.send(Drain())

    async def reload(self, snap: Snapshot) -> None:
        from qtui.tui.preset_keys import reload_preset

        await reload_preset(self._app, snap)

    async def adaptive(self, snap: Snapshot) -> None:
        auto = snap.throttle.adaptive
        await self._app.send(SetAdaptive("on" if auto is None or auto.frozen else "freeze"))

    async def _number(
        self, title: str, current: float | None, unit: str, minimum: float, maximum: float, none_text: str | None = None
    ) -> float | None:
        from qtui.tui.screens.prompt import NumberPrompt

        prompt = NumberPrompt(title, current, minimum=minimum, maximum=maximum, unit=unit, none_text=none_text)
        return await self._app.push_screen_wait(prompt)
