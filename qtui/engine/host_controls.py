"""What the commands about hosts mean: their limits, and asking one again before its time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from qtui import text
from qtui.core import commands as cmd
from qtui.core import events as ev
from qtui.engine.plan import Plan, Refusal, Who

if TYPE_CHECKING:
    from qtui.engine.engine import Engine

TOLD = 5
"""So many hosts are named in a refusal."""


class HostControls:
    """A part of the engine's answer to requests."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.plans: Mapping[type, Callable[[Any, Who], Plan]] = {
            cmd.SetPerHost: self._per_host,
            cmd.SetPerHostRate: self._per_host_rate,
            cmd.ResetHost: self._reset,
        }

    def _per_host(self, command: cmd.SetPerHost, who: Who) -> Plan:
        engine, old, new = self._engine, self._engine.throttle.per_host, command.value
        if new is not None and not 1 <= new <= cmd.MAX_CONCURRENCY:
            raise Refusal(f"the limit per host is a number from 1 to {cmd.MAX_CONCURRENCY:,}, or none")
        if new == old:
            raise Refusal("that is the limit per host already")

        def do() -> None:
            engine.emit(ev.PerHostChanged(engine.now(), who.by, old, new, who.reason))
            engine.host_limits.change(replace(engine.throttle, per_host=new))

        said = f"at most {text.plural(new, 'attempt')} at once per host" if new is not None else "no limit per host"
        return Plan(said, do, cmd.SetPerHost(old))

    def _per_host_rate(self, command: cmd.SetPerHostRate, who: Who) -> Plan:
        engine, old, new = self._engine, self._engine.throttle.per_host_rate, command.value
        if new is not None and not 0.001 <= new <= 1_000_000:
            raise Refusal("a rate limit is between 0.001 and 1,000,000 starts per second, or none")
        if new == old:
            raise Refusal("that is the rate limit per host already")

        def do() -> None:
            engine.emit(ev.PerHostRateChanged(engine.now(), who.by, old, new, who.reason))
            engine.host_limits.change(replace(engine.throttle, per_host_rate=new))

        said = f"rate limit {text.rate_limit(new)} per host" if new is not None else "no rate limit per host"
        return Plan(said, do, cmd.SetPerHostRate(old))

    def _reset(self, command: cmd.ResetHost, who: Who) -> Plan:
        engine, hosts, host = self._engine, self._engine.hosts, command.host
        alone = hosts.left_alone(engine.clock_now()) if hosts is not None else []
        if hosts is None or host not in alone:
            there = ", ".join(_name(each) for each in alone[:TOLD]) + (" …" if len(alone) > TOLD else "")
            raise Refusal(f"{_name(host)} is not left alone; {f'there are {there}' if alone else 'no host is'}")

        def do() -> None:
            if hosts.reset(host, engine.clock_now()):
                engine.emit(ev.HostOpened(engine.now(), who.by, host, who.reason))
                engine.dispatcher.wake()

        return Plan(f"{_name(host)} is asked again at once", do)


def _name(host: str) -> str:
    return text.clean(host, 80) or "jobs without a host"
