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
    from qtui.plain.report import check_report
    from qtui.wiring.checking import checked
    from qtui.wiring.presets import Options, load

    report = checked(load(preset, Options(input_, changes)))
    click.echo(check_report(report), err=bool(report.problems))
    sys.exit(2 if report.problems else 0)
