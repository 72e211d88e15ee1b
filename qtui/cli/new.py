"""`qtui new KIND [FILE]`: a commented preset to start from."""

from __future__ import annotations

import click

from qtui.cli.common import clear_errors


@click.command("new")
@click.argument("kind", default="")
@click.argument("file", default="")
@clear_errors
def command(kind: str, file: str) -> None:
    """Write a preset for jobs of KIND to FILE, or print it. Never writes over a file.

    KIND is a kind of job or the name of a bundled preset. Every option is in it: those that most people set as they
    are, the others behind a #, with their defaults.
    """
    from qtui.wiring.authoring import new_preset, write_new

    if file:
        click.echo(write_new(kind, file), err=True)
    else:
        click.echo(new_preset(kind), nl=False)
