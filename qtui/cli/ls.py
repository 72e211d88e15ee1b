"""`qtui ls`: live and finished runs."""

from __future__ import annotations

import click

from qtui.cli.common import clear_errors, state_option


@click.command("ls")
@state_option
@clear_errors
def command(state: str) -> None:
    """List live and finished runs, the newest first."""
    from qtui.wiring.reports import runs

    click.echo(runs(state))
