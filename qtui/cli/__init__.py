"""The command line: one file per verb, each parses and hands over.

`main` looks at the first word before it loads anything, so that `qtui preset.toml` shows its first frame early and
`qtui --help` answers at once.
"""

from __future__ import annotations

import sys


def main() -> None:
    """The console script."""
    words = sys.argv[1:]
    if words[:1] == ["_screen"]:
        from qtui.cli.screen import run

        sys.exit(run(words[1:]))
    from qtui.cli.verbs import cli

    cli(prog_name="qtui", args=_with_default(words))


def _with_default(args: list[str]) -> list[str]:
    """`qtui preset.toml …` and plain `qtui` mean `qtui open …`."""
    from qtui.cli.verbs import VERBS

    first = next((arg for arg in args if not arg.startswith("-")), None)
    if args and args[0] in ("--help", "-h", "--version"):
        return args
    return args if first in VERBS and args[0] == first else ["open", *args]
