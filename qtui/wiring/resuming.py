"""Going on with an unfinished run: what that would do, whether a person should agree first, and doing it."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import msgspec

from qtui.core.past import NAMED, SUSPICIOUS, Past, Plan, mark
from qtui.core.port import Refusal
from qtui.core.seams import Adopting, Placed, Row, Source
from qtui.core.tables import Preset
from qtui.engine.engine import Engine
from qtui.errors import ExitCode
from qtui.journal import recovery
from qtui.journal.journal import SqliteJournal
from qtui.journal.known import Known
from qtui.journal.recovery import Found, Policy
from qtui.journal.runs import HeldRun
from qtui.text import clean, plural
from qtui.wiring.assemble import BY_KEY, OUTDATED, RENAMED, SITE, SITES, SOURCES, TEMPLATE, Ground, build
from qtui.wiring.comparing import Comparison, Unknown, UnknownFound, compare, known_jobs, moved

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
        # Once: a file that changes from here on has another stamp than the one that is kept.
        self._facts = facts = ground.facts
        self._input_changed = found.meta.get(SOURCES) != facts[SOURCES] or "" in _fingerprints(facts)
        self._unstamped = "" in _fingerprints(facts)
        """Only reading tells whether the input has changed."""
        self._template_changed = found.meta.get(TEMPLATE) != facts[TEMPLATE]
        self._by_key = self._input_changed or self._template_changed or BY_KEY in found.meta
        hosts = [re.escape(site.partition("://")[2]) for site in self._sites] if ground.site else []
        self._former = re.compile(rf"(?<![\w.])(?:{'|'.join(hosts)})(?!\d)") if hosts else None

    async def plan(self, progress: Progress) -> Plan:
        """What going on will do. Looks through the input where it may have changed; changes nothing.

        Raises InputError or JournalUnreadable.
        """
        if self._by_key:
            with ThreadPoolExecutor(1, "compare") as thread:
                await asyncio.get_running_loop().run_in_executor(thread, self._compare, progress)
        past, found = self._found.past, self._comparison
        gone = found.gone if found else frozenset()
        held = recovery.in_doubt(self._found, policy(self._ground.preset))
        left = [entry for entry in past.open if entry.job.seq not in gone and entry.job.seq not in held]
        flying = {entry.seq: entry for entry in self._found.in_flight}
        cut_off = [entry.job for entry in left if entry.interrupted or entry.job.seq in flying]
        # Their start, or even their acceptance, was not durable: they are read anew, and run again all the same.
        unknown = [entry for entry in flying.values() if entry.seq > past.last_seq]
        names = [*(job.name for job in cut_off), *(entry.name for entry in unknown)]
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
            [clean(name, 80) for name in names[:NAMED]],
            self._surprises(),
            self._notes([*(mark(job.key) for job in cut_off), *(entry.mark for entry in unknown)], held),
            len(held),
            min(past.cancelled, past.lost) if self._ground.preset.queue.overflow.startswith("drop") else 0,
        )

    async def engine(self, plan: Plan) -> Engine:
        """The run's engine, with everything it remembers. Raises CannotWrite or JournalUnreadable."""
        ground, run = self._ground, self._run
        facts = self._facts | self._remembered
        if ground.site:
            facts[SITES] = msgspec.json.encode([*self._sites, ground.site]).decode()
        journal, past = await SqliteJournal.take_up(run.folder, policy(ground.preset), facts, self._found)
        past = self._moved(past)
        gone: frozenset[int] = frozenset()
        ground = replace(ground, sources=[self._placed(n, source) for n, source in enumerate(ground.sources)])
        if self._known is not None:
            rerun = ground.preset.job.changed == "rerun"
            kept = frozenset[int]()
            if self._comparison is not None:
                past = msgspec.structs.replace(past, given=self._comparison.matched)
                gone = self._comparison.gone | (self._comparison.changed if rerun else frozenset())
            else:
                kept = frozenset(entry.job.seq for entry in past.open)  # they run anyway, as the preset is now
            self._known.restart()
            lock = threading.Lock()
            sources: list[Source] = []
            for source, naming in zip(ground.sources, ground.namings, strict=True):
                kind = UnknownFound if isinstance(source, Adopting) else Unknown
                unknown = kind(source, naming, self._known, lock, rerun=rerun, kept=kept)
                sources.append(source if isinstance(source, Placed) else unknown)
            ground = replace(ground, sources=sources)
        note = f"resumed: {plan.summary}"
        renew = partial(moved, move=self._move)
        return build(ground, run, journal, note, past=past, skip=self._known is None, gone=gone, renew=renew)

    def _placed(self, index: int, source: Source) -> Source:
        """A source that knows its place goes on behind the last row the journal has of it."""
        if not isinstance(source, Placed):
            return source
        field = source.place if isinstance(source.place, str) else source.place[0]
        last = recovery.last_row(self._run.folder, index, field)
        return source.after(last) if last else source

    @property
    def _remembered(self) -> dict[str, str]:
        """What later lives must know besides the present preset: they compare with this one only."""
        told = {BY_KEY: "1"} if self._by_key else {}
        if self._renamed:
            told[RENAMED] = "1"
        if self._template_changed:
            # Whoever runs again what another template did may be interrupted before all of it has run.
            rerun = self._ground.preset.job.changed == "rerun"
            told[OUTDATED] = str(self._found.past.last_seq if rerun else 0)
        return told

    @property
    def _renamed(self) -> bool:
        """Whether `job.key` has changed in any life: some jobs are kept under keys that are not theirs any more."""
        old, new = (_template(told) for told in (self._found.meta.get(TEMPLATE), self._facts[TEMPLATE]))
        return RENAMED in self._found.meta or old.get("key") != new.get("key")

    def _compare(self, progress: Progress) -> None:
        progress("reading what was done")
        ground, past = self._ground, self._found.past
        namings = ground.namings
        outdated = past.last_seq if self._template_changed else int(self._found.meta.get(OUTDATED, 0))
        self._known = known_jobs(
            self._run.folder, past.accepted, namings, self._move, rename=self._renamed, outdated=outdated
        )
        if all(source.repeatable for source in ground.sources):
            self._comparison = compare(ground.sources, namings, self._known, self._found_rows, progress)

    def _found_rows(self, index: int) -> Iterator[list[Row]]:
        """The rows that jobs of a source found in earlier lives, as the source gives them now."""
        source = self._ground.sources[index]
        if isinstance(source, Adopting):
            left = None if source.most is None else source.most - source.own
            for page in recovery.found_rows(self._run.folder, index, left):
                yield source.restore(page)

    def _new(self) -> int | None:
        """Rows that have not been accepted, where the input is the same as ever."""
        past, new = self._found.past, 0
        adopting = any(isinstance(source, Adopting) for source in self._ground.sources)
        found = recovery.found_counts(self._run.folder) if adopting else {}
        for index, source in enumerate(self._ground.sources):
            known = self._found.rows[index] if index < len(self._found.rows) else None
            if isinstance(source, Adopting):
                known = source.own + found.get(index, 0)
                known = known if source.most is None else min(known, source.most)
            rows = source.total() if known is None else known
            if rows is None:
                return None
            new += max(0, rows - (past.given[index] if index < len(past.given) else 0))
        return new

    def _surprises(self) -> list[str]:
        told = [*self._left_behind()] if self._input_changed else []
        found = self._comparison
        if self._input_changed and found and (found.gone or found.inserted):
            parts = [f"{plural(len(found.gone), 'job')} no longer in it"] if found.gone else []
            parts += [f"{found.inserted:,} new before known ones"] if found.inserted else []
            told.append(f"the input has changed: {', '.join(parts)}; known jobs are kept by their key")
        if self._changed and self._ground.preset.job.changed == "ask":
            told.append(
                f"{self._changed} would execute something else now: what was done stays as it is, what is left uses"
                ' the new preset; job.changed = "rerun" runs them again'
            )
        return told

    def _left_behind(self) -> Iterator[str]:
        """What a crawl found is kept by its place in the preset; another source may stand there now."""
        before = msgspec.json.decode(self._found.meta.get(SOURCES, "[]"), type=list[str])
        now, sources = _fingerprints(self._facts), self._ground.sources
        for index, number in sorted(recovery.found_counts(self._run.folder).items()):
            was = before[index] if index < len(before) else ""
            moved = bool(was) and was in now and now.index(was) != index
            if moved or index >= len(sources) or not isinstance(sources[index], Adopting):
                yield (
                    f"{plural(number, 'page')} found by the crawl that was source[{index}] will not be visited: what it"
                    " found is kept by its place among the sources; put it back there to go on with them"
                )

    @property
    def _changed(self) -> str:
        """The jobs whose key now means something else to execute, as words, or empty."""
        if self._comparison is None:
            return "jobs" if self._template_changed else ""
        return plural(number, "job") if (number := len(self._comparison.changed)) else ""

    def _notes(self, again: Sequence[str], held: Mapping[int, str]) -> list[str]:
        told = []
        found = self._comparison
        if self._by_key and found is None:
            once = [
                clean(_origin(source), 80)
                for source in self._ground.sources
                if not (source.repeatable or isinstance(source, Placed))
            ]
            if once:
                told.append(f"{' and '.join(once)} {_is(once)} compared with what was done while {_it(once)} read")
        elif self._input_changed and found and not (found.gone or found.inserted) and self._unstamped:
            told.append("the input was compared with what was done: nothing is missing, what is new stands at its end")
        elif self._input_changed and found and not (found.gone or found.inserted):
            told.append("the input has changed: nothing is missing, what is new stands at its end")
        match self._ground.preset.job.changed:
            case "keep" if self._changed:
                told.append(f"{self._changed} would execute something else now; what was done stays as it is")
            case "rerun" if self._changed:
                told.append(f"{self._changed} would execute something else now, and run again")
        crashes = recovery.crashes_of(self._found)
        if alone := sum(crashes.get(suspect, 0) >= SUSPICIOUS for suspect in again):
            told.append(f"{plural(alone, 'job')} of them, running in more than one crash of the engine, will run alone")
        told += [f"held: {why}; --retry-held runs it again" for why in dict.fromkeys(held.values())]
        return [*told, *self._results_note()]

    def _results_note(self) -> list[str]:
        before, now = self._found.meta.get("results", ""), _results(self._ground.preset)
        if before == now:
            return []
        if before:
            return [f"results go on in {clean(before)}"]
        return ["the run was begun without a results file and goes on without one; `qtui results` has them all"]

    @property
    def _sites(self) -> list[str]:
        """Former addresses of the embedded site, in any life of the run; jobs of those lives name them."""
        meta = self._found.meta
        known = [*msgspec.json.decode(meta.get(SITES, "[]"), type=list[str]), meta.get(SITE, "")]
        return [site for site in dict.fromkeys(known) if site and site != self._ground.site]

    def _move(self, text: str) -> str:
        """`text` with the present address of the embedded site."""
        return self._former.sub(self._ground.site.partition("://")[2], text) if self._former else text

    def _moved(self, past: Past) -> Past:
        if not self._former:
            return past
        open_jobs = [msgspec.structs.replace(entry, job=moved(entry.job, self._move)) for entry in past.open]
        return msgspec.structs.replace(past, open=open_jobs)


async def agreed(resumption: Resumption, intent: Intent, progress: Progress) -> Plan:
    """The plan, when it may be followed.

    Raises:
        Refusal: with the plan, when a person should see it first, or wanted nothing else.
    """
    plan = await resumption.plan(progress)
    lost = {"failed": plan.failed, "held": plan.held + plan.undecided}
    rounds = [f"another round for {plural(lost[state], f'{state} job')}" for state in intent.retry if lost[state]]
    plan = msgspec.structs.replace(plan, notes=[*plan.notes, *rounds])
    if intent.dry:
        raise Refusal("nothing was started", ExitCode.ALL_DONE, plan=plan)
    if intent.ask or (plan.surprises and not intent.accept):
        raise Refusal(
            f"{plan.run_id} is {'finished' if plan.over else 'unfinished'}", ExitCode.NEEDS_CONSENT, plan=plan
        )
    return plan


def look(run: HeldRun) -> Found:
    """How the run stands. Raises JournalUnreadable."""
    return recovery.look(run.folder, time.time())


def _fingerprints(facts: Mapping[str, str]) -> list[str]:
    return msgspec.json.decode(facts[SOURCES], type=list[str])


def _origin(source: Source) -> str:
    """What is read, without the words for its rows."""
    return source.title.partition(" of ")[2] or source.title


def _is(several: Sequence[str]) -> str:
    return "is" if len(several) == 1 else "are"


def _it(several: Sequence[str]) -> str:
    return "it is" if len(several) == 1 else "they are"


def _template(told: str | None) -> dict[str, object]:
    return msgspec.json.decode(told, type=dict[str, object]) if told else {}


def _results(preset: Preset) -> str:
    return str(Path(preset.results.path).absolute()) if preset.results.path else ""
