"""Every theme by its name: our own five, and one made from each theme that Textual brings."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from qtui.tui.colour import contrast, distance, mixed, readable
from qtui.tui.theme import DARK, LIGHT, PLAIN, Palette

PROJECTOR = replace(
    LIGHT,
    name="qtui-projector",
    panel="#FFFFFF",
    raised="#F0F0F0",
    line="#525252",
    text="#000000",
    dim="#333333",
    faint="#4A4A4A",
    queued="#0349C7",
    running="#000000",
    done="#0B8758",
    done_alt="#4CAF87",
    done_text="#045A38",
    failed="#B51F00",
    failed_text="#A01B00",
    retry="#64075E",
    retry_text="#64075E",
    pressure="#A68E0D",
    idle="#525252",
    accent="#0349C7",
    badge="#FFC83D",
    badge_text="#000000",
    heat=("#F0F0F0", "#BBD3F7", "#7FA8EE", "#3D74DB", "#0349C7", "#001F5C"),
)
"""For a beamer: no grey below 7:1 on its white ground."""
CONTRAST = replace(
    DARK,
    name="qtui-contrast",
    bg="#000000",
    panel="#000000",
    raised="#1C1C1C",
    line="#8A8A8A",
    text="#FFFFFF",
    dim="#D0D0D0",
    faint="#B0B0B0",
    queued="#0898FB",
    running="#FFFFFF",
    done="#03E9A8",
    done_alt="#02A577",
    done_text="#03E9A8",
    failed="#E9160D",
    failed_body="#8C0D08",
    failed_text="#FF6B63",
    retry="#FF14B6",
    retry_body="#99106E",
    retry_text="#FF7AD5",
    pressure="#EDD40D",
    idle="#767676",
    accent="#3DB2FF",
    badge="#FFE81A",
    badge_text="#000000",
    inverse="#000000",
    heat=("#1C1C1C", "#00344F", "#005E93", "#0898FB", "#7CCBFF", "#FFFFFF"),
)
"""Black, and colours as pure as telling them apart allows."""
ANSI = Palette(
    name="qtui-ansi",
    dark=True,
    bg="default",
    panel="default",
    raised="default",
    line="default",
    text="default",
    dim="default",
    faint="default",
    queued="cyan",
    running="default",
    done="green",
    done_alt="green",
    done_text="green",
    failed="red",
    failed_body="red",
    failed_text="red",
    retry="magenta",
    retry_body="magenta",
    retry_text="magenta",
    pressure="yellow",
    idle="default",
    accent="cyan",
    badge="yellow",
    badge_text="black",
    inverse="black",
    heat=("default",) * 6,
    ansi=True,
)
OWN = {palette.name: palette for palette in (DARK, LIGHT, PROJECTOR, CONTRAST, ANSI)}
ON_TEXT, ON_FAINT = 4.5, 4.0
"""The least contrast of text, and of what is only looked up."""
_APART = 16.0
"""Colours of states that are nearer than this are exchanged for others of the same theme."""


def theme_names() -> list[str]:
    """All of them, ours first."""
    return [*OWN, *sorted(BUILTIN_THEMES)]


@lru_cache(maxsize=64)
def named(name: str) -> Palette:
    """The palette of a theme in `theme_names`, or the colourless one. Raises KeyError for any other name."""
    if name == PLAIN.name:
        return PLAIN
    return OWN[name] if name in OWN else derived(BUILTIN_THEMES[name])


def derived(theme: Theme) -> Palette:
    """A theme's semantic colours as ours, each moved as far as it must be to be read."""
    if theme.ansi:
        return replace(ANSI, name=theme.name, dark=theme.dark)
    given = {name: colour for name, colour in vars(theme).items() if isinstance(colour, str) and colour.startswith("#")}
    made = theme.to_color_system().generate() | given  # rounded on its way through other colour spaces
    bg = _hex(made["background"])
    panel, raised = (_hex(made[name], bg) for name in ("surface", "panel"))
    grounds = (bg, panel, raised)
    ours = DARK if theme.dark else LIGHT
    text = readable(_hex(made["foreground"], bg), grounds, 7.0)
    theirs = {name: _hex(made[name], bg) for name in ("primary", "secondary", "accent", "warning", "error", "success")}
    states = {
        name: readable(theirs[source], (bg,), ON_TEXT)  # they are grounds of badges too
        for name, source in (("done", "success"), ("failed", "error"), ("pressure", "warning"))
    }
    for name, wanted in (("queued", ("primary", "secondary", "accent")), ("retry", ("secondary", "accent", "primary"))):
        candidates = [*(theirs[source] for source in wanted), getattr(ours, name)]
        states[name] = _apart([readable(colour, (bg,), ON_TEXT) for colour in candidates], [*states.values()])
    end = "#FFFFFF" if theme.dark else "#000000"
    return Palette(
        name=theme.name,
        dark=theme.dark,
        bg=bg,
        panel=panel,
        raised=raised,
        line=mixed(bg, text, 0.28),
        text=text,
        dim=readable(mixed(text, bg, 0.35), grounds, ON_TEXT),
        faint=readable(mixed(text, bg, 0.5), grounds, ON_FAINT),
        running=text,
        done_alt=mixed(states["done"], bg, 0.3),
        failed_body=mixed(states["failed"], bg, 0.5),
        retry_body=mixed(states["retry"], bg, 0.5),
        idle=mixed(bg, text, 0.32),
        accent=readable(theirs["accent"], grounds, ON_TEXT),
        badge=states["pressure"],
        badge_text=max(("#000000", "#FFFFFF"), key=lambda ink: contrast(ink, states["pressure"])),
        inverse=bg,
        heat=(
            *(mixed(bg, states["queued"], share) for share in (0.08, 0.3, 0.5, 0.75, 1.0)),
            mixed(states["queued"], end, 0.6),
        ),
        queued=states["queued"],
        done=states["done"],
        failed=states["failed"],
        retry=states["retry"],
        pressure=states["pressure"],
        done_text=readable(states["done"], grounds, ON_TEXT),
        failed_text=readable(states["failed"], grounds, ON_TEXT),
        retry_text=readable(states["retry"], grounds, ON_TEXT),
    )


def _hex(colour: str, ground: str = "#000000") -> str:
    """A colour of Textual as `#RRGGBB`, laid over the ground where it is translucent."""
    parsed = Color.parse(colour)
    return (Color.parse(ground) + parsed).hex6.upper() if parsed.a < 1 else parsed.hex6.upper()


def _apart(candidates: list[str], taken: list[str]) -> str:
    """The first that is far enough from all that are taken, else the one that is farthest."""

    def nearest(colour: str) -> float:
        return min(distance(colour, other) for other in taken)

    return next((colour for colour in candidates if nearest(colour) >= _APART), max(candidates, key=nearest))
