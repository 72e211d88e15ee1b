"""`qtui results [RUN]`: what the jobs gave, straight from the journal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

import click

from qtui.cli.common import clear_errors, state_option
from qtui.errors import CannotWrite


@click.command("results")
@click.argument("run", default="")
@click.option("--failed", is_flag=True, help="The failed jobs and their errors instead.")
@click.option(
    "--order",
    type=click.Choice(["completion", "submission"]),
    default="completion",
    help="As the jobs ended, or as their source gave them.",
)
@click.option("--format", "format_", type=click.Choice(["jsonl", "csv"]), default="jsonl", help="JSON lines or CSV.")
@state_option
@clear_errors
def command(run: str, failed: bool, order: str, format_: str, state: str) -> None:
    """Print the results of RUN, by default the newest; also while it is live."""
    from qtui.wiring.reports import results

    terminal = sys.stdout is not None and sys.stdout.isatty()
    _print(results(run, state, order=order, failed=failed, as_csv=format_ == "csv", terminal=terminal))


def _print(blocks: Iterable[bytes]) -> None:
    """Write to stdout; a reader who has seen enough ends it quietly. Raises CannotWrite."""
    for block in blocks:
        rest = memoryview(block)
        try:
            while rest:
                rest = rest[os.write(1, rest) :]  # below Python's buffers, which would complain once more at exit
        except BrokenPipeError:
            return
        except OSError as error:
            raise CannotWrite(f"the results cannot be written: {error.strerror}") from None
