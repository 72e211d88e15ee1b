"""`qtui _screen`: the screen's own process; started by the launcher."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from qtui.cli.common import clear_errors, screen_options, state_option


@click.command("_screen", hidden=True)
@click.option("--socket", "path", default="")
@click.option("--source", default="")
@click.option("--watch", is_flag=True)
@state_option
@screen_options
@clear_errors
def command(path: str, source: str, watch: bool, state: str, theme: str, mouse: bool) -> None:
    """Show the run behind a socket."""
    from qtui.wiring.screen_process import ScreenStart, main

    sys.exit(main(ScreenStart(Path(path) if path else None, source, state, theme, watch, mouse)))
