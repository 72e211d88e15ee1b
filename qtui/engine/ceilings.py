"""How many attempts may run at once: the least of what a person asks for, what adapts, and what descriptors allow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from qtui.core import events as ev
from qtui.core import throttle
from qtui.core.commands import Mode
from qtui.core.job import NO_DESCRIPTORS, Failed, Job, Outcome
from qtui.core.snapshot import AutoView
from qtui.core.tables import Adaptive
from qtui.core.throttle import Bounds, Limit
from qtui.engine.dispatch import Dispatcher

DEFAULT_MOST = 64
"""The most that an adaptive limit allows where nobody says."""
REGROW_S = 5.0
"""So long without trouble, and one attempt more may try to get its descriptors."""


class Ceilings:
    """Sets the concurrency of the dispatcher; every change but a person's own is told with its reason."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        policy: Adaptive | None,
        emit: Callable[[ev.Event], None],
        now: Callable[[], float],
        *,
        bounded: bool = True,
    ) -> None:
        """Where a run is not `bounded`, nothing here ever limits it."""
        self._dispatcher, self._emit, self._now = dispatcher, emit, now
        self._asked, self._bounded = dispatcher.concurrency, bounded
        self.policy = policy or Adaptive()
        self.frozen = False
        self.limit: Limit | None = throttle.begin(self.bounds, now()) if policy is not None and bounded else None
        """None while nothing adapts."""
        self.descriptors: int | None = None
        """None while there are enough."""
        self._window: asyncio.TimerHandle | None = None
        self._regrow: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._apply()

    @property
    def asked(self) -> int:
        """What a person asks for; never exceeded."""
        return self._asked

    @asked.setter
    def asked(self, value: int) -> None:
        self._asked = value
        self._apply()
        self._look()

    @property
    def bounds(self) -> Bounds:
        most = self.policy.max or self._asked or DEFAULT_MOST
        return Bounds(min(self.policy.min, most), most, self.policy.window)

    @property
    def mode(self) -> Mode:
        """on, off or freeze."""
        return "off" if self.limit is None else "freeze" if self.frozen else "on"

    def view(self) -> AutoView | None:
        """The adaptive limit for the picture."""
        if self.limit is None:
            return None
        least, most, _ = self.bounds
        return AutoView(min(self.limit.value, most), least, most, self.frozen, self.limit.reason)

    # -- what happens

    def begin(self) -> None:
        """Tell what the run begins with."""
        if self.limit is not None:
            self._emit(ev.LimitChanged(self._now(), "auto", None, self.limit.value, self.limit.reason))

    def started(self, now: float) -> None:
        """An attempt has started."""
        if self._window is None and self.limit is not None and self._dispatcher.running >= self.limit.value:
            self._use(now)

    def ended(self, outcome: Outcome, job: Job, host_of: Callable[[Job], str], run_s: float, now: float) -> None:
        """An attempt has ended that was not done."""
        if self._bounded and outcome == NO_DESCRIPTORS:
            self._lacked(now)
        was = self.limit
        if was is None or self.frozen or not isinstance(outcome, Failed):
            return
        self.limit = throttle.ended(self.bounds, was, outcome, now - run_s, now, host_of(job))
        if self.limit.value != was.value:
            self._stop_window()
            self._emit(ev.LimitChanged(now, "auto", was.value, self.limit.value, self.limit.reason))
            self._apply()
            self._look()

    def adapt(self, mode: Mode, most: int | None, by: str, reason: str, said: str) -> None:
        """A person's wish: on, off or freeze, and the most that is allowed; `said` is the wish in words."""
        now, before = self._now(), self.limit
        self.policy = msgspec.structs.replace(self.policy, max=most)
        bounds = self.bounds
        if mode == "off":
            self.limit = None
        elif before is None:  # what was allowed until now went well enough for a person
            self.limit = Limit(max(1, bounds.most), now + bounds.window_s, doubling=False, reason=f"turned on by {by}")
        elif before.value > bounds.most:
            self.limit = msgspec.structs.replace(before, value=bounds.most)
        self.frozen = mode == "freeze"
        self._stop_window()
        old, new = (each.value if each is not None else None for each in (before, self.limit))
        if old == new:
            self._emit(ev.CommandDone(now, by, said, reason))
        else:
            self._emit(ev.LimitChanged(now, by, old, new, reason or said))
        self._apply()
        self._look()

    def close(self) -> None:
        for timer in (self._window, self._regrow):
            if timer is not None:
                timer.cancel()

    # -- the adaptive limit

    def _use(self, now: float) -> None:
        if self.limit is not None and not self.frozen:
            self.limit = throttle.reached(self.bounds, self.limit, now)
            if self._window is None:
                self._window = self._loop.call_later(max(0.0, self.limit.ends - now), self._turned)

    def _look(self) -> None:
        """Note when so many attempts run already: none of them may start or end for long."""
        if self.limit is not None and self._dispatcher.running >= self.limit.value > 0:
            self._use(self._now())

    def _stop_window(self) -> None:
        if self._window is not None:
            self._window.cancel()
            self._window = None

    def _turned(self) -> None:
        self._window = None
        was, now = self.limit, self._now()
        if was is None or self.frozen:
            return
        self.limit, why = throttle.turned(self.bounds, was, now)
        if self.limit.value != was.value:
            self._emit(ev.LimitChanged(now, "auto", was.value, self.limit.value, why))
            self._apply()
        self._look()

    # -- descriptors

    def _lacked(self, now: float) -> None:
        """An attempt got no descriptor while the others ran: no more than those may run."""
        others = max(1, self._dispatcher.running)
        if self.descriptors is None or others < self.descriptors:
            self._allow(others, NO_DESCRIPTORS.why)
        if self._regrow is not None:
            self._regrow.cancel()
        self._regrow = self._loop.call_later(REGROW_S, self._grow)

    def _grow(self) -> None:
        self._regrow = None
        if self.descriptors is None:
            return
        more = self.descriptors + 1
        if more < self._asked:
            self._regrow = self._loop.call_later(REGROW_S, self._grow)
        self._allow(more if more < self._asked else None, f"file descriptors sufficed for {REGROW_S:.0f}s")

    def _allow(self, number: int | None, why: str) -> None:
        self._emit(ev.LimitChanged(self._now(), "auto", self.descriptors, number, why, "descriptors"))
        self.descriptors = number
        self._apply()

    # -- what they come to

    def _apply(self) -> None:
        value = self._asked
        if self.limit is not None:
            value = min(value, self.limit.value)
        if self.descriptors is not None:
            value = min(value, self.descriptors)
        if value != self._dispatcher.concurrency:
            self._dispatcher.concurrency = value
