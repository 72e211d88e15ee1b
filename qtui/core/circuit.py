"""When a host is left alone: its circuit after repeated errors, its cool-down when it asks for one; as pure steps."""

from __future__ import annotations

import math

import msgspec

from qtui.core.job import Done, Failed, Outcome
from qtui.core.tables import Breaker


class Circuit(msgspec.Struct, frozen=True, gc=False):
    """Closed while `until` is None; open until then; after that one attempt may probe."""

    failures: int = 0
    """Errors in a row."""
    until: float | None = None
    probing: bool = False

    def opens_at(self, now: float) -> float:
        """When an attempt may start: `now` when it may at once, infinity while a probe runs."""
        if self.until is None:
            return now
        return math.inf if self.probing else max(now, self.until)


CLOSED = Circuit()


def counts_against(outcome: Outcome) -> bool:
    """Whether the other side is to blame as a whole: it cannot be reached, is late or is broken."""
    if not isinstance(outcome, Failed):
        return False
    return outcome.code in ("connection", "timeout") or outcome.code.startswith("http:5")


def started(circuit: Circuit) -> Circuit:
    """An attempt has started; on an open circuit it is the probe."""
    return circuit if circuit.until is None else msgspec.structs.replace(circuit, probing=True)


def ended(policy: Breaker, circuit: Circuit, outcome: Outcome, now: float, *, probe: bool) -> Circuit:
    """What the end of an attempt makes of it; attempts from before it opened no longer count."""
    if circuit.until is not None and not probe:
        return circuit
    if counts_against(outcome):
        failures = circuit.failures + 1
        if probe or failures >= policy.failures:
            return Circuit(failures, now + policy.open)
        return Circuit(failures)
    if isinstance(outcome, Done | Failed):
        return CLOSED
    return Circuit(circuit.failures, now) if probe else circuit  # it was cut short and says nothing


class Cooling(msgspec.Struct, frozen=True, gc=False):
    """A host asked for a pause: nothing starts until `until`."""

    began: float = -math.inf
    until: float = -math.inf


WARM = Cooling()


def cooled(cooling: Cooling, asked_s: float, longest_s: float, now: float) -> Cooling:
    """What a Retry-After makes of it: a pause never lasts longer than `longest_s`, whatever is asked during it."""
    began = cooling.began if now < cooling.until else now
    return Cooling(began, max(cooling.until, min(now + max(0.0, asked_s), began + longest_s)))
