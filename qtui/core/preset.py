"""From TOML to a `Preset`, or to every problem in it at once, each with its line and what would be right."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from qtui.core import error_classes, tables
from qtui.core.port import Problem
from qtui.core.template import Template, TemplateError
from qtui.core.walker import Reading, locate, nearest, shown, unknown, walk
from qtui.text import clean

MAX_FILE = 1 << 20
MAX_LINE = 1 << 16
MAX_DOTS = 64
MAX_DEPTH = 32


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a preset may name; the registries are handed in, because the core knows no kinds and no sources."""

    sources: Mapping[str, type[tables.SourceTable]]
    kinds: Mapping[str, type[tables.Table]]
    demo: type[msgspec.Struct]


def parse(
    text: str, source: str, vocabulary: Vocabulary, changes: Iterable[tuple[str, str]] = ()
) -> tuple[tables.Preset | None, list[Problem]]:
    """The preset in `text`, or None and all of its problems, in the order of their lines.

    `changes` are `--set` pairs of key path and value, applied before anything is checked.
    """
    reading = Reading(text)
    tree = _read(reading)
    if tree is None:
        return None, reading.problems
    reading.lines = locate(text)
    for path, value in changes:
        _apply(reading, tree, path, value)
    preset = _preset(reading, tree, source, vocabulary)
    reading.problems.sort(key=lambda problem: problem.line)
    return (None if reading.problems else preset), reading.problems


def document(text: str, changes: Iterable[tuple[str, str]] = ()) -> dict[str, Any]:
    """The TOML tables of a preset that `parse` has accepted, after the `--set` changes; templates stay templates."""
    reading = Reading(text)
    tree = tomllib.loads(text)
    for path, value in changes:
        _apply(reading, tree, path, value)
    return tree


def _read(reading: Reading) -> dict[str, Any] | None:
    """TOML within limits: tomllib takes seconds for a line of 40 kB of dots and fails on deep brackets."""
    text = reading.text
    if len(text) > MAX_FILE:
        reading.blame("", f"the file has {len(text):,} characters; a preset has at most {MAX_FILE:,}")
        return None
    for number, line in enumerate(text.split("\n"), 1):
        key = line.partition("=")[0]
        if len(line) > MAX_LINE or key.count(".") > MAX_DOTS or _depth(line) > MAX_DEPTH:
            reading.problems.append(Problem("", "this line is too long or too deeply nested for a preset", number))
            return None
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        match = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        said = clean(re.sub(r"\s*\(at .*\)$", "", str(error)))
        line_number = int(match[1]) if match else text.count("\n") + 1
        reading.problems.append(Problem("", f"this is not TOML: {said}", line_number))
        return None


def _depth(line: str) -> int:
    depth = deepest = 0
    for ch in line:
        depth += (ch in "[{") - (ch in "]}")
        deepest = max(deepest, depth)
    return deepest


def _apply(reading: Reading, tree: dict[str, Any], path: str, value: str) -> None:
    """One `--set` change; the value is TOML where it can be, otherwise text."""
    try:
        parsed: object = tomllib.loads(f"value = {value}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        parsed = value
    *parents, last = path.split(".")
    node: Any = tree
    for parent in parents:
        name, _, index = parent.partition("[")
        node = node.setdefault(name, {}) if isinstance(node, dict) else None
        if isinstance(node, list):
            position = int(index.rstrip("]")) if index.rstrip("]").isdigit() else 0
            node = node[position] if position < len(node) else None
    if not isinstance(node, dict):
        reading.blame("", f"--set {path}: there is no such table")
        return
    node[last] = parsed


def _preset(reading: Reading, tree: dict[str, Any], source: str, vocabulary: Vocabulary) -> tables.Preset | None:
    known = ["preset", "source", "demo", "queue", "workers", "job", "retry", "throttle", "halt", "alerts", "results"]
    for name in tree:
        if name in vocabulary.kinds:
            reading.blame(name, "there is no such table at this place", suggestion=f"job.{name}")
        elif name not in known:
            unknown(reading, name, name, known)
    about = walk(reading, tables.About, tree.get("preset"), "preset")
    sources = _sources(reading, tree.get("source"), vocabulary)
    job, kind = _job(reading, tree.get("job"), vocabulary)
    queue = walk(reading, tables.QueueTable, tree.get("queue", {}), "queue")
    workers = walk(reading, tables.Workers, tree.get("workers", {}), "workers")
    retry = walk(reading, tables.Retry, tree.get("retry", {}), "retry")
    throttle = walk(reading, tables.Throttle, tree.get("throttle", {}), "throttle")
    halt = walk(reading, tables.Halt, tree.get("halt", {}), "halt")
    alerts = walk(reading, tables.Alerts, tree.get("alerts", {}), "alerts")
    results = walk(reading, tables.Results, tree.get("results", {}), "results")
    demo = _demo(reading, tree.get("demo"), vocabulary)
    _blame_unbounded(reading, queue, workers)
    if retry is not None:
        error_classes.blame_unknown(reading, retry.on, "retry.on")
        error_classes.blame_unknown_keys(reading, retry.attempts_for, "retry.attempts_for")
    if about is None or job is None or kind is None or queue is None or workers is None:
        return None
    if retry is None or throttle is None or halt is None or alerts is None or results is None:
        return None
    if problem := misfit(sources, job.kind, kind):
        reading.blame(*problem)
    return tables.Preset(
        about, sources, job, kind, queue, workers, retry, throttle, halt, alerts, results, demo, source
    )


def misfit(sources: Iterable[tables.SourceTable], name: str, kind: tables.Table) -> tuple[str, str] | None:
    """The key path and the reason, where jobs find new ones and no source takes them, or the other way round."""
    adopting = [index for index, source in enumerate(sources) if source.adopts]
    if kind.finds and not adopting:
        keys = " and ".join(key for key in sorted(kind.finding) if getattr(kind, key))
        return (
            f"job.{name}.{keys.partition(' ')[0]}",
            f'{keys} find new jobs, which only a source of kind "crawl" takes',
        )
    if adopting and not kind.finds:
        able = f"set {' or '.join(f'job.{name}.{key}' for key in sorted(kind.finding))}" if kind.finding else ""
        why = able or f"jobs of kind {name} never do; those of kind http can"
        return f"source[{adopting[0]}].kind", f"a crawl goes where its jobs find new ones: {why}"
    return None


def _blame_unbounded(reading: Reading, queue: tables.QueueTable | None, workers: tables.Workers | None) -> None:
    """What means nothing, or harm, where there is no bound."""
    if workers is None:
        return
    if workers.strategy != "pool" and queue is not None and queue.overflow != "block":
        why = f"it never comes to that: strategy = {workers.strategy} has a queue without a bound"
        reading.blame("queue.overflow", why, found=queue.overflow, allowed="block")
    if workers.strategy == "unbounded" and workers.executor == "process":
        why = "this would start a process for every job; strategy = unbounded is for jobs that wait on the loop"
        reading.blame("workers.executor", why, found="process", allowed="local")


def _demo(reading: Reading, found: object, vocabulary: Vocabulary) -> msgspec.Struct | None:
    if found is None:
        return None
    if isinstance(found, dict):
        wanted = found.get("site", True)
        if not isinstance(wanted, bool):
            reading.blame("demo.site", "this must be true or false", found=shown(wanted), allowed="true, false")
            return None
        table = walk(reading, vocabulary.demo, {k: v for k, v in found.items() if k != "site"}, "demo", extra=["site"])
        return table if wanted else None
    reading.blame("demo", "this must be a table", found=shown(found))
    return None


def _sources(reading: Reading, found: object, vocabulary: Vocabulary) -> list[tables.SourceTable]:
    if isinstance(found, dict):
        reading.blame("source", "sources are a list; write [[source]], in double brackets", suggestion="[[source]]")
        return []
    if not isinstance(found, list) or not found:
        reading.blame("source", "a preset needs at least one [[source]]", allowed="[[source]] with kind = …")
        return []
    sources = []
    for index, table in enumerate(found):
        path = f"source[{index}]"
        kind = _kind(reading, table, path, vocabulary.sources)
        if kind:
            source = walk(reading, vocabulary.sources[kind], table, path)
            if source is not None:
                sources.append(source)
    return sources


def _job(reading: Reading, found: object, vocabulary: Vocabulary) -> tuple[tables.JobTable | None, tables.Table | None]:
    if found is None:
        reading.blame("job", "a preset needs a [job] table", allowed='[job] with kind = "http" …')
        return None, None
    name = _kind(reading, found, "job", vocabulary.kinds)
    if not name or not isinstance(found, dict):
        return None, None
    others = [kind for kind in vocabulary.kinds if kind != name]
    for other in others:
        if other in found:
            reading.blame(f"job.{other}", f"this job is of kind {name}; [job.{other}] would be ignored")
    common = {key: value for key, value in found.items() if key not in vocabulary.kinds}
    job = walk(reading, tables.JobTable, common, "job", extra=[name])
    kind = walk(reading, vocabulary.kinds[name], found.get(name, {}), f"job.{name}")
    if job is not None:
        for key in ("name", "key"):
            try:
                Template(getattr(job, key))
            except TemplateError as error:
                reading.blame(f"job.{key}", str(error))
    return job, kind


def _kind(reading: Reading, table: object, path: str, known: Mapping[str, object]) -> str:
    if not isinstance(table, dict):
        reading.blame(path, "this must be a table", found=shown(table))
        return ""
    kind = table.get("kind")
    if isinstance(kind, str) and kind in known:
        return kind
    if kind is None:
        reading.blame(f"{path}.kind", "kind is missing", allowed=", ".join(known))
    else:
        reading.blame(
            f"{path}.kind",
            "there is no such kind",
            found=shown(kind),
            allowed=", ".join(known),
            suggestion=nearest(str(kind), known),
        )
    return ""
