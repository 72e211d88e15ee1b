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
def command(run: str, watch: bool, state: str, screen: dict[str, object]) -> None:
    """Open the screen for a live run: its id, the beginning of it, or the preset's name. Without it: the newest."""
    from qtui.wiring.attaching import attach

    sys.exit(attach(run, {**screen, "watch": watch}, state=state))
