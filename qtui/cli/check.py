"""`qtui check PRESET`: what it will do, in plain words, without doing it."""

from __future__ import annotations

import sys

import click

from qtui.cli.common import clear_errors, input_option, set_option


@click.command("check")
@click.argument("preset")
@click.option("--plan", is_flag=True, help="Show the first jobs, count them, and list everything that it may do.")
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")
@input_option
@set_option
@clear_errors
def command(preset: str, plan: bool, as_json: bool, input_: str, changes: tuple[tuple[str, str], ...]) -> None:
    """Say what PRESET will run, read, write and contact. Starts nothing."""
    from qtui.wiring.reports import check

    counting = _Counting()
    told = check(preset, input_, changes, plan=plan, tell=counting.tell)
    counting.over()
    click.echo(told.as_json(terminal=sys.stdout.isatty()) if as_json else told.text(), err=told.bad and not as_json)
    sys.exit(2 if told.bad else 0)


class _Counting:
    """Says on stderr what is being counted, once that takes longer than a second."""

    def __init__(self) -> None:
        self._said = ""
        self._line = sys.stderr is not None and sys.stderr.isatty()

    def tell(self, what: str, elapsed_s: float) -> bool:
        if elapsed_s < 1 or (self._said == what and not self._line):
            return True
        sentence = f"counting {what}; Ctrl-C leaves them uncounted"
        self._said = what
        click.echo(f"\r\x1b[K{sentence} ({elapsed_s:.0f} s)" if self._line else sentence, nl=not self._line, err=True)
        return True

    def over(self) -> None:
        """Take the line away."""
        if self._said and self._line:
            click.echo("\r\x1b[K", nl=False, err=True)
