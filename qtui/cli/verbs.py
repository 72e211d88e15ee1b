"""The verbs of the command line; each is loaded when it is used."""

from __future__ import annotations

import importlib

import click

from qtui import __version__

VERBS = {
    "open": "open the screen for a preset; without one, pick a preset or a run",
    "run": "run a preset without a screen; the exit code says how it ended",
    "attach": "open the screen for a run that is live",
    "ctl": "steer a live run by one command, e.g. concurrency 16",
    "ls": "list live and finished runs",
    "results": "print the results of a run",
    "check": "say what a preset will run, read, write and contact",
    "demo-site": "serve the embedded shop that the bundled presets fetch",
    "_engine": "",
}
"""By name, with what `--help` says; the one that begins with an underscore is started by qtui itself."""


class Verbs(click.Group):
    """Loads a verb's module only when it is called, so that `--help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in VERBS if not name.startswith("_")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"qtui.cli.{cmd_name.strip('_').replace('-', '_')}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl([(name, VERBS[name]) for name in self.list_commands(ctx)])


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=False)
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
def cli() -> None:
    """See and steer a bounded async queue: `qtui presets/scrape.toml`.

    `qtui PRESET` is short for `qtui open PRESET`. A preset is a TOML file or the name of a bundled one.
    """
