"""The long forms of the fault tests: `python -m tests.faults [--only FAMILY] [--seed N]`; `--help` tells how long.

A family of faults is one module with a `full(report)` that tells the report every case it tries; its line below makes
it known here. The exit code is 1 when anything was violated.
"""

from __future__ import annotations

import importlib
import signal
import sys

import click

from tests.faults.report import Options, Report

FAMILIES: dict[str, str] = {
    "kill": "tests.faults.kill",
    "live": "tests.faults.live",
    "shutdown": "tests.faults.shutdown",
    "calls": "tests.faults.calls",
    "power": "tests.faults.power",
    "disk": "tests.faults.disk",
    "damage": "tests.faults.damage",
    "lives": "tests.faults.lives",
    "mutants": "tests.faults.mutants",
}
"""Name → module."""


@click.command()
@click.option("--only", type=click.Choice(sorted(FAMILIES)), multiple=True, help="This family; may be repeated.")
@click.option("--kills", type=click.IntRange(1), default=1_000, show_default=True, help="Kills at random moments.")
@click.option("--states", type=click.IntRange(1), default=3_000, show_default=True, help="Power cuts.")
@click.option("--lives", type=click.IntRange(1), default=10_000, show_default=True, help="Simulated runs, by seed.")
@click.option("--seed", type=int, default=None, help="Repeat what was drawn at random.")
def main(only: tuple[str, ...], kills: int, states: int, lives: int, seed: int | None) -> None:
    """Run the long forms of the fault tests and print a table; exit code 1 on any violation."""
    # A shell makes what it starts in the background deaf to both, and the children would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    options = Options(kills, states, lives) if seed is None else Options(kills, states, lives, seed)
    print(f"seed {options.seed}", file=sys.stderr)
    report = Report(options)
    for name in only or FAMILIES:
        importlib.import_module(FAMILIES[name]).full(report)
    print(f"\n{report.table()}")
    sys.exit(1 if report.failed else 0)


if __name__ == "__main__":
    main()
