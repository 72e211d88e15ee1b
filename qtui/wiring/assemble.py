"""From a checked preset to an engine: site started, sources bound, kind made, journal opened."""

from __future__ import annotations

import asyncio
import contextlib
import os
from functools import partial
from pathlib import Path
from typing import cast

from qtui.core.job import Value
from qtui.core.seams import Source, Unbound
from qtui.core.tables import Preset, SourceTable
from qtui.demo.config import SiteConfig
from qtui.engine.clock import LoopClock
from qtui.engine.engine import Engine, Parts, RunInfo
from qtui.executors import EXECUTORS
from qtui.journal.journal import SqliteJournal
from qtui.journal.runs import HeldRun
from qtui.kinds import KINDS, KindContext
from qtui.wiring.presets import uses_site


async def assemble(preset: Preset, run: HeldRun, cleanup: contextlib.AsyncExitStack) -> Engine:
    """The engine of a new run; what must be closed after it is pushed on `cleanup`.

    Raises:
        QtuiError: when the journal, the results file, the site or the kind cannot be had. Nothing has started then.
    """
    fields: dict[str, Value] = {}
    if isinstance(preset.demo, SiteConfig) and uses_site(preset):
        from qtui.demo.site import DemoSite

        site = DemoSite(preset.demo)
        fields["site"] = await site.start()
        cleanup.push_async_callback(site.stop)
    kind = KINDS[preset.job.kind].make(preset.kind, _context(preset, fields))
    results = Path(preset.results.path).absolute() if preset.results.path else None
    journal = SqliteJournal.create(run.folder, run=run.record, results=results)
    note = ""
    if journal.results_moved_to is not None:
        note = (
            f"an older {journal.results_moved_to.name.rpartition('.')[0]} was kept as {journal.results_moved_to.name}"
        )
    sources = [_bound(table, fields) for table in preset.sources]
    parts = Parts(sources, kind, EXECUTORS[preset.workers.executor](kind), journal, LoopClock())
    engine = Engine(preset, parts, RunInfo(run.record.run_id, preset.results.path, note))
    journal.on_state = partial(_journal_state, engine)
    return engine


def _journal_state(engine: Engine, state: str, sentence: str) -> None:
    """A full disk is waited for; a journal that failed ends the run: what happened then could not be recorded."""
    if state == "failed":
        engine.fail(sentence)
    else:
        engine.blocked = state == "blocked"
        engine.problem = sentence if engine.blocked else ""


def _bound(table: SourceTable, fields: dict[str, Value]) -> Source:
    return cast(Unbound, table).bind(fields)  # every table in the registry of sources is a source


def _context(preset: Preset, fields: dict[str, Value]) -> KindContext:
    loop = asyncio.get_running_loop()
    return KindContext(
        clock=loop.time,
        sleep=asyncio.sleep,
        environ=dict(os.environ),
        directory=os.getcwd(),
        timeout_s=preset.job.timeout,
        fields=fields,
    )
