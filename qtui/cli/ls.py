"""`qtui ls`: live and finished runs."""

from __future__ import annotations

import click

from qtui.cli.common import clear_errors, state_option


@click.command("ls")
@click.option("--json", "json_", is_flag=True, help="For programs: a list of objects.")
@state_option
@clear_errors
def command(json_: bool, state: str) -> None:
    """List live and finished runs, the newest first; the numbers of live ones come from their engines."""
    from qtui.wiring.listing import listed

    click.echo(listed(state, as_json=json_))
