"""One line per change, message first and time last: for logs, pipes and screen readers."""

from __future__ import annotations

import time

from qtui.core.eta import Eta
from qtui.core.snapshot import LogLine, ProducerState, RunState, Snapshot
from qtui.core.verdict import Kind, Verdict
from qtui.plain.summary import jobs
from qtui.text import clean, count, plural, rate

SUMMARY_S = 30.0
_BY_STATE = {
    RunState.STARTING: Kind.STARTING,
    RunState.PAUSED: Kind.PAUSED,
    RunState.HALTED: Kind.HALTED,
    RunState.DRAINING: Kind.DRAINING,
    RunState.STOPPING: Kind.STOPPING,
    RunState.FINISHED: Kind.FINISHED,
    RunState.STOPPED: Kind.STOPPED,
}
"""Verdicts that the state of the run says already."""
_OVER = (RunState.FINISHED, RunState.STOPPED)


class Linear:
    """Turns snapshots into lines; remembers only what was said last."""

    def __init__(self, *own: str) -> None:
        self._own = own
        """Whose actions are not told, because whoever shows these lines has just said them."""
        self._state: RunState | None = None
        self._kind = Kind.FLOWING  # nothing to say about a run that simply flows from its beginning
        self._groups: set[str] = set()
        self._said: LogLine | None = None
        self._problem = ""
        self._summary_at = SUMMARY_S

    def lines(self, snap: Snapshot, verdict: Verdict, eta: Eta) -> list[str]:
        """What has changed since the last snapshot, in the order in which a person wants to know it."""
        if snap.state is RunState.STARTING:
            return []
        now = snap.started_at + snap.elapsed_s
        started = [stamped(_running(snap), snap.started_at)] if self._state is None else []
        if self._state is None:
            self._state = RunState.RUNNING
        log = self._log(snap)
        lines = started + [stamped(_logged(line), line.at) for line in log if line.actor not in self._own]
        lines += [stamped(text, now) for text in self._changes(snap, verdict, told=bool(log))]
        if snap.elapsed_s >= self._summary_at and snap.state not in _OVER:
            self._summary_at = snap.elapsed_s + SUMMARY_S
            lines.append(stamped(standing(snap, eta), now))
        return lines

    def _changes(self, snap: Snapshot, verdict: Verdict, *, told: bool) -> list[str]:
        """`told`: the log has just said why the state changed."""
        texts = []
        if snap.problem != self._problem:
            texts.append(clean(snap.problem) if snap.problem else "the trouble is over")
            self._problem = snap.problem
        for group in snap.failures:
            if group.signature not in self._groups and group.jobs:
                self._groups.add(group.signature)
                texts.append(f"New failure: {clean(group.title, 40)} {clean(group.message, 120)}".rstrip())
        was, self._state = self._state, snap.state
        if snap.state is not was and (snap.state in _OVER or not told) and snap.state in _BY_STATE:
            texts.append(_state(snap))
        if verdict.kind is not self._kind:
            if verdict.kind is not _BY_STATE.get(snap.state):
                texts.append(_verdict(snap, verdict, self._kind))
            self._kind = verdict.kind
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
        f"{count(counts.done)}{of} done{failed}, {count(counts.running)} running, {rate(snap.rates.done_30s)}, "
        f"{_queue(snap)}{left}"
    )


def _running(snap: Snapshot) -> str:
    total = f", {plural(snap.counts.total, 'job')}" if snap.counts.total is not None else ""
    control = snap.control
    workers = "every job at once" if control.strategy == "unbounded" else plural(control.concurrency, "worker")
    queue = f"a queue for {count(control.capacity)}" if control.capacity else "a queue without a bound"
    return f"Running: {clean(snap.name, 60)}, {workers}, {queue}{total}"


def _state(snap: Snapshot) -> str:
    if snap.state in _OVER:
        return f"{snap.state.value.capitalize()}: {', '.join(jobs(snap.counts))}"
    return f"{snap.state.value.capitalize()}: {plural(snap.counts.accepted - snap.counts.finished, 'job')} to finish"


def _verdict(snap: Snapshot, verdict: Verdict, was: Kind) -> str:
    """The sentence of the screen; where a queue presses, with the numbers that the screen shows beside it."""
    over = "Backpressure off. " if was is Kind.PRESSURE and verdict.kind is Kind.FLOWING else ""
    if verdict.kind is not Kind.PRESSURE:
        return f"{over}{verdict.word.capitalize()}: {clean(verdict.sentence)}"
    waiting = sum(producer.state is ProducerState.BLOCKED for producer in snap.producers)
    waits = f", {plural(waiting, 'producer')} waiting" if waiting else ""
    limit = f", bottleneck: {clean(verdict.bottleneck)}" if verdict.bottleneck else ""
    return f"Backpressure on: {_queue(snap)}{waits}{limit}"


def _queue(snap: Snapshot) -> str:
    of = f" of {count(snap.queue.capacity)}" if snap.queue.capacity else ""
    return f"queue {count(snap.queue.depth)}{of}"


def _logged(line: LogLine) -> str:
    who = f" ({clean(line.actor, 20)})" if line.actor and line.actor != "qtui" else ""
    level = f"{line.level.capitalize()}: " if line.level != "info" else ""
    return f"{level}{clean(line.text)}{who}"


def stamped(text: str, wall: float) -> str:
    """A sentence and when it was true: the message first, because that is what is listened for."""
    return f"{text.rstrip('.')}. {time.strftime('%H:%M:%S', time.localtime(wall))}"
