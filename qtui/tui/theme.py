"""Colours and glyphs by meaning: panels name what a cell *is* (`done`, `pressure`), never how it looks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from rich.style import Style
from textual.theme import BUILTIN_THEMES, Theme

from qtui.tui.glyphs import Glyphs


@dataclass(frozen=True, slots=True)
class Palette:
    """One look: every semantic colour, `#RRGGBB` or one of the terminal's own, and the glyphs it is drawn with."""

    name: str
    dark: bool
    bg: str
    panel: str
    raised: str
    line: str
    text: str
    dim: str
    faint: str
    queued: str
    running: str
    done: str
    done_alt: str
    done_text: str
    failed: str
    failed_body: str
    failed_text: str
    retry: str
    retry_body: str
    retry_text: str
    pressure: str
    idle: str
    accent: str
    badge: str
    badge_text: str
    inverse: str
    heat: tuple[str, ...]
    colour: bool = True
    """False under NO_COLOR: no colours at all, textures and reverse video instead."""
    ansi: bool = False
    """The terminal's own 16 colours, of whose shades nothing is known."""
    glyphs: Glyphs = Glyphs.FULL

    @property
    def textured(self) -> bool:
        """True where shapes must do the work of colours and shades."""
        return not self.colour or self.ansi or self.glyphs is Glyphs.ASCII

    def of(self, name: str) -> str:
        """The colour called `name`; `heat0` … `heat5` are the steps of the heat ramp."""
        if name.startswith("heat"):
            return self.heat[int(name[4:])]
        return str(getattr(self, name))


DARK = Palette(
    name="qtui-dark",
    dark=True,
    bg="#0E131A",
    panel="#131A23",
    raised="#1B2430",
    line="#2B3645",
    text="#D5DEE8",
    dim="#8593A5",
    faint="#6B7A90",
    queued="#62CCFF",
    running="#F4F7FB",
    done="#2E9A78",
    done_alt="#23795F",
    done_text="#4CC39B",
    failed="#F2481F",
    failed_body="#8E3420",
    failed_text="#FF7A57",
    retry="#CC55AB",
    retry_body="#74396A",
    retry_text="#E58ACB",
    pressure="#FFD23F",
    idle="#3B4656",
    accent="#62CCFF",
    badge="#FFD23F",
    badge_text="#0E131A",
    inverse="#0E131A",
    heat=("#16202B", "#173A4E", "#1B5F80", "#2B8FBD", "#62CCFF", "#C9F0FF"),
)
LIGHT = Palette(
    name="qtui-light",
    dark=False,
    bg="#FFFFFF",
    panel="#F5F7FA",
    raised="#E6EBF1",
    line="#B9C1CC",
    text="#11151C",
    dim="#4E5A69",
    faint="#6B7786",
    queued="#0072E5",
    running="#11151C",
    done="#0F6B57",
    done_alt="#3C9480",
    done_text="#0B5B4A",
    failed="#B3200A",
    failed_body="#DB9A8C",
    failed_text="#B3200A",
    retry="#6B1A96",
    retry_body="#C3A2D6",
    retry_text="#6B1A96",
    pressure="#B9730B",
    idle="#B9C1CC",
    accent="#0058B8",
    badge="#FFC83D",
    badge_text="#11151C",
    inverse="#FFFFFF",
    heat=("#EEF2F6", "#C9DFF5", "#93BFEA", "#4F96DB", "#1B66B5", "#083A75"),
)
PLAIN = Palette(
    **{
        **{field: getattr(DARK, field) for field in DARK.__dataclass_fields__},
        "name": "qtui-plain",
        "colour": False,
    }
)
"""NO_COLOR: the colours are never emitted; weight, reverse video and textures carry the meaning."""


_DIM_WITHOUT_COLOUR = frozenset({"faint", "line", "idle"})
_REVERSE_WITHOUT_COLOUR = frozenset({"badge", "done", "failed", "retry", "queued", "pressure", "accent", "running"})


@lru_cache(maxsize=8192)
def style(palette: Palette, fg: str, bg: str, bold: bool, underline: bool) -> Style:
    """The Rich style of a cell whose text means `fg` on a ground that means `bg`."""
    if palette.ansi:
        return _own_style(palette, fg, bg, bold, underline)
    if palette.colour:
        return Style(color=palette.of(fg), bgcolor=palette.of(bg), bold=bold or None, underline=underline or None)
    return Style(
        bold=bold or None,
        dim=fg in _DIM_WITHOUT_COLOUR or None,
        reverse=bg in _REVERSE_WITHOUT_COLOUR or None,
        underline=underline or None,
    )


def _own_style(palette: Palette, fg: str, bg: str, bold: bool, underline: bool) -> Style:
    """In the terminal's own colours: a ground that has none of its own is shown by reverse video."""
    reverse = bg in _REVERSE_WITHOUT_COLOUR and palette.of(bg) == "default"
    return Style(
        color="default" if reverse else palette.of(fg),
        bgcolor=palette.of(bg),
        bold=bold or None,
        dim=fg in _DIM_WITHOUT_COLOUR or None,
        reverse=reverse or None,
        underline=underline or None,
    )


def textual_theme(palette: Palette) -> Theme:
    """The same look for Textual's own widgets (inputs, scrollbars)."""
    if palette.ansi:
        return replace(BUILTIN_THEMES["ansi-dark" if palette.dark else "ansi-light"], name=palette.name)
    return Theme(
        name=palette.name,
        primary=palette.accent,
        secondary=palette.queued,
        accent=palette.accent,
        warning=palette.pressure,
        error=palette.failed,
        success=palette.done,
        foreground=palette.text,
        background=palette.bg,
        surface=palette.panel,
        panel=palette.raised,
        dark=palette.dark,
        variables={
            "block-cursor-background": palette.accent,
            "block-cursor-foreground": palette.inverse,
            "input-selection-background": f"{palette.accent} 35%",
            "scrollbar": palette.line,
            "scrollbar-background": palette.bg,
            "footer-background": palette.raised,
        },
    )
