"""`qtui check PRESET`: what it will do, in plain words, without doing it."""

from __future__ import annotations

import sys

import click

from qtui.cli.common import clear_errors, input_option, set_option


@click.command("check")
@click.argument("preset")
@input_option
@set_option
@clear_errors
def command(preset: str, input_: str, changes: tuple[tuple[str, str], ...]) -> None:
    """Say what PRESET will run, read, write and contact. Starts nothing."""
    from qtui.wiring.reports import check

    told, report = check(preset, input_, changes)
    click.echo(report, err=bool(told.problems))
    sys.exit(2 if told.problems else 0)
