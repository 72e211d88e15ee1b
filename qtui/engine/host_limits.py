"""What hosts are to the engine: nothing while nothing limits them, and who learns from the ends of attempts if so."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qtui.core import events as ev
from qtui.core.job import Failed, Job, Outcome
from qtui.core.tables import Throttle
from qtui.engine.lanes import Hosts

if TYPE_CHECKING:
    from qtui.engine.engine import Engine


class HostLimits:
    """`hosts` is None until something is limited per host, or a host asks for a pause."""

    def __init__(self, engine: Engine, lane_of: Callable[[Job], str]) -> None:
        self._engine, self._lane_of = engine, lane_of
        self.hosts: Hosts | None = None

    def mind(self) -> Hosts:
        """The hosts and their limits; from the first time on that somebody asks for them they are kept."""
        engine = self._engine
        if self.hosts is None:
            self.hosts = Hosts(self._lane_of, engine.throttle, engine.preset.retry.max_retry_after)
            engine.dispatcher.mind(self.hosts)
        return self.hosts

    def change(self, throttle: Throttle) -> None:
        """Other limits per host from now on."""
        engine = self._engine
        engine.throttle = throttle
        self.mind().change(throttle, engine.clock_now())
        engine.dispatcher.starts.limit_changed()

    def tell(self, job: Job, outcome: Outcome, now: float, *, final: bool) -> None:
        """An attempt has ended; its host may need a pause, or be well again."""
        engine, hosts = self._engine, self.hosts
        if hosts is None:
            if not (isinstance(outcome, Failed) and outcome.retry_after and self._lane_of(job)):
                return
            hosts = self.mind()  # the slot has let go of the job
            hosts.running([job])
        for change in hosts.ended(job, outcome, now):
            at = engine.at(now)
            if change.why == "closed":
                engine.emit(ev.HostOpened(at, "auto", change.host))
                engine.dispatcher.wake()  # more than the slot that has become free may go on
            else:
                engine.emit(ev.HostPaused(at, "auto", change.host, change.why, change.for_s))
        if final:
            hosts.forget(job.seq)
