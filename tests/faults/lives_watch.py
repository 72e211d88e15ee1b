"""Looks at a simulated life again and again: is anything stuck, and does what is counted twice agree?"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from qtui.core.job import Job
from qtui.engine.engine import Engine
from tests.faults.lives_limits import Judge

LOOK_S = 0.23
"""Between two looks every timer that was due at the first one has fired."""


class Watch:
    """With no limit closed and no pause a job always starts, and who waits for room always gets it."""

    def __init__(self, engine: Engine, judge: Judge, blame: Callable[[str], None]) -> None:
        self._engine, self._judge, self._blame = engine, judge, blame

    async def run(self) -> None:
        before: tuple[int, set[int]] = (0, set())
        while True:
            await asyncio.sleep(LOOK_S)
            stuck = before[1] & self._may_start()
            if stuck and before[0] == self._judge.starts:
                self._blame(f"STUCK: {sorted(stuck)} may start and do not")
            before = (self._judge.starts, self._may_start())
            self._let_in()
            self._agree_on_hosts()
            self._agree_on_tasks()

    def _may_start(self) -> set[int]:
        """Jobs that nothing keeps from starting."""
        engine, starts = self._engine, self._engine.dispatcher.starts
        now, queue, lane = engine.clock_now(), engine.queue, engine.lane
        if starts.stopping or starts.held or starts.barred or starts._alone or starts.limit.wait(now) > 0:
            return set()
        if starts.running + starts.in_doubt >= starts.concurrency:
            return set()
        room = starts.concurrency - starts.running - len(starts.resting)
        jobs = [job for job in lane.ready if room + (job.seq in starts.resting) > 0]
        jobs += list(queue.items) if room > 0 else []
        if starts.suspect is not None and any(starts.suspect(job) for job in jobs):
            return set()  # it waits for the others, and they for it
        return {job.seq for job in jobs if self._open(job, now)}

    def _open(self, job: Job, now: float) -> bool:
        hosts = self._engine.hosts
        return hosts is None or hosts.opens_at(hosts.of(job), now) <= now

    def _let_in(self) -> None:
        queue = self._engine.queue
        if queue.room > 0 and any(waiter.gate.open for waiter in queue._waiters):
            self._blame("STUCK: there is room in the queue, and somebody waits for it")

    def _agree_on_hosts(self) -> None:
        engine, hosts = self._engine, self._engine.hosts
        if hosts is None:
            return
        waiting = Counter(hosts.of(job).name for job in (*engine.queue.items, *engine.lane.ready))
        for name, host in hosts._hosts.items():
            told, counted = (host.running, host.waiting), (self._judge.by_host[name], waiting[name])
            if told != counted:
                self._blame(f"HOST: {name} has {told} running and waiting, and in truth {counted}")
        if forgotten := set(hosts._of) - set(engine.ledger.open):
            self._blame(f"HOST: jobs that have ended are still known: {sorted(forgotten)}")

    def _agree_on_tasks(self) -> None:
        """Where every job has a task, everyone that waits has one, and nobody else."""
        engine, crowd = self._engine, self._engine.dispatcher._crowd
        if crowd is None or engine.dispatcher.starts.stopping:
            return
        waiting = {job.seq for job in (*engine.queue.items, *engine.lane.ready)} | set(engine.lane._live)
        if waiting != set(crowd._waiting):
            self._blame(f"TASKS: {sorted(waiting)} wait, and {sorted(crowd._waiting)} have a task")
