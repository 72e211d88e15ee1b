"""The marks of control actions on an axis of time: one glyph and, where it helps, the new value."""

from __future__ import annotations

from typing import TypeAlias

from qtui.core import events as ev

Marked: TypeAlias = (
    ev.ProducersPaused
    | ev.ProducersResumed
    | ev.ConcurrencyChanged
    | ev.LimitChanged
    | ev.CapacityChanged
    | ev.RateChanged
    | ev.Held
    | ev.Released
    | ev.Halted
    | ev.MemoryHolds
    | ev.PerHostChanged
    | ev.PerHostRateChanged
    | ev.HostPaused
    | ev.RunResumed
    | ev.DrainStarted
    | ev.DrainTakenBack
    | ev.RunReopened
)
"""What is marked."""
_GOES_ON = (ev.ProducersResumed, ev.Released, ev.RunResumed, ev.DrainTakenBack, ev.RunReopened)


def mark_of(event: Marked) -> str:
    """The mark of an event; `~` before it: qtui did so itself."""
    match event:
        case ev.ProducersPaused():
            mark = "║"
        case ev.ConcurrencyChanged():
            mark = f"{'▲' if event.new > event.old else '▼'}{event.new}"
        case ev.LimitChanged():
            grows = event.new is None or (event.old is not None and event.new > event.old)
            mark = f"~{'▲' if grows else '▼'}{'' if event.new is None else event.new}"
        case ev.CapacityChanged():
            mark = f"■{event.new}"
        case ev.DrainStarted():
            mark = "▼"
        case ev.MemoryHolds():
            mark = "≈" if event.held else "►"
        case _:
            mark = "►" if isinstance(event, _GOES_ON) else "≈"
    return mark
