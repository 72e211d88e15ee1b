"""`qtui attach [RUN]`: another face for a live run."""

from __future__ import annotations

import sys

import click

from qtui.cli.common import clear_errors, screen_options, state_option


@click.command("attach")
@click.argument("run", default="")
@click.option("--watch", is_flag=True, help="Only look: this screen may not steer.")
@state_option
@screen_options
@clear_errors
def command(run: str, watch: bool, state: str, theme: str, mouse: bool, keys: str) -> None:
    """Open the screen for a live run: its id, the beginning of it, or the preset's name. Without it: the newest."""
    from qtui.wiring.attaching import attach
    from qtui.wiring.keys import own_keys

    sys.exit(attach(run, {"theme": theme, "mouse": mouse, "keys": own_keys(keys), "watch": watch}, state=state))
