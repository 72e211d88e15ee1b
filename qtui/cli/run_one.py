"""`qtui run-one PRESET KEY` or `qtui run-one RUN JOB`: one job, once, in the foreground."""

from __future__ import annotations

import sys

import click

from qtui.cli.common import clear_errors, input_option, set_option, state_option


@click.command("run-one")
@click.argument("what", metavar="PRESET|RUN")
@click.argument("job", metavar="KEY|#NUMBER")
@click.option("--json", "json_", is_flag=True, help="For programs: one JSON object.")
@input_option
@set_option
@state_option
@clear_errors
def command(what: str, job: str, json_: bool, input_: str, changes: tuple[tuple[str, str], ...], state: str) -> None:
    """Run one job of a preset, or one job of a run again, exactly once and right here: with its template, its row, its
    timeout and this environment. What it gave goes to standard output, how it ended to standard error; exit code 0 when
    it is done, 1 when it failed. No journal is written, and no run changes.

    The job is named by its key, or by its number in the preset's source or in the run, such as #7.
    """
    from qtui.wiring.one import as_json, head, result, run_one
    from qtui.wiring.presets import Options

    terminal = sys.stderr is not None and sys.stderr.isatty()

    def tell(said: str) -> None:
        if terminal:
            click.echo(f"\r\x1b[K{said[:70]}", nl=False, err=True)

    ended = run_one(what, job, Options(input_, changes), state, tell)
    if terminal:
        click.echo("\r\x1b[K", nl=False, err=True)
    if json_:
        click.echo(as_json(ended))
    else:
        click.echo(head(ended), err=True)
        if told := result(ended):
            click.echo(told)
    sys.exit(ended.code)
