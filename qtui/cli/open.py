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
from qtui.errors import UsageError


@click.command("open")
@click.argument("preset", default="")
@input_option
@set_option
@state_option
@resume_options
@screen_options
@clear_errors
def command(
    preset: str,
    input_: str,
    changes: tuple[tuple[str, str], ...],
    state: str,
    screen: dict[str, object],
    **resume: bool,
) -> None:
    """Open the screen for PRESET, a TOML file or the name of a bundled preset. Without it: pick one."""
    arguments, wanted = preset_arguments(input_, changes), resume_arguments(resume)
    if resume["dry_run"]:
        from qtui.wiring.headless import Headless, run

        if not preset:
            raise UsageError("--dry-run tells what a preset would do; name one")
        sys.exit(run(Headless(preset, arguments + wanted, state)))
    from qtui.wiring.launcher import open_screen

    sys.exit(open_screen(preset, arguments, wanted, screen, state=state))
