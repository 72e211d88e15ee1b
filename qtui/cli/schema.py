"""`qtui schema`: what a preset may hold, for editors."""

from __future__ import annotations

import click

from qtui.cli.common import clear_errors


@click.command("schema")
@clear_errors
def command() -> None:
    """Print the JSON Schema of a preset.

    Keep it beside your presets (`qtui schema > preset.schema.json`) and begin them with the line
    `#:schema preset.schema.json`: editors then complete and check them.
    """
    from qtui.wiring.schema import schema_text

    click.echo(schema_text())
