"""`qtui ctl RUN COMMAND…`: steer a live run without a screen."""

from __future__ import annotations

import sys

import click

from qtui.cli.common import clear_errors, state_option
from qtui.core.forms import FORMS


class _WithCommands(click.Command):
    """Its help lists the commands from their table."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([*((form.usage, form.help) for form in FORMS), ("status", "how far the run is")])
        super().format_epilog(ctx, formatter)


@click.command("ctl", cls=_WithCommands, context_settings={"ignore_unknown_options": True})
@click.argument("run")
@click.argument("words", metavar="COMMAND…", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("--dry-run", is_flag=True, help="Only say what it would do.")
@click.option("--reason", metavar="TEXT", default="", help="Why; kept in the journal and shown in the log.")
@state_option
@clear_errors
def command(run: str, words: tuple[str, ...], dry_run: bool, reason: str, state: str) -> None:
    """Steer a live RUN by one command: its id, the beginning of it, or the preset's name.

    \b
    0 done · 1 refused, the reason is on stderr · 2 no such live run or command · 74 the engine does not answer
    """
    from qtui.wiring.steering import steer

    reply = steer(run, words, state=state, dry_run=dry_run, reason=reason)
    click.echo(reply.text if reply.ok else f"qtui: refused: {reply.text}", err=not reply.ok)
    sys.exit(0 if reply.ok else 1)
