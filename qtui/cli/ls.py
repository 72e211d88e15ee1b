"""`qtui ls`: live and finished runs."""

from __future__ import annotations

import click

from qtui.cli.common import clear_errors, state_option


@click.command("ls")
@state_option
@clear_errors
def command(state: str) -> None:
    """List live and finished runs, the newest first."""
    from pathlib import Path

    from qtui.journal.place import state_dir
    from qtui.journal.runs import list_runs
    from qtui.plain.report import runs_report

    click.echo(runs_report(list_runs(state_dir(Path(state) if state else None))))
