"""Options that several verbs share, and how errors leave the program."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from typing import NoReturn, ParamSpec, TypeVar

import click

from qtui.errors import QtuiError

P = ParamSpec("P")
R = TypeVar("R")


def pairs(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """`KEY=VALUE` options as pairs."""
    for value in values:
        if "=" not in value:
            raise click.BadParameter(f"{value!r} is not KEY=VALUE, e.g. workers.concurrency=16")
    return tuple((key, value) for key, _, value in (text.partition("=") for text in values))


state_option = click.option(
    "--state",
    metavar="DIR",
    envvar="QTUI_STATE",
    default="",
    help="Where runs are kept; your state directory by default.",
)
input_option = click.option(
    "--input", "input_", metavar="FILE", default="", help="Take the jobs from FILE (- is standard input)."
)
set_option = click.option(
    "--set", "changes", metavar="KEY=VALUE", multiple=True, callback=pairs, help="Change a value of the preset."
)


def resume_options(function: Callable[P, R]) -> Callable[P, R]:
    """What is wanted of an unfinished run of the same preset."""
    for name, said in reversed(RESUME.items()):
        function = click.option(name, is_flag=True, help=said)(function)
    return function


RESUME = {
    "--fresh": "Start anew; an unfinished run is set aside, not deleted.",
    "--accept-plan": "Go on with the unfinished run even where the plan holds a surprise.",
    "--dry-run": "Only print what going on with the unfinished run would do.",
    "--retry-failed": "Give the failed jobs of the last run another round.",
    "--retry-held": "Give the held jobs of the last run another round.",
}


def resume_arguments(chosen: Mapping[str, bool]) -> list[str]:
    """The options again as words; `chosen` are the parameters of a command by name."""
    return [word for word in RESUME if chosen.get(word[2:].replace("-", "_"))]


def preset_arguments(input_: str, changes: tuple[tuple[str, str], ...]) -> list[str]:
    """The options again as words, to hand on to another process."""
    words = ["--input", input_] if input_ else []
    for key, value in changes:
        words += ["--set", f"{key}={value}"]
    return words


def fail(error: QtuiError) -> NoReturn:
    """End with one sentence on stderr and the error's exit code."""
    click.echo(f"qtui: {error}", err=True)
    sys.exit(int(error.exit_code))


def clear_errors(function: Callable[P, R]) -> Callable[P, R]:
    """Expected errors end the program with their sentence; anything else is a bug and shows its traceback."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except QtuiError as error:
            fail(error)

    return wrapper


def _known(what: str) -> Callable[[click.Context, click.Parameter, str], str]:
    """A wrong theme, set of glyphs or amount of motion must be told before an engine is started."""

    def check(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
        from qtui.wiring.looks import choice, theme_name

        try:
            return theme_name(value) if what == "theme" else choice(what, value)
        except QtuiError as error:
            raise click.BadParameter(str(error)) from None

    return check


def _own_keys(_ctx: click.Context, _param: click.Parameter, value: str) -> dict[str, list[str]]:
    """The same goes for keys."""
    from qtui.wiring.keys import own_keys

    try:
        return own_keys(value)
    except QtuiError as error:
        fail(error)


def screen_options(function: Callable[P, R]) -> Callable[P, R]:
    """How the screen looks, `--keys` and `--no-mouse`; the function is given them as `screen`."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        kwargs["screen"] = {name: kwargs.pop(name) for name in ("theme", "glyphs", "motion", "mouse", "keys")}
        return function(*args, **kwargs)

    wrapper = click.option(
        "--keys",
        metavar="FILE",
        envvar="QTUI_KEYS",
        default="",
        callback=_own_keys,
        help="Your own keys; ~/.config/qtui/keys.toml by default. `qtui keys` prints one to begin with.",
    )(wrapper)
    for name, metavar, said in (
        ("motion", "full|calm|none", "How much may move."),
        ("glyphs", "full|basic|ascii", "What the terminal can draw."),
        ("theme", "NAME", "dark, light, projector, contrast, ansi, or any theme of Textual."),
    ):
        variable = f"QTUI_{name.upper()}"
        option = click.option(
            f"--{name}",
            metavar=metavar,
            envvar=variable,
            default="",
            callback=_known(name),
            help=f"{said} {variable} sets it for good.",
        )
        wrapper = option(wrapper)
    return click.option("--mouse/--no-mouse", default=True, help="--no-mouse leaves the mouse to the terminal.")(
        wrapper
    )
