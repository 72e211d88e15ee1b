"""What a preset will do, in plain words, before it does it."""

from __future__ import annotations

import shlex
from typing import cast

from qtui.core.port import Checked
from qtui.core.seams import Source
from qtui.core.tables import Preset, SourceTable
from qtui.core.template import Template
from qtui.core.units import write_tolerance
from qtui.demo.config import SiteConfig
from qtui.kinds.http.options import HttpTable
from qtui.kinds.python.options import PythonTable
from qtui.kinds.shell.options import ShellTable
from qtui.sources import CommandSource, CrawlSource, PythonSource
from qtui.text import clean, clean_block, count, plural, rate_limit
from qtui.wiring.estimate import estimate
from qtui.wiring.presets import Loaded, uses_site


def checked(loaded: Loaded) -> Checked:
    """The check of a preset, for the picker, `qtui check` and the screen of a bad preset."""
    base = Checked(clean(loaded.source), problems=loaded.problems, text=clean_block(loaded.text, 200_000))
    preset = loaded.preset
    if preset is None:
        return base
    totals = [_total(source) for source in preset.sources]
    return Checked(
        base.source,
        clean(preset.about.name, 60),
        clean(preset.about.description),
        [],
        base.text,
        [_producer(source) for source in preset.sources],
        preset.job.kind,
        preset.queue.capacity,
        preset.workers.concurrency,
        None if None in totals else sum(total for total in totals if total is not None),
        plan(preset),
        preset.job.kind == "http" and not uses_site(preset),
        preset.job.kind == "simulate",
        estimate(preset, totals),
    )


def _total(source: SourceTable) -> int | None:
    return cast(Source, source).total()  # every table in the registry of sources is a source


def _producer(source: SourceTable) -> str:
    title = clean(cast(Source, source).title)
    total = _total(source)
    many = f", {plural(total, 'row')}" if total is not None else ""
    pace = f", {rate_limit(source.rate)}" if source.rate else ""
    return f"{clean(source.name or source.kind, 40)}: {title}{many}{pace}"


def plan(preset: Preset) -> list[str]:
    """What the preset will run, write and contact besides reading its sources: one plain sentence each."""
    told = [*_looked_for(preset), *_executed(preset)]
    if isinstance(preset.demo, SiteConfig) and uses_site(preset):
        told.append("starts a shop of its own on this machine and fetches from nowhere else")
    told += [source.rule for source in preset.sources if isinstance(source, CrawlSource)]
    told.append(_bounds(preset))
    told += _limits(preset)
    if preset.job.timeout:
        told.append(f"gives an attempt {preset.job.timeout:g} s")
    if preset.results.path:
        told.append(f"writes {clean(preset.results.path)}{_shape(preset)}")
    if preset.alerts.on_alert:
        told.append(f"runs `{clean(shlex.join(preset.alerts.on_alert), 120)}` once for every alert, without a shell")
    told.append("keeps a journal of every attempt")
    return told


def _looked_for(preset: Preset) -> list[str]:
    """What its sources execute."""
    told = []
    for source in preset.sources:
        if isinstance(source, CommandSource):
            told.append(f"runs `{clean(shlex.join(source.command), 120)}` for its jobs, without a shell")
        if isinstance(source, PythonSource):
            module, _, name = source.function.partition(":")
            where = f" from {clean(source.path, 80)}" if source.path else ""
            told.append(f"imports {clean(module, 80)}{where} and calls {clean(name, 80)}() once for its jobs")
    return told


def _bounds(preset: Preset) -> str:
    if preset.workers.strategy == "unbounded":
        return "starts EVERY job at once: no limit, no bound"
    waiting = f"at most {count(preset.queue.capacity)} waiting in the queue"
    if preset.workers.strategy == "semaphore":
        waiting = "all others waiting in tasks of their own: no bound"
    return f"runs at most {plural(preset.workers.concurrency, 'job')} at once, with {waiting}"


def _executed(preset: Preset) -> list[str]:
    """What its jobs do, by their kind."""
    told = []
    if preset.job.kind == "http":
        table = cast(HttpTable, preset.kind)
        told.append(f"sends {table.method} requests to {clean(table.url, 80)}")
        told += [clean(each, 120) for each in table.identity()]
        if table.save:
            told.append(f"saves every answer to {clean(table.save, 80)}")
        if table.insecure:
            told.append("does NOT verify who answers: insecure = true")
    if isinstance(preset.kind, PythonTable):
        told.append(_calls(preset.kind, preset))
    if preset.job.kind == "shell":
        told += _commands(cast(ShellTable, preset.kind))
    if preset.job.kind == "simulate":
        told.append("contacts nobody: the jobs are simulated")
    return told


def _calls(table: PythonTable, preset: Preset) -> str:
    """Nothing is imported to say it: what the function is, only its module could tell."""
    module, _, name = table.function.partition(":")
    where = f" from {clean(table.path, 80)}" if table.path else ""
    processes = f"{plural(preset.workers.concurrency, 'process', 'processes')} of its own"
    runs = {
        "local": "on the engine's own loop",
        "process": f"in up to {processes}",
        "auto": f"in up to {processes}, or on the engine's loop if it is async",
    }
    calls = f"calls {clean(name, 80)}() for every job"
    return f"imports {clean(module, 80)}{where} and {calls}, {runs[preset.workers.executor]}"


def _commands(table: ShellTable) -> list[str]:
    """What is executed, loudly where a shell reads it."""
    if isinstance(table.command, str):
        told = [f"has a SHELL run `{clean(table.command, 120)}` for every job: shell = true"]
    else:
        told = [f"runs `{clean(shlex.join(table.command), 120)}` for every job, without a shell"]
    if table.output:
        told.append(f"writes every output to {clean(table.output, 80)}")
    secrets = sorted({name for text in table.env.values() for name in Template(text).secret_names})
    if secrets:
        told.append(f"gives its commands the secret {clean(', '.join(secrets), 80)}")
    return told


def _limits(preset: Preset) -> list[str]:
    """How often a job is tried, and what keeps attempts from starting."""
    told = []
    retry, throttle = preset.retry, preset.throttle
    if retry.attempts > 1:
        told.append(f"tries a job up to {retry.attempts} times on {', '.join(retry.on)}")
    for name, number in retry.attempts_for.items():
        told.append(f"tries a job up to {plural(number, 'time')} on {clean(name, 60)}")
    if throttle.rate:
        told.append(f"starts at most {rate_limit(throttle.rate)}")
    if throttle.per_host:
        told.append(f"runs at most {plural(throttle.per_host, 'job')} at once for one host")
    if throttle.per_host_rate:
        told.append(f"starts at most {rate_limit(throttle.per_host_rate)} for one host")
    if (failures := preset.halt.failures) is not None:
        told.append(f"halts when {write_tolerance(failures)} of the last {preset.halt.of} attempts failed")
    if preset.halt.consecutive is not None:
        told.append(f"halts when {plural(preset.halt.consecutive, 'attempt')} in a row failed")
    return told


def _shape(preset: Preset) -> str:
    """What is special about the results file."""
    shape = " as CSV" if preset.results.shape == "csv" else ""
    return shape + (", in the order of submission" if preset.results.order == "submission" else "")
