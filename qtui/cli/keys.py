"""`qtui keys`: a keymap file to begin with."""

from __future__ import annotations

import click

from qtui.cli.common import clear_errors


@click.command("keys")
@click.option("--where", is_flag=True, help="Print where your keymap file belongs instead.")
@clear_errors
def command(where: bool) -> None:
    """Print every action of the screen with its keys, as a file to change and keep.

    `qtui keys > "$(qtui keys --where)"` puts it where qtui looks for it.
    """
    from qtui.wiring import keys

    click.echo(keys.default() if where else keys.template(), nl=where)
