"""How the screen looks: which theme, glyphs and motion are meant by options and environment, and which by silence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from qtui.core.walker import nearest
from qtui.errors import UsageError
from qtui.text import clean

if TYPE_CHECKING:
    from qtui.tui.glyphs import Glyphs
    from qtui.tui.motion import Motion
    from qtui.tui.theme import Palette

OWN = ("qtui-dark", "qtui-light", "qtui-projector", "qtui-contrast", "qtui-ansi")
"""Our own themes; here too because their names must be known before anything that draws is loaded."""
CHOICES = {"glyphs": ("full", "basic", "ascii"), "motion": ("full", "calm", "none")}


def theme_name(wanted: str) -> str:
    """The full name of a theme, `light` being short for `qtui-light`; empty where none is asked for.

    Raises UsageError for a name that no theme has.
    """
    if not wanted or wanted in OWN:
        return wanted
    if f"qtui-{wanted}" in OWN:
        return f"qtui-{wanted}"
    from qtui.tui.palettes import theme_names

    names = theme_names()
    if wanted in names:
        return wanted
    raise UsageError(
        f"there is no theme {clean(wanted, 40)}{_meant(wanted, [*names, *(name[5:] for name in OWN)])}; "
        f"there are {', '.join(names)}"
    )


def choice(what: str, wanted: str) -> str:
    """A set of glyphs or an amount of motion, empty where none is asked for. Raises UsageError for an unknown one."""
    known = CHOICES[what]
    if not wanted or wanted in known:
        return wanted
    raise UsageError(f"{what} cannot be {clean(wanted, 40)}{_meant(wanted, known)}; it is {', '.join(known)}")


def _meant(word: str, known: tuple[str, ...] | list[str]) -> str:
    near = nearest(word, known)
    return f"; did you mean {near}?" if near else ""


def palette(theme: str, glyphs: str, environ: Mapping[str, str], *, light: bool | None = None) -> Palette:
    """What to draw with: NO_COLOR wins over every theme; `light` is the terminal's ground where it has told it."""
    from dataclasses import replace

    from qtui.tui.palettes import named
    from qtui.tui.theme import PLAIN

    name = theme_name(theme or environ.get("QTUI_THEME", ""))
    chosen = PLAIN if environ.get("NO_COLOR") else named(name or ("qtui-light" if light else "qtui-dark"))
    return replace(chosen, glyphs=glyph_set(glyphs, environ))


def asks_terminal(theme: str, environ: Mapping[str, str]) -> bool:
    """Whether the terminal's ground decides, and it can be asked for it."""
    if theme or environ.get("QTUI_THEME") or environ.get("NO_COLOR"):
        return False
    return not environ.get("TERM", "").startswith(("linux", "vt", "dumb", "cons"))


def glyph_set(wanted: str, environ: Mapping[str, str]) -> Glyphs:
    """Asked for, else what the terminal and the language of the environment let expect."""
    from qtui.tui.glyphs import Glyphs

    name = choice("glyphs", wanted or environ.get("QTUI_GLYPHS", ""))
    if name:
        return Glyphs(name)
    if not speaks_unicode(environ):
        return Glyphs.ASCII
    return Glyphs.BASIC if environ.get("TERM", "").startswith(("linux", "cons")) else Glyphs.FULL


def speaks_unicode(environ: Mapping[str, str]) -> bool:
    """Whether the locale is UTF-8; one that says nothing is taken to be, as Python takes it."""
    everything, letters, language = (environ.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    if letters == "C.UTF-8" and not everything and language in ("C", "POSIX"):
        letters = ""  # put there by Python itself when it found a locale without an encoding
    stated = everything or letters or language
    return not stated or "utf8" in stated.replace("-", "").casefold()


def motion(wanted: str, environ: Mapping[str, str]) -> Motion:
    """Asked for, else as calm as Textual's own variable wants it."""
    from qtui.tui.motion import Motion

    name = choice("motion", wanted or environ.get("QTUI_MOTION", ""))
    if name:
        return Motion(name)
    return {"none": Motion.NONE, "basic": Motion.CALM}.get(environ.get("TEXTUAL_ANIMATIONS", ""), Motion.FULL)
