"""From a checked preset to an engine: site started, sources bound, kind made, journal opened."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

import msgspec

from qtui.core.job import Job, Value
from qtui.core.naming import Naming
from qtui.core.past import Past
from qtui.core.seams import Executor, Kind, Source, Unbound
from qtui.core.tables import Preset
from qtui.demo.config import SiteConfig
from qtui.engine.clock import LoopClock
from qtui.engine.engine import Engine, Parts, RunInfo
from qtui.errors import PresetError, UsageError
from qtui.executors import EXECUTORS, Order, Recipe
from qtui.journal import outflow
from qtui.journal.encoding import encode
from qtui.journal.journal import SqliteJournal
from qtui.journal.place import state_dir
from qtui.journal.runs import HeldRun
from qtui.kinds import KINDS, KindContext
from qtui.kinds.context import Progress
from qtui.wiring.presets import uses_site

SITE = "site"
SITES = "sites"
SOURCES = "sources"
TEMPLATE = "template"
BY_KEY = "by_key"
RENAMED = "renamed"
OUTDATED = "outdated"
"""Facts that are kept with a run, to compare a later start with."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a run stands on, before its journal is opened."""

    preset: Preset
    document: Mapping[str, object]
    """The preset as TOML tables."""
    site: str
    kind: Kind
    executor: Executor
    sources: list[Source]
    progress: Progress
    """Where the kind tells how far its attempts are."""

    @property
    def namings(self) -> list[Naming]:
        return [Naming(self.preset.job, self.kind.fields, source.place) for source in self.sources]

    @property
    def facts(self) -> dict[str, str]:
        """What is kept with the run: its preset's file may change or go."""
        tables = [cast(Source, table).fingerprint() for table in self.preset.sources]
        return {
            "preset_text": encode(self.document).decode(),
            SITE: self.site,
            SOURCES: msgspec.json.encode(tables).decode(),
            TEMPLATE: template(self.preset),
        }


async def lay_ground(
    preset: Preset,
    document: Mapping[str, object],
    cleanup: contextlib.AsyncExitStack,
    site_before: str = "",
    run_id: str = "",
) -> Ground:
    """Start the site, at its former address when that is free, bind the sources and make the kind.

    Raises:
        QtuiError: when the site or the kind cannot be had. Nothing has started then.
    """
    fields: dict[str, Value] = {}
    site = ""
    if isinstance(preset.demo, SiteConfig) and uses_site(preset):
        fields[SITE] = site = await _site(preset.demo, cleanup, site_before)
    context = _context(preset, fields, run_id)
    kind = KINDS[preset.job.kind].make(preset.kind, context)
    sources = [cast(Unbound, table).bind(fields) for table in preset.sources]  # every table of the registry is a source
    return Ground(preset, document, site, kind, _executor(preset, kind, context), sources, context.progress)


def _executor(preset: Preset, kind: Kind, context: KindContext) -> Executor:
    """Where the jobs run; worker processes make the kind once more. Raises PresetError."""
    table = msgspec.to_builtins(preset.kind)
    recipe = Recipe(preset.job.kind, table, context.directory, context.timeout_s, dict(context.fields), context.seed)
    where = preset.workers.executor
    if where == "auto":
        where = "process" if KINDS[preset.job.kind].blocks(kind) else "local"
    if where == "process" and preset.workers.strategy == "unbounded":
        raise PresetError("unbounded would start a process for every job; use strategy = pool or executor = local")
    mask = getattr(kind, "mask", str)  # kinds that know secrets
    return EXECUTORS[where](Order(kind, recipe, preset.workers.recycle, context.progress.tell, mask))


async def _site(config: SiteConfig, cleanup: contextlib.AsyncExitStack, before: str) -> str:
    from qtui.demo.site import DemoSite

    site = DemoSite(config)
    port = before.rpartition(":")[2]
    try:
        address = await site.start(int(port) if port.isdigit() else config.port)
    except UsageError:
        if not before:
            raise
        address = await site.start(config.port)
    cleanup.push_async_callback(site.stop)
    return address


def new_engine(ground: Ground, run: HeldRun) -> Engine:
    """The engine of a new run. Raises CannotWrite when the journal or the results file cannot be made."""
    told = ground.preset.results
    results = Path(told.path).absolute() if told.path else None
    facts = ground.facts | outflow.facts(told.order, told.shape)
    journal = SqliteJournal.create(run.folder, run=run.record, results=results, facts=facts)
    note = ""
    if journal.results_moved_to is not None:
        note = (
            f"an older {journal.results_moved_to.name.rpartition('.')[0]} was kept as {journal.results_moved_to.name}"
        )
    return build(ground, run, journal, note)


def build(
    ground: Ground,
    run: HeldRun,
    journal: SqliteJournal,
    note: str,
    *,
    past: Past | None = None,
    skip: bool = True,
    gone: frozenset[int] = frozenset(),
    renew: Callable[[Job], Job] = lambda job: job,
) -> Engine:
    """Join the parts."""
    preset, kind = ground.preset, ground.kind
    parts = Parts(
        ground.sources, kind, ground.executor, journal, LoopClock(), past=past, skip=skip, gone=gone, renew=renew
    )
    engine = Engine(preset, parts, RunInfo(run.record.run_id, preset.results.path, note, _once(run)))
    ground.progress.listener = engine.gauges.tell
    journal.on_state = partial(_journal_state, engine)
    return engine


def _once(run: HeldRun) -> str:
    """How a person has one job of the run done by itself."""
    where = run.folder.parent
    elsewhere = [] if where == state_dir() else ["--state", str(where)]
    return shlex.join(["qtui", "run-one", *elsewhere, run.record.run_id])


def template(preset: Preset) -> str:
    """What decides what a job executes and what it is, as text; values of secrets are no part of it.

    What is as it is by default is left out, so that an option that a later qtui knows changes nothing.
    """
    table = preset.kind
    executed = {}
    for field in msgspec.structs.fields(table):
        value = getattr(table, field.name)
        if field.name not in table.operational and value != field.default and not _made_by_default(field, value):
            executed[field.name] = msgspec.to_builtins(value)
    told = {"kind": preset.job.kind, "key": preset.job.key, "table": executed}
    return msgspec.json.encode(told, order="deterministic").decode()


def _made_by_default(field: msgspec.structs.FieldInfo, value: object) -> bool:
    factory = field.default_factory
    return callable(factory) and bool(value == factory())


def _journal_state(engine: Engine, state: str, sentence: str) -> None:
    """A full disk is waited for; a journal that failed ends the run: what happened then could not be recorded."""
    if state == "failed":
        engine.fail(sentence)
    else:
        engine.journal_told("" if state == "ok" else sentence)


def _context(preset: Preset, fields: dict[str, Value], run_id: str) -> KindContext:
    loop = asyncio.get_running_loop()
    return KindContext(
        clock=loop.time,
        sleep=asyncio.sleep,
        environ=dict(os.environ),
        directory=os.getcwd(),
        timeout_s=preset.job.timeout,
        fields=fields,
        run_id=run_id,
    )
