"""The command line: one file per verb, each parses and hands over.

`main` looks at the first word before it loads anything, so that `qtui preset.toml` shows its first frame early and
`qtui --help` answers at once.
"""

from __future__ import annotations

import os
import sys

VERBS = {
    "open": "open the screen for a preset; without one, pick a preset or a run",
    "run": "run a preset without a screen; the exit code says how it ended",
    "attach": "open the screen for a run that is live",
    "ctl": "steer a live run by one command, e.g. concurrency 16",
    "ls": "list live and finished runs",
    "results": "print the results of a run",
    "run-one": "run one job of a preset or a run, once, and print what it gave",
    "check": "say what a preset will run, read, write and contact",
    "keys": "print every key of the screen as a file to change",
    "new": "write a commented preset to start from",
    "schema": "print the JSON Schema of a preset, for editors",
    "demo-site": "serve the embedded shop that the bundled presets fetch",
    "_engine": "",
}
"""By name, with what `--help` says; the one that begins with an underscore is started by qtui itself."""

LOOKS = ("QTUI_THEME", "QTUI_GLYPHS", "QTUI_MOTION", "QTUI_KEYS")
"""Variables whose values must be judged before anything is started."""


def main() -> None:
    """The console script."""
    words = sys.argv[1:]
    if sys.stdin is None:
        os.open(os.devnull, os.O_RDONLY)  # else the next file that is opened becomes standard input
    if words[:1] == ["_worker"]:
        from qtui.wiring.worker import main as work

        sys.exit(work(words[1:]))
    if _says_only_what(words):
        sys.exit(_open_at_once("".join(words)))
    from qtui.cli.verbs import cli

    cli(prog_name="qtui", args=_with_default(words))


def _says_only_what(words: list[str]) -> bool:
    """Nothing to parse: the name of a preset, or nothing, and no wish that only `qtui open` can judge."""
    plain = not words or (len(words) == 1 and not words[0].startswith("-") and words[0] not in VERBS)
    return plain and not any(os.environ.get(name) for name in LOOKS) and "_QTUI_COMPLETE" not in os.environ


def _open_at_once(source: str) -> int:
    """What `qtui open` does without options, without the time it takes to load their parser."""
    from qtui.errors import QtuiError
    from qtui.wiring.keys import own_keys
    from qtui.wiring.launcher import open_screen

    try:
        return open_screen(source, [], [], {"keys": own_keys("")}, state=os.environ.get("QTUI_STATE", ""))
    except QtuiError as error:
        print(f"qtui: {error}", file=sys.stderr)
        return int(error.exit_code)


def _with_default(args: list[str]) -> list[str]:
    """`qtui preset.toml …` and plain `qtui` mean `qtui open …`."""
    first = next((arg for arg in args if not arg.startswith("-")), None)
    if args and args[0] in ("--help", "-h", "--version"):
        return args
    return args if first in VERBS and args[0] == first else ["open", *args]
