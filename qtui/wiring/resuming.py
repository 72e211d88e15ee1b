"""Going on with an unfinished run: what that would do, whether a person should agree first, and doing it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from qtui.core.past import NAMED, Past, Plan
from qtui.core.port import Refusal
from qtui.core.seams import Source
from qtui.core.tables import Preset
from qtui.engine.engine import Engine
from qtui.errors import ExitCode
from qtui.journal import recovery
from qtui.journal.journal import SqliteJournal
from qtui.journal.known import Known
from qtui.journal.recovery import Found, Policy
from qtui.journal.runs import HeldRun
from qtui.sources.stream import regular
from qtui.text import clean, plural
from qtui.wiring.assemble import BY_KEY, SITE, SOURCES, TEMPLATE, Ground, build
from qtui.wiring.comparing import Comparison, Unknown, compare, known_jobs, moved

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Intent:
    """What the person who starts a preset wants of its unfinished run."""

    fresh: bool = False
    """Start anew; the old run is set aside, not deleted."""
    accept: bool = False
    """Go on even where the plan holds a surprise."""
    ask: bool = False
    """Never go on without having shown the plan."""
    dry: bool = False
    """Only show the plan."""
    retry: tuple[str, ...] = ()
    """Final states, failed or held, whose jobs get another round."""

    @property
    def words(self) -> list[str]:
        """As options of the command line, for another process."""
        told = [
            ("--fresh", self.fresh),
            ("--accept-plan", self.accept),
            ("--ask-plan", self.ask),
            ("--dry-run", self.dry),
        ]
        return [word for word, wanted in told if wanted] + [f"--retry-{state}" for state in self.retry]


def policy(preset: Preset) -> Policy:
    """What becomes of jobs that a crash cut off."""
    return Policy(preset.job.on_crash == "hold", preset.job.crashes)


class Resumption:
    """One run on its way into another life. `plan`, then `engine`."""

    def __init__(self, ground: Ground, run: HeldRun, found: Found) -> None:
        """`found` is what `recovery.look` says of the run."""
        self._ground = ground
        self._run = run
        self._found = found
        self._known: Known | None = None
        self._comparison: Comparison | None = None
        self._input_changed = found.meta.get(SOURCES) != ground.facts[SOURCES] or "" in _fingerprints(ground)
        self._template_changed = found.meta.get(TEMPLATE) != ground.facts[TEMPLATE]
        self._by_key = self._input_changed or self._template_changed or BY_KEY in found.meta

    async def plan(self, progress: Progress) -> Plan:
        """What going on will do. Looks through the input where it may have changed; changes nothing.

        Raises InputError or JournalUnreadable.
        """
        if self._by_key:
            with ThreadPoolExecutor(1, "compare") as thread:
                await asyncio.get_running_loop().run_in_executor(thread, self._compare, progress)
        past, found = self._found.past, self._comparison
        gone = found.gone if found else frozenset()
        left = [entry for entry in past.open if entry.job.seq not in gone]
        flying = {entry.seq: entry.name for entry in self._found.in_flight}
        cut_off = {entry.job.seq: entry.job.name for entry in left if entry.interrupted or entry.job.seq in flying}
        # Their start, or even their acceptance, was not durable: they are read anew, and run again all the same.
        unknown = {seq: name for seq, name in flying.items() if seq > past.last_seq}
        new = found.new if found else self._new()
        return Plan(
            clean(self._run.record.run_id),
            past.done,
            past.failed,
            past.held,
            past.cancelled,
            len(cut_off) + len(unknown),
            len(left) - len(cut_off),
            None if new is None else max(0, new - len(unknown)),
            len(gone),
            len(found.changed) if found else 0,
            [clean(name, 80) for name in [*cut_off.values(), *unknown.values()][:NAMED]],
            self._surprises(),
            self._notes(),
        )

    async def engine(self, plan: Plan) -> Engine:
        """The run's engine, with everything it remembers. Raises CannotWrite or JournalUnreadable."""
        ground, run = self._ground, self._run
        facts = ground.facts | ({BY_KEY: "1"} if self._by_key else {})
        journal, past = SqliteJournal.resume(run.folder, policy(ground.preset), facts, seen=self._found)
        past = self._moved(past)
        gone: frozenset[int] = frozenset()
        if self._known is not None:
            past = msgspec.structs.replace(past, given=self._comparison.matched if self._comparison else [])
            rerun = ground.preset.job.changed == "rerun"
            self._known.restart()
            lock = threading.Lock()
            sources: list[Source] = [
                Unknown(source, naming, self._known, lock, rerun=rerun)
                for source, naming in zip(ground.sources, ground.namings, strict=True)
            ]
            ground = replace(ground, sources=sources)
            if self._comparison is not None:
                gone = self._comparison.gone | (self._comparison.changed if rerun else frozenset())
        note = f"resumed: {plan.summary}"
        return build(ground, run, journal, note, past=past, skip=self._known is None, gone=gone)

    def _compare(self, progress: Progress) -> None:
        progress("reading what was done")
        ground, accepted = self._ground, self._found.past.accepted
        namings = ground.namings
        old, new = (_template(told) for told in (self._found.meta.get(TEMPLATE), ground.facts[TEMPLATE]))
        rename = old.get("key") != new.get("key")
        self._known = known_jobs(
            self._run.folder, accepted, namings[0], self._move, rename=rename, template_changed=old != new
        )
        if all(_readable_twice(source) for source in ground.sources):
            self._comparison = compare(ground.sources, namings, self._known, progress)

    def _new(self) -> int | None:
        """Rows that have not been accepted, where the input is the same as ever."""
        past, new = self._found.past, 0
        for index, source in enumerate(self._ground.sources):
            known = self._found.rows[index] if index < len(self._found.rows) else None
            rows = source.total() if known is None else known
            if rows is None:
                return None
            new += max(0, rows - (past.given[index] if index < len(past.given) else 0))
        return new

    def _surprises(self) -> list[str]:
        told = []
        found = self._comparison
        if self._input_changed and found and (found.gone or found.inserted):
            told.append(
                f"the input has changed: {plural(len(found.gone), 'job')} no longer in it,"
                f" {found.inserted:,} new before known ones; known jobs are kept by their key"
            )
        if self._ground.preset.job.changed == "ask" and (self._template_changed or (found and found.changed)):
            number = plural(len(found.changed), "job") if found else "jobs"
            told.append(
                f"{number} would execute something else now: what was done stays as it is, what is left uses the new"
                ' preset; job.changed = "rerun" runs them again'
            )
        return told

    def _notes(self) -> list[str]:
        told = []
        if self._by_key and self._comparison is None:
            told.append("standard input is compared with what was done while it is read")
        if self._found.in_flight and self._found.crashed:
            suspects = [crashes + 1 for crashes in self._found.past.suspects.values()]
            if suspects and max(suspects) >= 2:
                told.append("jobs that were running in more than one crash run alone first")
        if (results := self._found.meta.get("results")) and results != _results(self._ground.preset):
            told.append(f"results go on in {clean(results)}")
        return told

    @property
    def _site(self) -> tuple[str, str]:
        return self._found.meta.get(SITE, ""), self._ground.site

    def _move(self, text: str) -> str:
        before, now = self._site
        if not before or before == now:
            return text
        return text.replace(before, now).replace(before.partition("://")[2], now.partition("://")[2])

    def _moved(self, past: Past) -> Past:
        before, now = self._site
        if not before or before == now:
            return past
        open_jobs = [msgspec.structs.replace(entry, job=moved(entry.job, self._move)) for entry in past.open]
        return msgspec.structs.replace(past, open=open_jobs)


async def agreed(resumption: Resumption, intent: Intent, progress: Progress) -> Plan:
    """The plan, when it may be followed.

    Raises:
        Refusal: with the plan, when a person should see it first, or wanted nothing else.
    """
    plan = await resumption.plan(progress)
    if intent.dry:
        raise Refusal("nothing was started", ExitCode.ALL_DONE, plan=plan)
    if intent.ask or (plan.surprises and not intent.accept):
        raise Refusal(f"{plan.run_id} is unfinished", ExitCode.NEEDS_CONSENT, plan=plan)
    return plan


def look(run: HeldRun) -> Found:
    """How the run stands. Raises JournalUnreadable."""
    return recovery.look(run.folder, time.time())


def _fingerprints(ground: Ground) -> list[str]:
    return msgspec.json.decode(ground.facts[SOURCES], type=list[str])


def _readable_twice(source: Source) -> bool:
    path = getattr(source, "path", None)
    return not isinstance(path, str) or regular(path)


def _template(told: str | None) -> dict[str, object]:
    return msgspec.json.decode(told, type=dict[str, object]) if told else {}


def _results(preset: Preset) -> str:
    return str(Path(preset.results.path).absolute()) if preset.results.path else ""
