"""What the picker offers, in its order, and what is chosen at first: pure functions of presets and runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qtui.core.port import PresetEntry, RunEntry
from qtui.text import clean
from qtui.tui.screens.preset_list import Item

_GROUPS = (("learn", "LEARN", "runs offline, simulated work"), ("real", "REAL", "network or files"))
_RUNS = ((False, "RESUME", "not finished"), (True, "RUNS", "live"))


def open_runs(runs: Iterable[RunEntry]) -> list[RunEntry]:
    """Those that live, then those that starting their preset would go on with."""
    ordered = _newest_first(runs)
    newest = {run.identity or run.run_id: run for run in reversed(ordered) if not run.aside}
    unfinished = [run for run in newest.values() if run.state in ("stopped", "crashed") and not run.given]
    return [*(run for run in ordered if run.state == "running"), *unfinished[::-1]]


def used_last(presets: Sequence[PresetEntry], runs: Iterable[RunEntry]) -> str:
    """The preset that was run last of those that are offered, or nothing."""
    for run in _newest_first(runs):
        for entry in presets:
            if entry.source == run.preset or (entry.file and entry.file == run.file):
                return entry.source
    return ""


def _newest_first(runs: Iterable[RunEntry]) -> list[RunEntry]:
    return sorted(runs, key=lambda run: run.started_at, reverse=True)


def offered(presets: Iterable[PresetEntry], runs: Iterable[RunEntry], text: str) -> list[Item]:
    """Headings and rows: presets that come with qtui, a person's own by folder, then runs; only what has the text."""
    wanted = text.casefold()
    entries = [entry for entry in presets if wanted in f"{entry.name} {entry.description} {entry.source}".casefold()]
    items: list[Item] = []
    for group, heading, note in _GROUPS:
        items += _under(heading, note, [Item(preset=entry) for entry in entries if entry.group == group])
    own = [entry for entry in entries if entry.group not in ("learn", "real")]
    for folder in dict.fromkeys(entry.folder for entry in own):
        items += _under("YOURS", clean(folder), [Item(preset=entry) for entry in own if entry.folder == folder])
    going = [Item(run=run) for run in runs if wanted in f"{run.name} {run.run_id}".casefold()]
    for live, heading, note in _RUNS:
        items += _under(heading, note, [item for item in going if item.is_live is live])
    return items


def _under(heading: str, note: str, rows: list[Item]) -> list[Item]:
    return [Item(heading, note=note), *rows] if rows else []
