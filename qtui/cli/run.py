"""`qtui run PRESET`: without a screen."""

from __future__ import annotations

import sys

import click

from qtui.cli.common import (
    clear_errors,
    input_option,
    preset_arguments,
    resume_arguments,
    resume_options,
    set_option,
    state_option,
)


@click.command("run")
@click.argument("preset")
@input_option
@set_option
@state_option
@resume_options
@click.option("--json", "json_", is_flag=True, help="Print every event as a JSON line on stdout.")
@click.option("--plain", is_flag=True, help="One line per change even on a terminal.")
@click.option("--detach", is_flag=True, help="Leave it running in the background and print its id.")
@click.option(
    "--stop-timeout",
    type=click.FloatRange(0, 86400),
    default=20.0,
    metavar="S",
    help="Seconds that SIGTERM drains before it stops; 20 by default.",
)
@clear_errors
def command(
    preset: str,
    input_: str,
    changes: tuple[tuple[str, str], ...],
    state: str,
    json_: bool,
    plain: bool,
    detach: bool,
    stop_timeout: float,
    **resume: bool,
) -> None:
    """Run PRESET to its end; the exit code says how it ended.

    \b
    0 all done · 1 some failed or held · 2 usage or bad preset · 3 the plan needs consent
    65 unreadable journal · 70 the engine died · 74 cannot write · 75 already running
    130 stopped · 143 terminated

    Starting a preset again goes on with its unfinished run, by what its journal knows. Where that would be
    surprising (a changed input, a changed template) it ends with 3 and the plan; --accept-plan goes on.

    Ctrl-C drains, again interrupts what runs, again kills. When nobody reads the events of --json any more (141), or
    the terminal hangs up (129), the run goes on in the background; `qtui attach` shows it.
    """
    from qtui.wiring.headless import Headless, run

    arguments = preset_arguments(input_, changes) + resume_arguments(resume)
    options = Headless(preset, arguments, state, json_, plain, detach, stop_timeout)
    sys.exit(run(options))
