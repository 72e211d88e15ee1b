"""Which runs there are: the journals say what was, the engines say what is."""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path

from qtui.core.eta import Certainty, Forecast
from qtui.core.port import Refusal, RunEntry
from qtui.core.snapshot import RunState, Snapshot
from qtui.errors import QtuiError
from qtui.journal.place import state_dir
from qtui.journal.runs import list_runs, read_record
from qtui.plain.report import RunLine, runs_json, runs_report
from qtui.wiring.steering import visit

PATIENCE_S = 1.0
"""How long a live engine is waited for; all are asked at the same time."""


def listed(state: str, *, as_json: bool) -> str:
    """All runs, the newest first, those that live as their engines say; a table, or JSON."""
    runs = asyncio.run(_runs(state_dir(Path(state) if state else None)))
    return runs_json(runs) if as_json else runs_report(runs)


async def _runs(where: Path) -> list[RunLine]:
    entries = list_runs(where)
    newest = {entry.identity: entry.run_id for entry in reversed(entries) if not entry.aside}
    return list(await asyncio.gather(*(_line(where, entry, newest.get(entry.identity, "")) for entry in entries)))


async def _line(where: Path, entry: RunEntry, newest: str) -> RunLine:
    if entry.state != "running":
        return _past(entry, resumable=entry.run_id == newest)
    socket = ""
    try:
        socket = read_record(where / entry.run_id).socket
        async with visit(Path(socket), PATIENCE_S) as (_, snap):
            return _live(entry, snap)
    except Refusal:
        return _unheard(entry, "running")  # it has no room for one face more: it answers
    except QtuiError:
        return _unheard(entry, "not answering" if socket else "starting")


def _past(entry: RunEntry, *, resumable: bool) -> RunLine:
    """`resumable`: it is the last run of its preset, the one that starting the preset takes up."""
    elapsed = entry.ended_at - entry.started_at if entry.ended_at else None
    goes_on = resumable and entry.state in ("stopped", "crashed")
    return RunLine(
        entry.run_id,
        entry.name,
        entry.preset,
        entry.state,
        entry.started_at,
        elapsed,
        entry.done,
        entry.failed,
        entry.total,
        resume=_command(entry) if goes_on else "",
    )


def _command(entry: RunEntry) -> str:
    """What goes on with a run: the preset, and the input it was given."""
    words = ["qtui", entry.preset]
    if entry.given:
        words += ["--input", entry.given]
    return shlex.join(words)


def _unheard(entry: RunEntry, state: str) -> RunLine:
    """A live run in the numbers of its journal."""
    return RunLine(
        entry.run_id,
        entry.name,
        entry.preset,
        state,
        entry.started_at,
        None,
        entry.done,
        entry.failed,
        entry.total,
        live=True,
        pid=entry.pid or None,
    )


def _live(entry: RunEntry, snap: Snapshot) -> RunLine:
    if snap.state is RunState.STARTING:
        return _unheard(entry, snap.state)
    eta = Forecast().step(snap)
    return RunLine(
        entry.run_id,
        entry.name,
        entry.preset,
        snap.state,
        entry.started_at,
        snap.elapsed_s,
        snap.counts.done,
        snap.counts.failed,
        snap.counts.total,
        snap.rates.done_30s,
        eta.left_s if eta.certainty is Certainty.KNOWN else None,
        eta.text,
        True,
        entry.pid or None,
    )
