"""What the commands mean: each is checked, can be asked as a question, and knows how to be taken back."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from qtui import text
from qtui.core import commands as cmd
from qtui.core import events as ev
from qtui.core.snapshot import RunState
from qtui.engine.host_controls import HostControls
from qtui.engine.job_controls import JobControls
from qtui.engine.plan import Plan, Refusal, TooLate, Who

if TYPE_CHECKING:
    from qtui.engine.engine import Engine
    from qtui.engine.producer import Producer

UNDO_DEPTH = 10
_Changes: TypeAlias = "deque[tuple[str, cmd.Command]]"
"""What was done, and the command that turns it round."""
_MODES = {"on": "on", "off": "off", "freeze": "frozen"}


class Controls:
    """The engine's answer to requests."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._undo: _Changes = deque(maxlen=UNDO_DEPTH)
        self._redo: _Changes = deque(maxlen=UNDO_DEPTH)
        self._plans: dict[type, Callable[[Any, Who], Plan | Awaitable[Plan]]] = {
            cmd.SetConcurrency: self._concurrency,
            cmd.SetAdaptive: self._adaptive,
            cmd.SetCapacity: self._capacity,
            cmd.SetRate: self._rate,
            cmd.Pause: self._pause,
            cmd.Resume: self._resume,
            cmd.Hold: self._hold,
            cmd.Release: self._release,
            cmd.Drain: self._drain,
            cmd.KeepRunning: self._keep_running,
            cmd.Stop: self._stop,
            **HostControls(engine).plans,
            **JobControls(engine).plans,
        }

    @property
    def undo_text(self) -> str:
        """What `undo` would take back, or empty."""
        return self._undo[-1][0] if self._undo else ""

    @property
    def redo_text(self) -> str:
        """What `redo` would do again, or empty."""
        return self._redo[-1][0] if self._redo else ""

    async def ask(self, request: cmd.Request) -> cmd.Reply:
        """Carry a request out, or say why not; in a dry run only say what would happen."""
        who = Who(text.clean(request.by, 40) or "you", text.clean(request.reason))
        try:
            plan = await self._checked(request.command, who)
            if request.dry_run:
                return cmd.Reply(True, f"would: {plan.said}")
            plan.do()
        except Refusal as refusal:
            if not request.dry_run:
                self._engine.emit(ev.CommandRefused(self._engine.now(), who.by, str(refusal)))
            return cmd.Reply(False, str(refusal))
        if plan.undo is None or isinstance(request.command, cmd.Undo | cmd.Redo):
            return cmd.Reply(True, plan.said)
        self._undo.append((plan.said, plan.undo))
        self._redo.clear()
        return cmd.Reply(True, plan.said, undo=True)

    async def _checked(self, command: cmd.Command, who: Who) -> Plan:
        if self._engine.ledger.started is None:
            raise Refusal("the run has not started yet")
        match command:
            case cmd.Undo():
                return await self._turned_back(self._undo, self._redo, who, "undo")
            case cmd.Redo():
                return await self._turned_back(self._redo, self._undo, who, "redo")
            case _:
                return await self._plan(command, who)

    async def _turned_back(self, changes: _Changes, others: _Changes, who: Who, word: str) -> Plan:
        """The newest of `changes` turned round; what turns it round again goes to `others`."""
        while changes:
            change = changes[-1]
            try:
                plan = await self._plan(change[1], who)
            except Refusal as refusal:  # what it would turn round may have been changed since
                _drop(changes, change)
                if isinstance(refusal, TooLate):
                    raise
            else:
                return Plan(plan.said, partial(_turn_back, changes, others, change, plan))
        raise Refusal(f"there is nothing to {word}")

    async def _plan(self, command: cmd.Command, who: Who) -> Plan:
        plan = self._plans[type(command)](command, who)
        return plan if isinstance(plan, Plan) else await plan

    # -- numbers

    def _concurrency(self, command: cmd.SetConcurrency, who: Who) -> Plan:
        engine, old, new = self._engine, self._engine.ceilings.asked, command.value
        if engine.strategy == "unbounded":
            raise Refusal('strategy = "unbounded" has no limit that could be changed; every job starts at once')
        if not 0 <= new <= cmd.MAX_CONCURRENCY:
            raise Refusal(f"concurrency is a number from 0 to {cmd.MAX_CONCURRENCY:,}, not {new:,}")
        if new == old:
            raise Refusal(f"concurrency is {old} already")

        def do() -> None:
            engine.emit(ev.ConcurrencyChanged(engine.now(), who.by, old, new, who.reason))
            engine.executor.resize(new)
            engine.ceilings.asked = new

        return Plan(f"concurrency {old} → {new}", do, cmd.SetConcurrency(old))

    def _adaptive(self, command: cmd.SetAdaptive, who: Who) -> Plan:
        ceilings, was, most = self._engine.ceilings, self._engine.ceilings.mode, self._engine.ceilings.policy.max
        if self._engine.strategy == "unbounded":
            raise Refusal('strategy = "unbounded" has no limit that could adapt; every job starts at once')
        mode = command.mode or was
        new_most = most if command.max is None else command.max or None
        if new_most is not None and not ceilings.policy.min <= new_most <= cmd.MAX_CONCURRENCY:
            least = ceilings.policy.min
            raise Refusal(f"the adaptive limit's max is from {least} to {cmd.MAX_CONCURRENCY:,}, not {new_most:,}")
        if mode == was and new_most == most:
            raise Refusal(
                f"the adaptive limit is {_MODES[mode]} already" if command.mode else "that is its max already"
            )
        if was == "off" and mode != "on":
            raise Refusal("the adaptive limit is off; turn it on first")
        said = f"adaptive limit {_MODES[mode]}"
        if new_most != most:
            said += f", at most {new_most:,}" if new_most is not None else ", at most the concurrency"

        undo = cmd.SetAdaptive(was, (most or 0) if new_most != most else None)
        return Plan(said, lambda: ceilings.adapt(mode, new_most, who.by, who.reason, said), undo)

    def _capacity(self, command: cmd.SetCapacity, who: Who) -> Plan:
        engine, old, new = self._engine, self._engine.queue.capacity, command.value
        if engine.strategy != "pool":
            raise Refusal(f'strategy = "{engine.strategy}" takes every job at once; its queue has no bound')
        if not 1 <= new <= cmd.MAX_CAPACITY:
            raise Refusal(f"the bound of the queue is a number from 1 to {cmd.MAX_CAPACITY:,}, not {new:,}")
        if new == old:
            raise Refusal(f"the bound is {old} already")

        def do() -> None:
            engine.emit(ev.CapacityChanged(engine.now(), who.by, old, new, who.reason))
            engine.queue.capacity = new

        return Plan(f"bound {old} → {new}", do, cmd.SetCapacity(old))

    def _rate(self, command: cmd.SetRate, who: Who) -> Plan:
        engine, old, new = self._engine, self._engine.dispatcher.starts.limit.rate, command.value
        if new is not None and not 0.001 <= new <= 1_000_000:
            raise Refusal("a rate limit is between 0.001 and 1,000,000 starts per second, or none")
        if new == old:
            raise Refusal("that is the rate limit already")

        def do() -> None:
            engine.emit(ev.RateChanged(engine.now(), who.by, old, new, who.reason))
            limit = engine.dispatcher.starts.limit
            limit.change(new, limit.burst, engine.clock_now())
            engine.dispatcher.starts.limit_changed()

        said = f"rate limit {text.rate_limit(new)}" if new is not None else "no rate limit"
        return Plan(said, do, cmd.SetRate(old))

    # -- gates

    def _pause(self, command: cmd.Pause, who: Who) -> Plan:
        to_change = [each for each in self._giving(command.producer, command.but) if not each.gate.paused]
        if not to_change:
            raise Refusal("the producers are paused already")
        return self._gate(command, to_change, who)

    def _resume(self, command: cmd.Resume, who: Who) -> Plan:
        to_change = [each for each in self._giving(command.producer, command.but) if each.gate.paused]
        if not to_change:
            raise Refusal("no producer is paused")
        return self._gate(command, to_change, who)

    def _giving(self, index: int | None, but: list[int]) -> list[Producer]:
        engine = self._engine
        if index is not None and not 0 <= index < len(engine.producers):
            raise Refusal(f"there is no producer {index}")
        chosen = engine.producers if index is None else [engine.producers[index]]
        ledger = engine.ledger.producers
        giving = [producer for producer in chosen if not ledger[producer.index].ended and producer.index not in but]
        if not giving:
            raise Refusal("every producer has given all it had")
        return giving

    def _gate(self, command: cmd.Pause | cmd.Resume, to_change: list[Producer], who: Who) -> Plan:
        """Only those that change are turned back: one that had been paused alone stays so."""
        engine, paused = self._engine, isinstance(command, cmd.Pause)
        event, opposite = (ev.ProducersPaused, cmd.Resume) if paused else (ev.ProducersResumed, cmd.Pause)
        changing = [producer.index for producer in to_change]
        told = changing if command.but else [command.producer]

        def do() -> None:
            for producer in to_change:
                producer.gate.paused = paused
            for index in told:
                engine.emit(event(engine.now(), who.by, index, who.reason))
            engine.queue.settle()

        names = [f"producer {engine.ledger.producers[index].name}" for index in told if index is not None]
        others = [each.index for each in self._giving(command.producer, []) if each.index not in changing]
        undo = opposite(command.producer, others)
        return Plan(f"{' and '.join(names) or 'producers'} {'paused' if paused else 'resumed'}", do, undo)

    def _hold(self, _: cmd.Hold, who: Who) -> Plan:
        engine = self._engine
        if engine.dispatcher.held:
            raise Refusal("the workers are held already")

        def do() -> None:
            engine.emit(ev.Held(engine.now(), *who))
            engine.dispatcher.held = True

        return Plan("workers held: nothing new starts", do, cmd.Release())

    def _release(self, _: cmd.Release, who: Who) -> Plan:
        engine = self._engine
        if not engine.dispatcher.held and not engine.ledger.halted:
            raise Refusal("the workers are not held")

        def do() -> None:
            engine.emit(ev.Released(engine.now(), *who))
            engine.barriers.release()
            engine.dispatcher.held = False

        return Plan("workers released", do, cmd.Hold())

    # -- the run

    def _drain(self, _: cmd.Drain, who: Who) -> Plan:
        if self._engine.ledger.state not in (RunState.RUNNING, RunState.PAUSED, RunState.HALTED):
            raise Refusal(f"the run is {self._engine.ledger.state}")
        return Plan("drain: finish what was accepted, then end", lambda: self._engine.drain(*who))

    def _keep_running(self, _: cmd.KeepRunning, who: Who) -> Plan:
        if self._engine.ledger.state is not RunState.DRAINING:
            raise Refusal("the run is not draining")
        return Plan("the run goes on", lambda: self._engine.keep_running(*who))

    def _stop(self, _: cmd.Stop, who: Who) -> Plan:
        if self._engine.ledger.state in (RunState.FINISHED, RunState.STOPPED, RunState.STOPPING):
            raise Refusal(f"the run is {self._engine.ledger.state} already")
        return Plan("stop: running attempts are interrupted", lambda: self._engine.stop(*who))


def _turn_back(changes: _Changes, others: _Changes, change: tuple[str, cmd.Command], plan: Plan) -> None:
    plan.do()
    _drop(changes, change)
    if plan.undo is not None:
        others.append((change[0], plan.undo))


def _drop(changes: _Changes, change: tuple[str, cmd.Command]) -> None:
    """It may be gone, or no longer the newest: some plans take a while, and another command may come meanwhile."""
    with contextlib.suppress(ValueError):
        changes.remove(change)
