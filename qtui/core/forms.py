"""The table of commands as people write them: every word, its argument and its command, both ways."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from qtui.core import commands as cmd
from qtui.core import job_filter, units
from qtui.core.job_filter import Condition


class Form(NamedTuple):
    """One way to write one command."""

    words: str
    """What it begins with, e.g. `retry --group`."""
    argument: str
    """How its argument is called for people; in brackets when it may be left out; empty without one."""
    command: type
    read: Callable[[str], Any]
    """The command from the text of the argument, empty when left out. Raises ValueError with what is allowed."""
    write: Callable[[Any], str]
    """The text of the argument; empty without one."""
    help: str
    many: bool = False
    """Whether the argument may be several words."""

    @property
    def usage(self) -> str:
        return f"{self.words} {self.argument}".strip()


def _number(text: str) -> int:
    digits = text.removeprefix("#").replace(",", "")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 15:
        raise ValueError("a whole number")
    return int(digits)


def _rate(text: str) -> float | None:
    if text in ("none", "off"):
        return None
    try:
        return units.rate(float(text) if text.replace(".", "", 1).isdecimal() else text)
    except ValueError as error:
        raise ValueError(f"{error}, or none") from None


def _number_or_none(text: str) -> int | None:
    if text in ("none", "off"):
        return None
    try:
        return _number(text)
    except ValueError as error:
        raise ValueError(f"{error}, or none") from None


def _write_rate(command: cmd.SetRate | cmd.SetPerHostRate) -> str:
    return "none" if command.value is None else f"{command.value!r}".removesuffix(".0") + "/s"


def _producer(text: str) -> int | None:
    """People count from 1; no argument means all of them."""
    number = _number(text) if text else None
    if number == 0:
        raise ValueError("the number of a producer, counted from 1, or its name")
    return None if number is None else number - 1


def _write_producer(command: cmd.Pause | cmd.Resume) -> str:
    return "" if command.producer is None else str(command.producer + 1)


def _group(text: str) -> cmd.RetryGroup:
    """`SIGNATURE`, with `--probe` or `--limit N` behind it."""
    rest, probe = _without(text, "--probe")
    signature, marker, limit = rest.rpartition(" --limit ")
    if not marker and not rest.endswith(" --limit"):
        return cmd.RetryGroup(rest, probe=probe)
    if not (marker and (number := _number(limit))):
        raise ValueError("--limit with a number from 1 on")
    return cmd.RetryGroup(signature, number, probe)


def _write_group(command: cmd.RetryGroup) -> str:
    limit = "" if command.limit is None else f" --limit {command.limit}"
    return f"{shlex.quote(command.signature)}{limit}{' --probe' if command.probe else ''}"


def _without(text: str, flag: str) -> tuple[str, bool]:
    """The text without a flag at its end, and whether it was there."""
    return (text[: -len(flag)].rstrip(), True) if text == flag or text.endswith(f" {flag}") else (text, False)


def _failed(text: str) -> cmd.RetryFailed:
    rest, probe = _without(text, "--probe")
    if rest:
        raise ValueError("--probe or nothing")
    return cmd.RetryFailed(probe)


def _jobs(text: str) -> list[int]:
    return [_number(part) for part in text.replace(",", " ").split()]


def _write_jobs(seqs: Sequence[int]) -> str:
    return ",".join(str(seq) for seq in seqs)


def _where(text: str) -> list[Condition]:
    conditions, mistakes = job_filter.parse(text)
    if mistakes:
        raise ValueError(f"a filter ({mistakes[0].why})")
    if not conditions:
        raise ValueError("a filter such as state:failed host:api.example")
    return [*conditions]


def _write_where(where: Sequence[Condition]) -> str:
    return shlex.quote(job_filter.written(where))


def _undoable(
    words: str, argument: str, command: Any, read: Callable[[str], Any], write: Callable[[Any], str], help: str
) -> Form:
    """A form whose command has one thing and a switch, which `--undo` turns off."""

    def made(text: str) -> Any:
        rest, undo = _without(text, "--undo")
        return command(read(rest), not undo)

    def told(made: Any) -> str:
        what, on = msgspec.structs.astuple(made)
        return f"{write(what)}{'' if on else ' --undo'}"

    return Form(words, argument, command, made, told, help, many=True)


def _adaptive(text: str) -> cmd.SetAdaptive:
    """`on`, `off`, `freeze`, `max N`, `max none`, or one of the first with a max behind it."""
    head, _, most = text.partition("max ")
    mode = head.strip()
    if mode not in ("on", "off", "freeze", "") or not (mode or most):
        raise ValueError("on, off, freeze or max N")
    number = None if not most else 0 if most == "none" else _number(most)
    if number == 0 and most != "none":
        raise ValueError("max with a number from 1 on, or max none")
    return cmd.SetAdaptive(mode or None, number)  # type: ignore[arg-type]


def _write_adaptive(command: cmd.SetAdaptive) -> str:
    most = "" if command.max is None else f"max {command.max or 'none'}"
    return f"{command.mode or ''} {most}".strip()


def _bare(words: str, command: type, help: str) -> Form:
    return Form(words, "", command, lambda _: command(), lambda _: "", help)


FORMS = (
    Form(
        "concurrency",
        "N",
        cmd.SetConcurrency,
        lambda text: cmd.SetConcurrency(_number(text)),
        lambda command: str(command.value),
        "run at most N attempts at once",
    ),
    Form(
        "adaptive",
        "on|off|freeze|max N",
        cmd.SetAdaptive,
        _adaptive,
        _write_adaptive,
        "let the number of attempts at once follow what the other side bears",
    ),
    Form(
        "capacity",
        "N",
        cmd.SetCapacity,
        lambda text: cmd.SetCapacity(_number(text)),
        lambda command: str(command.value),
        "let the queue hold at most N jobs",
    ),
    Form(
        "rate",
        "N/s|none",
        cmd.SetRate,
        lambda text: cmd.SetRate(_rate(text)),
        _write_rate,
        "start at most N attempts a second",
    ),
    Form(
        "per-host",
        "N|none",
        cmd.SetPerHost,
        lambda text: cmd.SetPerHost(_number_or_none(text)),
        lambda command: "none" if command.value is None else str(command.value),
        "run at most N attempts at once for one host",
    ),
    Form(
        "per-host-rate",
        "N/s|none",
        cmd.SetPerHostRate,
        lambda text: cmd.SetPerHostRate(_rate(text)),
        _write_rate,
        "start at most N attempts a second for one host",
    ),
    Form(
        "reset-host",
        "HOST",
        cmd.ResetHost,
        cmd.ResetHost,
        lambda command: shlex.quote(command.host),
        "ask a host again at once that is left alone",
    ),
    Form(
        "pause",
        "[PRODUCER]",
        cmd.Pause,
        lambda text: cmd.Pause(_producer(text)),
        _write_producer,
        "close the gate of one producer or of all",
    ),
    Form(
        "resume", "[PRODUCER]", cmd.Resume, lambda text: cmd.Resume(_producer(text)), _write_producer, "open it again"
    ),
    _bare("hold", cmd.Hold, "start nothing new; running attempts finish"),
    _bare("release", cmd.Release, "start attempts again, also after the run has halted"),
    Form(
        "retry --group",
        "GROUP",
        cmd.RetryGroup,
        _group,
        _write_group,
        "give the failed jobs of a failure group another round; --probe tries one first, --limit N takes the oldest N",
        many=True,
    ),
    Form(
        "retry --failed",
        "[--probe]",
        cmd.RetryFailed,
        _failed,
        lambda command: "--probe" if command.probe else "",
        "give every failed job that is not set aside another round; --probe tries one of every group first",
    ),
    Form(
        "retry --jobs",
        "JOB,JOB…",
        cmd.RetryJobs,
        lambda text: cmd.RetryJobs(_jobs(text)),
        lambda command: _write_jobs(command.seqs),
        "the same for some jobs",
        many=True,
    ),
    Form(
        "retry --matching",
        "FILTER",
        cmd.RetryMatching,
        lambda text: cmd.RetryMatching(_where(text)),
        lambda command: _write_where(command.where),
        "the same for every failed or held job that a filter of the job list finds",
        many=True,
    ),
    Form(
        "put-back",
        "[RETRY]",
        cmd.PutBack,
        lambda text: cmd.PutBack(_number(text) if text else None),
        lambda command: "" if command.retry is None else str(command.retry),
        "take the last retry back, or the Nth: what has not started since is failed as before, and no more is retried",
    ),
    Form(
        "retry",
        "JOB",
        cmd.RetryJob,
        lambda text: cmd.RetryJob(_number(text)),
        lambda command: str(command.seq),
        "give a failed job another round, or start a waiting one now",
    ),
    Form(
        "cancel --jobs",
        "JOB,JOB…",
        cmd.CancelJobs,
        lambda text: cmd.CancelJobs(_jobs(text)),
        lambda command: _write_jobs(command.seqs),
        "cancel some jobs wherever they are",
        many=True,
    ),
    Form(
        "cancel --matching",
        "FILTER",
        cmd.CancelMatching,
        lambda text: cmd.CancelMatching(_where(text)),
        lambda command: _write_where(command.where),
        "cancel every job that a filter finds and that is not finished",
        many=True,
    ),
    Form(
        "cancel",
        "JOB",
        cmd.CancelJob,
        lambda text: cmd.CancelJob(_number(text)),
        lambda command: str(command.seq),
        "cancel a job wherever it is",
    ),
    _undoable(
        "set-aside --group",
        "GROUP",
        cmd.SetAsideGroup,
        lambda text: text,
        shlex.quote,
        "count a failure group as open no more; --undo takes it back",
    ),
    _undoable("set-aside --jobs", "JOB,JOB…", cmd.SetAsideJobs, _jobs, _write_jobs, "the same for some failed jobs"),
    _undoable(
        "set-aside --matching",
        "FILTER",
        cmd.SetAsideMatching,
        _where,
        _write_where,
        "the same for every failed job that a filter finds",
    ),
    _undoable(
        "acknowledge",
        "GROUP",
        cmd.Acknowledge,
        lambda text: text,
        shlex.quote,
        "raise no alert for a failure group until it has twice as many failures; --undo takes it back",
    ),
    _bare("drain", cmd.Drain, "take nothing new, finish what was accepted, then end"),
    _bare("keep-running", cmd.KeepRunning, "take a drain back"),
    _bare("stop", cmd.Stop, "interrupt what runs and end; what is left is kept"),
    _bare("undo", cmd.Undo, "take the last of these changes back"),
    _bare("redo", cmd.Redo, "do again what undo has taken back"),
)
"""Longer words come before their beginnings."""
