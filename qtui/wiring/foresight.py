"""The first jobs of a preset, their number and what they may do: known by looking, never by executing."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import islice, zip_longest
from typing import cast

import msgspec

from qtui.core.capabilities import Capabilities
from qtui.core.job import Value
from qtui.core.naming import Naming
from qtui.core.seams import Row, Unbound
from qtui.core.tables import Preset, SourceTable
from qtui.core.template import Template, TemplateError
from qtui.demo.config import SiteConfig
from qtui.errors import QtuiError
from qtui.kinds.secrets import MASK
from qtui.plain.preview import JobLine, Preview
from qtui.text import clean
from qtui.wiring.presets import uses_site

SHOWN = 5
LOOKS_S = 2.0
"""How long the first rows of a source are waited for: they may lie on a disk that does not answer."""
TURN_S = 0.2
Fill = Callable[[str], str]
Tell = Callable[[str, float], bool]
"""Is told what is being counted and for how many seconds already, a few times a second; False ends the counting."""


def foresee(preset: Preset, tell: Tell) -> Preview:
    """Look at what can be looked at. Ctrl-C while rows are counted leaves them uncounted."""
    found: list[list[tuple[int, Row]]] = []
    unseen: list[str] = []
    fields = _run_fields(preset)
    for index, table in enumerate(preset.sources):
        rows, sentence = _first_rows(table, fields)
        found.append([(index, row) for row in rows])
        unseen += [sentence] if sentence else []
    in_turn = (row for turn in zip_longest(*found) for row in turn if row is not None)
    can = capabilities(preset)
    return Preview(
        [_job(preset, seq, index, row, fields) for seq, (index, row) in enumerate(islice(in_turn, SHOWN), 1)],
        unseen,
        _total(preset, tell),
        can,
        [name for name in (*can.environment, *can.secrets) if name not in os.environ],
    )


def capabilities(preset: Preset) -> Capabilities:
    """Everything that a run of the preset may do, joined from all of its tables."""
    can = preset.kind.capabilities()
    for source in preset.sources:
        can |= source.capabilities()
    if isinstance(preset.demo, SiteConfig) and uses_site(preset):
        can |= Capabilities(contacts=("the shop that it starts on this machine",))
    names = Capabilities()
    for template in _templates(msgspec.to_builtins(preset.kind)):
        names |= Capabilities(
            environment=tuple(sorted(template.environment_names)), secrets=tuple(sorted(template.secret_names))
        )
    if preset.alerts.on_alert:
        can |= Capabilities(runs=(preset.alerts.on_alert[0],))
    results = (preset.results.path,) if preset.results.path else ()
    return can | names | Capabilities(writes=(*results, "the journal of the run"))


def _templates(value: object) -> Iterator[Template]:
    """Every text in a table that may be a template; others have no fields that could be mistaken for one."""
    if isinstance(value, str):
        try:
            yield Template(value)
        except TemplateError:
            return
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _templates(inner)


def _run_fields(preset: Preset) -> dict[str, Value]:
    if isinstance(preset.demo, SiteConfig) and uses_site(preset):
        return {"site": f"http://127.0.0.1:{preset.demo.port or '…'}"}
    return {}


# -- the first jobs


def _job(preset: Preset, seq: int, index: int, row: Row, run_fields: Mapping[str, Value]) -> JobLine:
    table = preset.sources[index]
    place = cast(Unbound, table).place  # every table in the registry of sources is a source
    job = Naming(preset.job, lambda told: preset.kind.own_fields(_filling(told, run_fields)), place).job(
        seq, index, row
    )
    executes, problem = "", job.problem
    if not problem:
        try:
            executes = preset.kind.describe(_filling(row.fields, run_fields))
        except TemplateError as error:
            problem = str(error)
    source = clean(table.name or table.kind, 40)
    return JobLine(source, clean(job.name, 200), clean(job.key, 200), clean(executes), clean(problem))


def _filling(row: Mapping[str, Value], run_fields: Mapping[str, Value]) -> Fill:
    return lambda text: Template(text).fill(row, run_fields, lookup=_look_up)


def _look_up(field: str) -> str:
    if field.startswith("secret:"):
        return MASK
    name = field.removeprefix("env:")
    if name not in os.environ:
        raise TemplateError(f"the environment variable {name} is not set")
    return os.environ[name]


def _first_rows(table: SourceTable, fields: Mapping[str, Value]) -> tuple[list[Row], str]:
    """The first rows of a source, and why there are none or no more of them, or nothing."""
    source, name = cast(Unbound, table), clean(table.name or table.kind, 40)
    if not table.harmless:
        return [], f"{name}: the jobs from {clean(source.title)} are known only when it runs"
    if not source.repeatable:
        return [], f"{name}: what {clean(source.title)} would give is left for the run"
    rows: list[Row] = []

    def look() -> None:
        for batch in source.bind(fields).batches():
            rows.extend(batch[:SHOWN])
            if len(rows) >= SHOWN:
                return

    work = _Aside(look)
    if not work.ended.wait(LOOKS_S):
        return list(rows), f"{name}: {clean(source.title)} cannot be read within {LOOKS_S:g} s"
    return rows, f"{name}: {clean(work.problem)}" if work.problem else ""


class _Aside:
    """Work in a thread that nobody waits for longer than he likes: it may be stuck in a read that never returns."""

    def __init__(self, work: Callable[[], None]) -> None:
        self.ended = threading.Event()
        self.problem = ""
        """Why it ended early, in one sentence."""
        self._work = work
        threading.Thread(target=self._run, name="look", daemon=True).start()

    def _run(self) -> None:
        try:
            self._work()
        except (QtuiError, OSError, ValueError) as error:
            self.problem = str(error)
        finally:
            self.ended.set()


# -- their number


def _total(preset: Preset, tell: Tell) -> int | None:
    """How many jobs there are, or None where that cannot be known."""
    totals = []
    stopped = False
    for table in preset.sources:
        known = cast(Unbound, table).total()
        if known is None and not stopped:
            known, stopped = _counted(table, tell)
        totals.append(known)
    return None if None in totals else sum(total for total in totals if total is not None)


def _counted(table: SourceTable, tell: Tell) -> tuple[int | None, bool]:
    """The number of rows, and whether a person did not want to wait for it."""
    source = cast(Unbound, table)
    if not (table.harmless and source.repeatable):
        return None, False
    stop, found = threading.Event(), list[int | None]()
    work, begun = _Aside(lambda: found.append(source.count(stop.is_set))), time.monotonic()
    try:
        while not work.ended.wait(TURN_S):
            if not tell(clean(source.title), time.monotonic() - begun):
                stop.set()
                return None, True
    except KeyboardInterrupt:
        stop.set()
        return None, True
    return found[0] if found else None, False
