"""`qtui results [RUN]`: what the jobs gave, straight from the journal."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import click

from qtui.cli.common import clear_errors, state_option
from qtui.errors import CannotWrite, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qtui.wiring.reports import Block

SILENT_S = 1.0
"""What takes longer shows how far it is."""
EVERY_S = 0.2


@click.command("results")
@click.argument("run", default="")
@click.option("--failed", is_flag=True, help="The failed jobs and their errors instead.")
@click.option("--held", is_flag=True, help="The jobs that wait for a person instead.")
@click.option(
    "--order",
    type=click.Choice(["completion", "submission"]),
    help="As the jobs ended (the default), or as their source gave them.",
)
@click.option("--format", "format_", type=click.Choice(["jsonl", "csv"]), help="JSON lines (the default) or CSV.")
@click.option(
    "--as-preset",
    "file",
    metavar="FILE",
    default="",
    help="Print nothing: write a preset that runs just the failed (or held) jobs, and their rows beside it.",
)
@state_option
@clear_errors
def command(run: str, failed: bool, held: bool, order: str | None, format_: str | None, file: str, state: str) -> None:
    """Print the results of RUN, by default the newest; also while it is live."""
    states = tuple(name for name, wanted in (("failed", failed), ("held", held)) if wanted)
    if file:
        if not states:
            raise UsageError("--as-preset needs --failed or --held: the jobs that the preset is to run")
        if order or format_:
            raise UsageError("--as-preset writes a preset; --order and --format are for results")
        from qtui.wiring.again import write_preset

        click.echo(write_preset(run, state, states, file), err=True)
        return
    from qtui.wiring.reports import Wanted, results

    terminal = sys.stdout is not None and sys.stdout.isatty()
    wanted = Wanted(run, state, states or ("done",), order or "completion", format_ == "csv", terminal)
    _print(results(wanted), _Progress())


def _print(blocks: Iterable[Block], progress: _Progress) -> None:
    """Write to stdout; a reader who has seen enough ends it quietly. Raises CannotWrite."""
    try:
        for block in blocks:
            if not _written(block.data):
                return
            progress.show(block)
    finally:
        progress.clear()


def _written(data: bytes) -> bool:
    """Whether somebody still reads."""
    rest = memoryview(data)
    try:
        while rest:
            rest = rest[os.write(1, rest) :]  # below Python's buffers, which would complain once more at exit
    except BrokenPipeError:
        return False
    except OSError as error:
        raise CannotWrite(f"the results cannot be written: {error.strerror}") from None
    return True


class _Progress:
    """One line on stderr that says how far it is, when that takes long and nothing else is written on the terminal."""

    def __init__(self) -> None:
        self._wanted = (
            sys.stderr is not None and sys.stderr.isatty() and sys.stdout is not None and not sys.stdout.isatty()
        )
        self._next = time.monotonic() + SILENT_S
        self._shown = False

    def show(self, block: Block) -> None:
        now = time.monotonic()
        if not self._wanted or now < self._next:
            return
        self._next = now + EVERY_S
        self._shown = True
        doing = f" · {block.doing}" if block.doing else ""
        print(f"\r\x1b[K{block.rows:,} of {block.total:,} results{doing}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
