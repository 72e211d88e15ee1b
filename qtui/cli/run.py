"""`qtui run PRESET`: without a screen."""

from __future__ import annotations

import sys

import click

from qtui.cli.common import clear_errors, input_option, preset_arguments, set_option, state_option


@click.command("run")
@click.argument("preset")
@input_option
@set_option
@state_option
@click.option("--json", "json_", is_flag=True, help="Print every event as a JSON line on stdout.")
@click.option("--plain", is_flag=True, help="One line per change even on a terminal.")
@click.option("--detach", is_flag=True, help="Leave it running in the background and print its id.")
@click.option("--stop-timeout", type=float, default=20.0, metavar="S", help="How long SIGTERM drains before it stops.")
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
) -> None:
    """Run PRESET to its end; the exit code says how it ended.

    0 all done · 1 some failed · 2 usage or bad preset · 74 cannot write · 75 already running · 130 stopped ·
    143 terminated. Ctrl-C drains, again interrupts, again kills.
    """
    from qtui.wiring.headless import Headless, run

    arguments = [*preset_arguments(input_, changes), "--stop-timeout", str(stop_timeout)]
    sys.exit(run(Headless(preset, arguments, state, json_, plain, detach)))
