"""One line per change, message first and time last: for logs, pipes and screen readers."""

from __future__ import annotations

import time

from qtui.core.eta import Eta
from qtui.core.snapshot import LogLine, RunState, Snapshot
from qtui.core.verdict import Kind, Verdict
from qtui.text import clean, count, rate

SUMMARY_S = 30.0
_STATES = {
    RunState.RUNNING: "Running",
    RunState.PAUSED: "Producers paused",
    RunState.DRAINING: "Draining",
    RunState.STOPPING: "Stopping",
    RunState.FINISHED: "Finished",
    RunState.STOPPED: "Stopped",
}
_QUIET = frozenset({Kind.STARTING, Kind.PAUSED, Kind.DRAINING, Kind.STOPPING, Kind.FINISHED, Kind.STOPPED})
"""Verdicts that the state of the run says already."""


class Linear:
    """Turns snapshots into lines; remembers only what was said last."""

    def __init__(self) -> None:
        self._state: RunState | None = None
        self._kind: Kind | None = None
        self._groups: set[str] = set()
        self._said: LogLine | None = None
        self._problem = ""
        self._summary_at = SUMMARY_S

    def lines(self, snap: Snapshot, verdict: Verdict, eta: Eta) -> list[str]:
        """What has changed since the last snapshot, in the order in which a person wants to know it."""
        now = snap.started_at + snap.elapsed_s
        lines = [_stamped(text, now) for text in self._changes(snap, verdict)]
        lines += [_stamped(f"{clean(line.actor, 20)}: {clean(line.text)}", line.at) for line in self._log(snap)]
        if snap.elapsed_s >= self._summary_at and snap.state is not RunState.FINISHED:
            self._summary_at = snap.elapsed_s + SUMMARY_S
            lines.append(_stamped(standing(snap, eta), now))
        return lines

    def _changes(self, snap: Snapshot, verdict: Verdict) -> list[str]:
        texts = []
        if snap.state is not self._state and snap.state in _STATES:
            texts.append(f"{_STATES[snap.state]}: {clean(snap.name, 60)}")
        self._state = snap.state
        if verdict.kind is not self._kind and verdict.kind not in _QUIET:
            texts.append(f"{verdict.word.capitalize()}: {clean(verdict.sentence)}")
        self._kind = verdict.kind
        if snap.problem != self._problem:
            texts.append(clean(snap.problem) if snap.problem else "The trouble is over")
            self._problem = snap.problem
        for group in snap.failures:
            if group.signature not in self._groups and group.jobs:
                self._groups.add(group.signature)
                texts.append(f"New failure: {clean(group.title, 40)} {clean(group.message, 120)}".rstrip())
        return texts

    def _log(self, snap: Snapshot) -> list[LogLine]:
        """Log lines that are new, oldest first."""
        new = []
        for line in snap.log:
            if line == self._said:
                break
            new.append(line)
        if snap.log:
            self._said = snap.log[0]
        return new[::-1]


def standing(snap: Snapshot, eta: Eta) -> str:
    """Where the run is, in one sentence."""
    counts = snap.counts
    of = f" of {count(counts.total)}" if counts.total is not None else ""
    failed = f", {count(counts.failed)} failed" if counts.failed else ""
    left = f", about {eta.text} left" if eta.text and eta.left_s else ""
    return (
        f"{count(counts.done)}{of} done{failed}, {rate(snap.rates.done_30s)}, "
        f"queue {count(snap.queue.depth)} of {count(snap.queue.capacity)}{left}"
    )


def _stamped(text: str, wall: float) -> str:
    return f"{text}. {time.strftime('%H:%M:%S', time.localtime(wall))}"
