"""`qtui [PRESET]`: the screen."""

from __future__ import annotations

import sys

import click

from qtui.cli.common import (
    clear_errors,
    input_option,
    preset_arguments,
    resume_arguments,
    resume_options,
    screen_options,
    set_option,
    state_option,
)


@click.command("open")
@click.argument("preset", default="")
@input_option
@set_option
@state_option
@resume_options
@screen_options
@clear_errors
def command(
    preset: str, input_: str, changes: tuple[tuple[str, str], ...], state: str, theme: str, mouse: bool, **resume: bool
) -> None:
    """Open the screen for PRESET, a TOML file or the name of a bundled preset. Without it: pick one."""
    from qtui.wiring.launcher import open_screen

    screen = {"theme": theme, "mouse": mouse}
    arguments = preset_arguments(input_, changes)
    sys.exit(open_screen(preset, arguments, resume_arguments(resume), screen, state=state))
