"""`qtui results [RUN]`: what the jobs gave, straight from the journal."""

from __future__ import annotations

import csv
import itertools
import json
import os
import sys

import click

from qtui.cli.common import clear_errors, state_option


@click.command("results")
@click.argument("run", default="")
@click.option("--failed", is_flag=True, help="The failed jobs and their errors instead.")
@click.option("--order", type=click.Choice(["completion", "submission"]), default="completion")
@click.option("--format", "format_", type=click.Choice(["jsonl", "csv"]), default="jsonl")
@state_option
@clear_errors
def command(run: str, failed: bool, order: str, format_: str, state: str) -> None:
    """Print the results of RUN, by default the newest; also while it is live."""
    from qtui.wiring.reports import results

    rows = results(run, state, order=order, failed=failed)
    try:
        if format_ == "jsonl":
            for row in rows:
                sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
        elif (first := next(rows, None)) is not None:
            columns = list(first)
            writer = csv.DictWriter(sys.stdout, columns, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(itertools.chain([first], rows))
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains at exit
