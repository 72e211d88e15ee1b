"""How a run ended, as an exit code and in words: the same on every face."""

from __future__ import annotations

from qtui.core.snapshot import Counts, ProducerView, RunState, Snapshot
from qtui.errors import ExitCode
from qtui.text import count

SIGNAL = "signal"
"""Who drained or stopped a run that was terminated, as its log says."""
HALT = "halt"
"""Who stopped a run that had halted where nobody could release it."""


def exit_code(snap: Snapshot) -> ExitCode:
    """How the run ended: 0 all done, 1 some jobs or a source failed, some jobs are held or it halted, 130 stopped
    before the end, 143 terminated before it. What a full queue dropped was given up by the preset's own choice.
    """
    if snap.state is not RunState.FINISHED:
        actors = {line.actor for line in snap.log}
        if SIGNAL in actors:
            return ExitCode.TERMINATED
        return ExitCode.SOME_FAILED if HALT in actors else ExitCode.STOPPED
    bad = snap.counts.failed or snap.counts.held or broken(snap)
    return ExitCode.SOME_FAILED if bad else ExitCode.ALL_DONE


def exit_words(snap: Snapshot) -> str:
    """What the exit code means."""
    counts = snap.counts
    match exit_code(snap):
        case ExitCode.TERMINATED:
            return "terminated before the end"
        case ExitCode.STOPPED:
            return "stopped before the end"
        case ExitCode.SOME_FAILED if snap.state is not RunState.FINISHED:
            return "halted before the end"
        case ExitCode.SOME_FAILED:
            return _what_failed(counts)
        case _:
            return _all_done(counts)


def broken(snap: Snapshot) -> list[ProducerView]:
    """Producers whose source failed: nobody knows what it would have given."""
    return [producer for producer in snap.producers if producer.problem]


def _what_failed(counts: Counts) -> str:
    dropped = f", {count(counts.dropped)} dropped by a full queue" if counts.dropped else ""
    jobs = "some jobs failed" if counts.failed else "some jobs are held" if counts.held else ""
    return f"{jobs or 'a source could not be read to its end'}{dropped}"


def _all_done(counts: Counts) -> str:
    if counts.dropped:
        dropped = f"{count(counts.dropped)} dropped by a full queue"
        return f"all done but {dropped}" if counts.done else f"nothing done, {dropped}"
    return "all done" if counts.done else "nothing was left to do" if counts.accepted else "there were no jobs"
