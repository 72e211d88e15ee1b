"""What the commands about jobs mean: another round, cancelling, setting aside; for one, many, or all that match."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from qtui import text
from qtui.core import commands as cmd
from qtui.core import events as ev
from qtui.core.attention import MAX_JOBS
from qtui.core.job import Cancelled
from qtui.core.job_filter import ASIDE, Condition, among, check
from qtui.core.lifecycle import State
from qtui.core.queries import Jobs, JobsQuery
from qtui.core.snapshot import RunState
from qtui.engine.cancelling import cancel_job, cancel_waiting
from qtui.engine.plan import Plan, Refusal, Who
from qtui.engine.retrying import Retrying, matching

if TYPE_CHECKING:
    from qtui.engine.engine import Engine
    from qtui.engine.rounds import Giver

_OPEN = ("pending", "running", "waiting")
_LOST = ("failed", "held", "cancelled")
AT_ONCE = 500
"""Jobs that are cancelled before others have a turn of the loop."""


class JobControls:
    """A part of the engine's answer to requests."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.plans: Mapping[type, Callable[[Any, Who], Plan | Awaitable[Plan]]] = {
            cmd.RetryJob: self._retry_job,
            cmd.RetryGroup: self._retry_group,
            cmd.RetryFailed: self._retry_failed,
            cmd.RetryJobs: self._retry_jobs,
            cmd.RetryMatching: self._retry_matching,
            cmd.PutBack: self._put_back,
            cmd.CancelJob: self._cancel_job,
            cmd.CancelJobs: self._cancel_jobs,
            cmd.CancelMatching: self._cancel_matching,
            cmd.SetAsideGroup: self._set_aside_group,
            cmd.SetAsideJobs: self._set_aside_jobs,
            cmd.SetAsideMatching: self._set_aside_matching,
            cmd.Acknowledge: self._acknowledge,
        }

    # -- another round

    async def _retry_job(self, command: cmd.RetryJob, who: Who) -> Plan:
        engine, seq = self._engine, command.seq
        entry = engine.ledger.open.get(seq)
        if entry is not None and entry.state is State.WAITING:

            def hasten() -> None:
                if engine.lane.hasten(seq):
                    engine.emit(ev.RetryHastened(engine.now(), seq, who.by))
                    engine.emit(ev.CommandDone(engine.now(), who.by, f"retry of job {seq} now", who.reason))

            return Plan(f"job {seq} starts as soon as a slot is free", hasten)
        if entry is not None:
            raise Refusal(f"job {seq} is {entry.state}; only failed, held, cancelled and waiting jobs can be retried")
        self._must_take_work()
        final = await engine.journal.job(seq)
        if final is None:
            raise Refusal(f"there is no failed, held or cancelled job {seq}")
        return self._given(
            f"retry of job {seq}", command, who, lambda giver: engine.rounds.offer_again(final, giver, None)
        )

    def _retry_group(self, command: cmd.RetryGroup, who: Who) -> Plan:
        self._must_take_work()
        engine, signature = self._engine, command.signature
        group = engine.ledger.groups.get(signature)
        if group is None or not group.jobs:
            raise Refusal("this group has no failed jobs")
        jobs = group.jobs - engine.ledger.outstanding.attention.jobs_of(signature)
        if jobs <= 0:
            raise Refusal("every failed job of this group is set aside")
        number = min(jobs, command.limit or jobs)
        said = f"retry of {text.plural(number, 'job')} of {text.clean(signature, 60)}"
        if command.probe and number > 1:
            said += ", one first"
        retrying = Retrying(engine)
        work = partial(retrying.group, signature, number, probe=command.probe)
        return self._given(said, command, who, work, [(signature, number)])

    def _retry_failed(self, command: cmd.RetryFailed, who: Who) -> Plan:
        self._must_take_work()
        engine, outstanding = self._engine, self._engine.ledger.outstanding
        number, failed = outstanding.view().open, engine.ledger.counts[State.FAILED]
        if not number:
            raise Refusal("every failed job is set aside" if failed else "no job has failed")
        groups = [(name, outstanding.open_of(name, group.jobs)) for name, group in engine.ledger.groups.items()]
        groups = [(name, jobs) for name, jobs in groups if jobs]
        whole = "all " if number == failed else ""
        said = f"retry of {whole}{text.plural(number, 'failed job')}"
        if command.probe:
            said += f", one of each of {text.plural(len(groups), 'group')} first"
        retrying = Retrying(engine)
        work = partial(retrying.probed, groups) if command.probe else partial(retrying.all, "failed")
        return self._given(said, command, who, work, groups)

    async def _retry_jobs(self, command: cmd.RetryJobs, who: Who) -> Plan:
        engine, seqs = self._engine, _named(command.seqs)
        open_jobs = engine.ledger.open
        waiting = [seq for seq in seqs if seq in open_jobs and open_jobs[seq].state is State.WAITING]
        finals = await engine.journal.lost_jobs([seq for seq in seqs if seq not in open_jobs])
        if not waiting and not finals:
            raise Refusal("none of these jobs is failed, held, cancelled or waiting")
        if finals:
            self._must_take_work()
        said = f"retry of {_of(len(waiting) + len(finals), len(seqs))}"
        plan = self._given(said, command, who, partial(Retrying(engine).these, finals, waiting))
        return plan if finals else Plan(plan.said, plan.do)  # a wait that was cut short cannot be had back

    async def _retry_matching(self, command: cmd.RetryMatching, who: Who) -> Plan:
        self._must_take_work()
        where = self._wanted(command.where, (*_LOST, ASIDE), _LOST[:2])
        number = await self._count(where)
        if not number:
            raise Refusal("no failed or held job matches that is not set aside")
        said = f"retry of {text.plural(number, 'job')} that match"
        return self._given(said, command, who, partial(Retrying(self._engine).matching, where))

    def _given(
        self,
        said: str,
        command: cmd.Command,
        who: Who,
        work: Callable[[Giver], Awaitable[object]],
        groups: Sequence[tuple[str, int]] = (),
    ) -> Plan:
        """Final jobs get another round; of `groups` what becomes of so many of their jobs is counted anew."""
        engine = self._engine

        def do() -> None:
            for signature, jobs in groups:
                engine.emit(ev.RoundBegan(engine.now(), who.by, signature, jobs))
            engine.rounds.feed(work, said, *who, command)

        return Plan(said, do, cmd.PutBack(engine.rounds.last + 1))

    def _put_back(self, command: cmd.PutBack, who: Who) -> Plan:
        engine, rounds = self._engine, self._engine.rounds
        if engine.ledger.state in (RunState.STOPPING, RunState.STOPPED):
            raise Refusal(f"the run is {engine.ledger.state}; what is open is kept for the next start")
        giver, seqs = rounds.to_take_back(command.retry)
        told = [f"{text.plural(len(seqs), 'job')} put back"] if seqs else []
        if giver.giving:
            told.append("the jobs it had not reached stay as they were")
        if giver.started:
            told.append(f"{text.count(giver.started)} had started already")
        said = f"retry taken back: {', '.join(told)}"
        exactly = seqs and not giver.giving and len(seqs) <= cmd.MAX_NAMED
        again = cmd.RetryJobs(seqs) if exactly else giver.command
        return Plan(said, lambda: rounds.take_back(giver, who, said), again)

    def _must_take_work(self) -> None:
        if self._engine.ledger.state in (RunState.DRAINING, RunState.STOPPING, RunState.STOPPED):
            raise Refusal(f"the run is {self._engine.ledger.state}; it takes no more work")

    # -- cancelling

    def _cancel_job(self, command: cmd.CancelJob, who: Who) -> Plan:
        entry = self._engine.ledger.open.get(command.seq)
        if entry is None or entry.state not in (State.PENDING, State.RUNNING, State.WAITING):
            raise Refusal(f"job {command.seq} is not open; only jobs that are not finished can be cancelled")
        return Plan(f"cancel job {command.seq}", lambda: cancel_job(self._engine, command.seq, *who))

    def _cancel_jobs(self, command: cmd.CancelJobs, who: Who) -> Plan:
        seqs = _named(command.seqs)
        number = len([seq for seq in seqs if self._state(seq) in _OPEN])
        if not number:
            raise Refusal("none of these jobs is open; only jobs that are not finished can be cancelled")
        said = f"cancel of {_of(number, len(seqs))}"

        def do() -> None:
            engine = self._engine
            engine.emit(ev.CommandDone(engine.now(), who.by, said, who.reason))
            engine.spawn(self._cancel(seqs, _OPEN, who.by), said)

        return Plan(said, do)

    async def _cancel_matching(self, command: cmd.CancelMatching, who: Who) -> Plan:
        where = self._wanted(command.where, _OPEN, _OPEN)
        number = await self._count(where)
        if not number:
            raise Refusal("no job that is not finished matches")
        said = f"cancel of {text.plural(number, 'job')} that match"

        def do() -> None:
            engine = self._engine
            engine.emit(ev.CommandDone(engine.now(), who.by, said, who.reason))
            engine.spawn(self._cancel_all(where, who.by), said)

        return Plan(said, do)

    async def _cancel_all(self, where: Sequence[Condition], by: str) -> None:
        states = where[-1].value.split(",")  # `among` puts them there; a job that has moved on matches no more
        async for seqs in matching(self._engine, where):
            await self._cancel(seqs, states, by)

    async def _cancel(self, seqs: Sequence[int], states: Iterable[str], by: str) -> None:
        engine, wanted = self._engine, frozenset(states)
        for start in range(0, len(seqs), AT_ONCE):
            some = [seq for seq in seqs[start : start + AT_ONCE] if self._state(seq) in wanted]
            running = {seq for seq in some if self._state(seq) == "running"}
            for seq in running:
                engine.dispatcher.cancel(seq, Cancelled(by))
            cancel_waiting(engine, set(some) - running, by)
            await asyncio.sleep(0)  # others have their turn

    def _state(self, seq: int) -> str:
        entry = self._engine.ledger.open.get(seq)
        return entry.state.value if entry is not None else ""

    # -- what a person has said about failures

    def _set_aside_group(self, command: cmd.SetAsideGroup, who: Who) -> Plan:
        engine, signature, aside = self._engine, command.signature, command.aside
        attention = engine.ledger.outstanding.attention
        if signature not in engine.ledger.groups:
            raise Refusal("there is no such failure group")
        if (signature in attention.groups) == aside:
            raise Refusal(f"this group is {'set aside already' if aside else 'not set aside'}")
        said = f"{text.clean(signature, 60)} {'set aside' if aside else 'no longer set aside'}"
        event = ev.AsideChanged(engine.now(), who.by, aside, signature, [], who.reason)
        return Plan(said, lambda: engine.emit(event), cmd.SetAsideGroup(signature, not aside))

    async def _set_aside_jobs(self, command: cmd.SetAsideJobs, who: Who) -> Plan:
        engine, aside, seqs = self._engine, command.aside, _named(command.seqs)
        jobs = await self._failed_of(seqs, aside=aside)
        if not jobs:
            raise Refusal("none of these jobs is failed and open" if aside else "none of these jobs is set aside")
        said = f"{_of(len(jobs), len(seqs))} {'set aside' if aside else 'no longer set aside'}"
        undo = cmd.SetAsideJobs([seq for seq, _ in jobs], not aside)
        event = ev.AsideChanged(engine.now(), who.by, aside, "", jobs, who.reason)
        return Plan(said, lambda: engine.emit(event), undo)

    async def _failed_of(self, seqs: Sequence[int], *, aside: bool) -> list[tuple[int, str]]:
        """Those of these jobs that failed and are not yet (or are) set aside one by one, with their groups."""
        attention = self._engine.ledger.outstanding.attention
        finals = await self._engine.journal.lost_jobs(seqs)
        return [
            (final.job.seq, final.signature)
            for final in finals
            if final.state == "failed" and (final.job.seq in attention.jobs) != aside
        ]

    async def _set_aside_matching(self, command: cmd.SetAsideMatching, who: Who) -> Plan:
        allowed = ("failed",) if command.aside else ("failed", ASIDE)
        where = self._wanted(command.where, allowed, allowed)
        number = await self._count(where)
        if not number:
            raise Refusal(f"no failed job matches that is {'not ' if command.aside else ''}set aside")
        if number > MAX_JOBS:
            raise Refusal(f"at most {MAX_JOBS:,} jobs can be set aside one by one; set their group aside instead")
        said = f"{text.plural(number, 'failed job')} that match {'set aside' if command.aside else 'taken back'}"

        def do() -> None:
            self._engine.spawn(self._mark_all(where, who, aside=command.aside), said)

        return Plan(said, do, cmd.SetAsideMatching(command.where, not command.aside))

    async def _mark_all(self, where: Sequence[Condition], who: Who, *, aside: bool) -> None:
        engine = self._engine
        async for seqs in matching(engine, where):
            if jobs := await self._failed_of(seqs, aside=aside):
                engine.emit(ev.AsideChanged(engine.now(), who.by, aside, "", jobs, who.reason))

    def _acknowledge(self, command: cmd.Acknowledge, who: Who) -> Plan:
        engine, signature, quiet = self._engine, command.signature, command.quiet
        group, attention = engine.ledger.groups.get(signature), engine.ledger.outstanding.attention
        if group is None:
            raise Refusal("there is no such failure group")
        if attention.is_quiet(signature, group.attempts) == quiet:
            raise Refusal(f"this group is {'acknowledged already' if quiet else 'not acknowledged'}")
        said = f"{text.clean(signature, 60)} {'acknowledged' if quiet else 'no longer acknowledged'}"
        event = ev.Acknowledged(engine.now(), who.by, signature, max(1, group.attempts) if quiet else 0, who.reason)
        return Plan(said, lambda: engine.emit(event), cmd.Acknowledge(signature, not quiet))

    # -- all that match

    def _wanted(
        self, where: Sequence[Condition], allowed: Sequence[str], otherwise: Sequence[str]
    ) -> Sequence[Condition]:
        if problem := check(where):
            raise Refusal(problem)
        try:
            return among(where, allowed, otherwise)
        except ValueError as error:
            raise Refusal(f"{error} can be meant here") from None

    async def _count(self, where: Sequence[Condition]) -> int:
        told = await self._engine.journal.query(JobsQuery(0, 0, [*where]))
        if not isinstance(told, Jobs):
            raise Refusal(getattr(told, "text", "the journal gives no answer"))
        return told.total or 0


def _named(seqs: Sequence[int]) -> list[int]:
    found = sorted(set(seqs))
    if not found:
        raise Refusal("no job is named")
    if len(found) > cmd.MAX_NAMED:
        raise Refusal(f"at most {cmd.MAX_NAMED:,} jobs at once; name what they match instead")
    return found


def _of(number: int, asked: int) -> str:
    return text.plural(number, "job") if number == asked else f"{text.count(number)} of {text.plural(asked, 'job')}"
