"""`qtui _engine`: the engine's own process; started by the other verbs."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import click

from qtui.cli.common import input_option, resume_options, set_option, state_option


@click.command("_engine", hidden=True)
@click.argument("source")
@click.option("--fd", type=int, required=True)
@click.option("--socket", "path", required=True)
@click.option("--faces", type=int, default=0)
@click.option("--wait", is_flag=True)
@click.option("--keyboard", is_flag=True)
@click.option("--stop-timeout", type=float, default=20.0)
@input_option
@set_option
@state_option
@resume_options
@click.option("--ask-plan", is_flag=True)
def command(
    source: str,
    fd: int,
    path: str,
    faces: int,
    wait: bool,
    keyboard: bool,
    stop_timeout: float,
    input_: str,
    changes: tuple[tuple[str, str], ...],
    state: str,
    fresh: bool,
    accept_plan: bool,
    ask_plan: bool,
    dry_run: bool,
    retry_failed: bool,
    retry_held: bool,
) -> None:
    """Run an engine on an inherited listening socket."""
    from qtui.wiring.engine_process import Start, main
    from qtui.wiring.presets import Options
    from qtui.wiring.resuming import Intent

    retry = (*(["failed"] if retry_failed else []), *(["held"] if retry_held else []))

    start = Start(
        source,
        socket.socket(fileno=fd),
        Path(path),
        Options(input_, changes),
        Path(state) if state else None,
        faces,
        wait,
        stop_timeout,
        Intent(fresh, accept_plan, ask_plan, dry_run, retry),
        keyboard,
    )
    sys.exit(main(start))
