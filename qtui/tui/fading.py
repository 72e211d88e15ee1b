"""A picture that is not of now loses its colours, and one that nobody looks at some of its light."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import lru_cache
from typing import Any

from qtui.tui.colour import grey
from qtui.tui.theme import Palette

KEPT = frozenset({"badge", "badge_text", "bg"})
"""What says that the picture is old stays as it is, and so does the ground, which shows between the panels."""
ANSI_FADING = frozenset({"queued", "done", "failed", "retry", "done_alt", "failed_body", "retry_body"})
ANSI_FADING |= {"done_text", "failed_text", "retry_text", "pressure", "accent"}
"""What has a colour where the terminal's own 16 are used; of their brightness nothing is known."""


@lru_cache(maxsize=8)
def faded(palette: Palette) -> Palette:
    """`palette` in greys; where there are no colours there is nothing to lose."""
    if not palette.colour:
        return palette
    if palette.ansi:
        own: dict[str, Any] = dict.fromkeys(ANSI_FADING, "default")
        return replace(palette, **own)
    greys: dict[str, Any] = {
        field.name: grey(value)
        for field in fields(palette)
        if field.name not in KEPT and isinstance(value := getattr(palette, field.name), str) and value.startswith("#")
    }
    return replace(palette, heat=tuple(map(grey, palette.heat)), **greys)


LIGHT = 0.6
"""What is left of the contrast of a dimmed picture."""
BRIGHT = KEPT | {"pressure", "failed", "failed_text", "bg", "panel", "raised", "inverse"}
"""Alerts stay as they are, and so does the ground."""


@lru_cache(maxsize=8)
def dimmed(palette: Palette) -> Palette:
    """`palette` at three fifths of its contrast; of the terminal's own 16 colours no contrast is known."""
    if not palette.colour or palette.ansi:
        return palette
    dim: dict[str, Any] = {
        field.name: _mixed(value, palette.bg)
        for field in fields(palette)
        if field.name not in BRIGHT and isinstance(value := getattr(palette, field.name), str) and value.startswith("#")
    }
    return replace(palette, heat=tuple(_mixed(step, palette.bg) for step in palette.heat), **dim)


def _mixed(colour: str, ground: str) -> str:
    parts = ((int(colour[at : at + 2], 16), int(ground[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(LIGHT * ink + (1 - LIGHT) * under):02X}" for ink, under in parts)
