"""What a stretch of the timeline amounts to: how busy the slots were, what ended, how long it took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qtui.core.queries import Span
from qtui.core.snapshot import SlotState, SlotView
from qtui.text import count, percent, seconds
from qtui.tui.canvas import Span as Words
from qtui.tui.screens.timeline_past import Past

ORDERS = ("slot", "busiest", "slowest", "most failures")


@dataclass(frozen=True, slots=True)
class Stats:
    busy_share: float
    jobs: int
    """Attempts that ended for good."""
    p95: float
    failures: int
    retries: int


def running_in(slot: SlotView | None, origin: float, now: float) -> Span | None:
    """The attempt that runs in a slot, ending where it has got to."""
    if slot is None or not slot.seq or slot.state not in (SlotState.RUNNING, SlotState.LEAVING):
        return None
    return Span(slot.seq, slot.attempt, slot.number, origin + now - slot.elapsed_s, origin + now, "running")


def stats(past: Past, numbers: Sequence[int], running: Sequence[Span], since: float, until: float) -> Stats:
    """Of these slots between two wall clocks."""
    over = [span for number in numbers for span in past.over(number, since, until)]
    busy = sum(max(0.0, min(span.end, until) - max(span.start, since)) for span in [*over, *running])
    there = [past.slots_at(since + (until - since) * (step + 0.5) / 16) for step in range(16)]
    slots = sum(len(numbers) if number is None else min(number, len(numbers)) for number in there) / len(there)
    ended = [span for span in over if since <= span.end < until]
    times = sorted(span.end - span.start for span in ended if span.outcome == "done")
    return Stats(
        max(0.0, min(1.0, busy / (slots * (until - since)))) if slots and until > since else 0.0,
        sum(span.outcome in ("done", "failed") for span in ended),
        times[min(len(times) - 1, int(len(times) * 0.95))] if times else 0.0,
        sum(span.outcome == "failed" for span in ended),
        sum(span.outcome == "retry" for span in ended),
    )


def words(told: Stats, length: float, *, sampled: bool) -> tuple[list[Words], list[Words]]:
    """What is said of a range: how long and how busy, and what ended in it."""
    p95 = seconds(told.p95) if told.p95 else "-"
    busy = [
        Words(f"{seconds(length)} ", bold=True),
        *([Words("a sample: ", "pressure")] if sampled else []),
        Words("  slots busy ", "dim"),
        Words(percent(told.busy_share), bold=True),
    ]
    ended = [
        Words("jobs ", "dim"),
        Words(count(told.jobs), bold=True),
        Words("   p95 ", "dim"),
        Words(p95, bold=True),
        Words("   failed ", "dim"),
        Words(count(told.failures), "failed_text" if told.failures else "text", True),
        Words("   retried ", "dim"),
        Words(count(told.retries), "retry_text" if told.retries else "text", True),
    ]
    return busy, ended


def ordered(order: str, past: Past, numbers: Sequence[int], since: float, until: float) -> list[int]:
    """The slots by what they did in a stretch; equal ones by their numbers."""
    if order == "slot":
        return sorted(numbers)

    def worth(number: int) -> float:
        spans = past.over(number, since, until)
        if order == "busiest":
            return sum(min(span.end, until) - max(span.start, since) for span in spans)
        if order == "slowest":
            return max((span.end - span.start for span in spans), default=0.0)
        bad = [span.outcome for span in spans]
        return bad.count("failed") * 1000 + bad.count("retry")

    return sorted(numbers, key=lambda number: (-worth(number), number))
