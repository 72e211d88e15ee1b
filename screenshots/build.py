"""Takes README's pictures: `python -m screenshots.build [NAME…]` writes screenshots/NAME.svg."""

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from screenshots.svg import to_svg
from tests.terminal import Terminal

ROOT = Path(__file__).resolve().parent.parent
_HOME_VARIABLES = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait until the screen shows a text."""

    text: str
    timeout: float = 90.0

    def perform(self, terminal: Terminal) -> None:
        terminal.wait(self.text, self.timeout)


@dataclass(frozen=True, slots=True)
class Press:
    """Press one key after the other, by name."""

    keys: Sequence[str]

    def perform(self, terminal: Terminal) -> None:
        terminal.press(*self.keys)


@dataclass(frozen=True, slots=True)
class Watch:
    """Let the program run for some seconds, for pictures that need a history."""

    seconds: float

    def perform(self, terminal: Terminal) -> None:
        time.sleep(self.seconds)


Step = Wait | Press | Watch


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: what to run and what to do before the shutter."""

    name: str
    arguments: Sequence[str]
    """What follows `qtui` on the command line."""
    steps: Sequence[Step]
    size: tuple[int, int] = (120, 40)
    env: Mapping[str, str | None] = field(default_factory=dict)
    background: str = "#0E131A"
    """The terminal's own colour, as the program is told and as the window is drawn."""
    foreground: str = "#D5DEE8"


LIGHT = {"QTUI_THEME": "light"}
SHOTS = [
    Shot(
        "main",
        ["presets/scrape.toml"],
        [
            *(Wait("FULL"), Watch(30)),
            *(Press(["p"]), Watch(7), Press(["p"])),
            *(Wait("FULL"), Watch(3), Press(["+"]), Watch(11)),
        ],
    ),
    Shot("main-80x24", ["presets/backpressure.toml"], [Wait("FULL"), Watch(30)], size=(80, 24)),
    Shot(
        "main-light",
        ["presets/backpressure.toml"],
        [Wait("FULL"), Watch(20), Press(["+"]), Watch(10)],
        env=LIGHT,
        background="#FFFFFF",
        foreground="#11151C",
    ),
    Shot("failures", ["presets/scrape.toml"], [Wait("FULL"), Watch(40), Press(["4"]), Wait("sort"), Watch(1)]),
    Shot("main-ascii", ["presets/backpressure.toml"], [Wait("FULL"), Watch(20)], env={"QTUI_GLYPHS": "ascii"}),
    Shot("main-no-color", ["presets/backpressure.toml"], [Wait("FULL"), Watch(20)], env={"NO_COLOR": "1"}),
    Shot("picker", [], [Wait("choose a preset"), Watch(1)]),
]


def take(shot: Shot) -> str:
    """Run a shot's steps in the real program and give the picture; AssertionError if a wait is in vain."""
    with tempfile.TemporaryDirectory() as home:
        # A home of its own: pictures show nobody's settings and leave no journals behind.
        env = {**dict.fromkeys(_HOME_VARIABLES, home), **shot.env}
        argv = [sys.executable, "-m", "qtui", *shot.arguments]
        background = shot.background.lower()
        with Terminal.start(argv, size=shot.size, env=env, cwd=ROOT, background=background) as terminal:
            try:
                for step in shot.steps:
                    step.perform(terminal)
                cells = terminal.cells()
            finally:
                _leave(terminal)
    columns, lines = shot.size
    title = f"{' '.join(['qtui', *shot.arguments])} — {columns}×{lines}"
    return to_svg(cells, title=title, background=shot.background, foreground=shot.foreground)


def _leave(terminal: Terminal) -> None:
    """Stop the run too: an engine outlives its screen, and its journal lies in a home that is about to go."""
    terminal.press("q")
    try:
        terminal.wait("Leave this run?", 2)
    except AssertionError:
        pass  # nothing was running: the program has ended, or is about to
    else:
        terminal.press("s")
    terminal.wait_exit(60)


def main() -> int:
    """Take the named shots, or all."""
    by_name = {shot.name: shot for shot in SHOTS}
    parser = argparse.ArgumentParser(prog="python -m screenshots.build", description="Take README's pictures.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(by_name)} (default: all)")
    names = parser.parse_args().names or list(by_name)
    unknown = [name for name in names if name not in by_name]
    if unknown:
        parser.error(f"no shot named {', '.join(unknown)}")
    for name in names:
        try:
            picture = take(by_name[name])
        except AssertionError as error:
            print(f"{name}: {error}", file=sys.stderr)
            return 1
        path = ROOT / "screenshots" / f"{name}.svg"
        path.write_text(picture, encoding="utf-8")
        print(f"{path.relative_to(ROOT)}  {len(picture.encode()) / 1024:.0f} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
