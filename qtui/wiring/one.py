"""One job of a preset or a run, once, in the foreground: as an engine would run it, and nothing is written down."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

import msgspec
import tomli_w

from qtui.core import events as ev
from qtui.core.job import Done, Failed, Interrupted, Job, Outcome, Value
from qtui.core.naming import Naming
from qtui.core.seams import Row, Source
from qtui.core.signature import line
from qtui.core.tables import Halt, Preset, QueueTable, Throttle, Workers
from qtui.engine.clock import LoopClock
from qtui.engine.engine import Engine, Parts
from qtui.errors import ExitCode, QtuiError, UsageError
from qtui.journal.encoding import decode
from qtui.journal.memory import MemoryJournal
from qtui.journal.place import state_dir
from qtui.journal.reader import open_reader
from qtui.journal.runs import find, list_runs, read_record
from qtui.text import clean, clean_block, plural, seconds
from qtui.wiring.assemble import SITE, Ground, lay_ground
from qtui.wiring.finding import locate
from qtui.wiring.presets import Loaded, Options, absolute, load, written
from qtui.wiring.searching import forget_the_current_folder

Tell = Callable[[str], None]
_SHOP = re.compile(r"http://127\.0\.0\.1:\d+")
NEAR = 5_000
"""Keys that are looked at for a near one."""


class Ended(NamedTuple):
    """How the job ended."""

    job: Job
    outcome: Outcome
    run_s: float

    @property
    def code(self) -> int:
        return int(ExitCode.ALL_DONE if isinstance(self.outcome, Done) else ExitCode.SOME_FAILED)


class _Chosen(NamedTuple):
    """A row with the number that its job has, where that is known."""

    producer: int
    seq: int
    row: Row


class _One:
    """A source of one row."""

    title = "one job"
    blocking = False
    repeatable = True

    def __init__(self, row: Row, place: str | tuple[str, ...]) -> None:
        self._row, self.place = row, place

    def check(self) -> str:
        return ""

    def fingerprint(self) -> str:
        return ""

    def columns(self) -> list[str]:
        return list(self._row.fields)

    def total(self) -> int:
        return 1

    def count(self, stop: Callable[[], bool]) -> int:
        return 1

    def batches(self, skip: int = 0) -> Iterator[list[Row]]:
        yield [self._row]


def run_one(what: str, job: str, options: Options, state: str, tell: Tell) -> Ended:
    """Run the job `job` (its key or name, or its number) of a preset or a run; `tell` hears of its progress.

    Raises:
        UsageError: there is no such preset or run, or it has no such job. QtuiError: the job cannot be begun.
    """
    forget_the_current_folder()
    try:
        locate(what)
    except UsageError as no_preset:
        return asyncio.run(_of_run(_folder(what, state, no_preset), job, options, tell))
    return asyncio.run(_of_preset(_usable(load(what, options)), job, tell))


def _folder(what: str, state: str, no_preset: UsageError) -> Path:
    where = state_dir(Path(state) if state else None)
    if "/" in what or what.endswith(".toml"):
        raise no_preset
    try:
        return find(where, what)
    except UsageError:
        runs = len(list_runs(where))
        raise UsageError(
            f"there is no preset and no run {clean(what)}; {plural(runs, 'run')} kept, see `qtui ls`"
        ) from None


def _usable(loaded: Loaded) -> Loaded:
    if loaded.preset is None or loaded.problems:
        first = loaded.problems[0]
        where = f" {clean(first.path)}:" if first.path else ""
        raise UsageError(f"{clean(loaded.source)}:{where} {clean(first.message)}; `qtui check` tells everything")
    return loaded


# -- which one


async def _of_preset(loaded: Loaded, job: str, tell: Tell) -> Ended:
    assert loaded.preset is not None, "it is usable"
    async with contextlib.AsyncExitStack() as cleanup:
        ground = await lay_ground(_alone(loaded.preset), loaded.document, cleanup)
        return await _run(ground, _among_rows(ground, loaded.source, job), tell)


def _among_rows(ground: Ground, source: str, wanted: str) -> _Chosen:
    """The row of the job with this key or name, else the one of this number."""
    number = _number(wanted)
    if ground.site:  # the shop is at another address every time, and that is in the keys
        wanted = _SHOP.sub(ground.site, wanted)
    if number and len(ground.sources) > 1 and wanted.startswith("#"):
        such = next((f", such as {clean(naming.key(row), 80)}" for _, row, naming in _rows(ground)), "")
        raise UsageError(f"with several sources a job has a number only in a run; give its key{such}")
    seen: list[str] = []
    numbered: _Chosen | None = None
    seq = 0
    for seq, (producer, row, naming) in enumerate(_rows(ground), 1):
        made = naming.job(seq, producer, row)
        if wanted in (made.key, made.name):
            return _Chosen(producer, seq, row)
        if seq == number and len(ground.sources) == 1:
            numbered = _Chosen(producer, seq, row)
            if wanted.startswith("#"):
                break
        if len(seen) < NEAR:
            seen.append(made.key)
    if numbered is not None:
        return numbered
    near = difflib.get_close_matches(wanted, seen, 1, 0.6)
    hint = f"; did you mean {clean(near[0], 80)}?" if near else f"; the first is {clean(seen[0], 80)}" if seen else ""
    raise UsageError(f"{clean(source)} has {plural(seq, 'job')} and none is {clean(wanted, 80)}{hint}")


def _rows(ground: Ground) -> Iterator[tuple[int, Row, Naming]]:
    """Every row of every source, as far as there are any for now."""
    for index, (source, naming) in enumerate(zip(ground.sources, ground.namings, strict=True)):
        with contextlib.closing(cast(Any, source.batches())) as batches:
            for batch in batches:
                if not batch:
                    break
                for row in batch:
                    yield index, row, naming


def _number(word: str) -> int:
    digits = word.removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 15 else 0


async def _of_run(folder: Path, wanted: str, options: Options, tell: Tell) -> Ended:
    if options.input or options.changes:
        raise UsageError("--input and --set are for a preset; a job of a run has its row, and the preset of the run")
    with open_reader(folder) as reader:
        made = reader.job(_number(wanted), wanted)
        told, site = reader.fact("preset_text"), reader.fact(SITE)
    if made is None:
        raise UsageError(f"run {clean(folder.name)} has no job {clean(wanted, 80)}")
    tables = decode(told or "null")
    if not isinstance(tables, dict):
        raise UsageError("the journal of this run was written by an older qtui and has no preset in it")
    preset = _preset_of(tables, folder)
    if made.producer >= len(preset.sources):
        raise UsageError(f"the preset of run {clean(folder.name)} has no source {made.producer + 1}")
    async with contextlib.AsyncExitStack() as cleanup:
        ground = await lay_ground(_alone(preset), tables, cleanup, site, folder.name)
        return await _run(ground, _Chosen(made.producer, made.seq, Row(made.row, made.problem)), tell)


def _preset_of(tables: dict[str, Any], folder: Path) -> Preset:
    """The preset as the run keeps it; its paths are relative to the file that it was read from."""
    preset = written(tomli_w.dumps(tables), clean(folder.name))
    identity = read_record(folder).identity
    with contextlib.suppress(ValueError, IndexError, TypeError):
        path = Path(json.loads(identity)[0])
        return msgspec.structs.replace(preset, kind=absolute(preset.kind, path.parent))
    return preset


# -- running it


def _alone(preset: Preset) -> Preset:
    """One attempt of one job: nothing that limits, halts or tries again, and no results file."""
    workers = Workers(concurrency=1, executor=preset.workers.executor)
    retry = msgspec.structs.replace(preset.retry, attempts=1, attempts_for={})
    results = msgspec.structs.replace(preset.results, path="")
    return msgspec.structs.replace(
        preset, queue=QueueTable(), workers=workers, retry=retry, throttle=Throttle(), halt=Halt(), results=results
    )


async def _run(ground: Ground, chosen: _Chosen, tell: Tell) -> Ended:
    source = ground.sources[chosen.producer]
    preset = msgspec.structs.replace(ground.preset, sources=[ground.preset.sources[chosen.producer]])
    one = cast(Source, _One(chosen.row, source.place))
    engine = Engine(preset, Parts([one], ground.kind, ground.executor, MemoryJournal(), LoopClock()))
    engine.intake.last_seq = chosen.seq - 1  # what is drawn by its number is drawn as in a run
    ground.progress.listener = engine.gauges.tell
    ends: list[ev.AttemptEnded] = []

    def hear(event: ev.Event) -> None:
        match event:
            case ev.AttemptEnded():
                ends.append(event)
            case ev.AttemptProgressed(share=share, text=text):
                tell(f"{share:.0%} {text}".strip() if share is not None else text)

    engine.subscribe(hear)
    try:
        await engine.start()
        await engine.wait_ended()
    finally:
        await engine.close()
    if not ends:
        raise QtuiError(engine.problem or "the job has not ended")
    return Ended(ends[-1].job, ends[-1].outcome, ends[-1].run_s)


# -- telling it


def as_json(ended: Ended) -> str:
    """For programs: one object."""
    job, outcome = ended.job, ended.outcome
    told: dict[str, object] = {
        "seq": job.seq,
        "key": job.key,
        "name": job.name,
        "fields": job.row,
        "state": _state(outcome),
        "run_s": round(ended.run_s, 3),
    }
    if isinstance(outcome, Done):
        told["value"] = outcome.value
    elif isinstance(outcome, Failed):
        told |= {"code": outcome.code, "message": outcome.message, "detail": outcome.detail}
    try:
        return msgspec.json.encode(told).decode()
    except UnicodeEncodeError:
        return json.dumps(told)  # lone surrogates


def _state(outcome: Outcome) -> str:
    return str(outcome.__struct_config__.tag)


def head(ended: Ended) -> str:
    """How it ended, and what it was given: for stderr."""
    job, outcome = ended.job, ended.outcome
    said = {Done: "done", Failed: "failed"}.get(type(outcome), _state(outcome))
    lines = [f"job #{job.seq}  {clean(job.name, 200)}", *_fields(job.row), f"{said} after {seconds(ended.run_s)}"]
    if isinstance(outcome, Failed):
        lines[-1] += f": {clean(line(outcome))}"
    if not isinstance(outcome, Interrupted) and outcome.detail:
        lines += [f"  {each}" for each in clean_block(outcome.detail).split("\n")]
    return "\n".join(lines)


def result(ended: Ended) -> str:
    """What it gave, for stdout; empty when it gave nothing."""
    if not isinstance(ended.outcome, Done) or ended.outcome.value is None:
        return ""
    value = ended.outcome.value
    if isinstance(value, dict):
        return "\n".join(_fields(value, ""))
    return clean_block(_text(value), 1_000_000)


def _fields(fields: dict[str, Value], margin: str = "  ") -> list[str]:
    lines = []
    for name, value in fields.items():
        first, *more = clean_block(_text(value), 100_000).split("\n")
        lines += [f"{margin}{clean(name, 40)}  {first}", *(f"{margin}  {each}" for each in more)]
    return lines


def _text(value: Value) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
