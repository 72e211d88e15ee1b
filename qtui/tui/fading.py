"""A picture that is not of now loses its colours, and one that nobody looks at some of its light."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import lru_cache
from typing import Any

from qtui.tui.theme import Palette

KEPT = frozenset({"badge", "badge_text", "bg"})
"""What says that the picture is old stays as it is, and so does the ground, which shows between the panels."""


@lru_cache(maxsize=8)
def faded(palette: Palette) -> Palette:
    """`palette` in greys; where there are no colours there is nothing to lose."""
    if not palette.colour:
        return palette
    greys: dict[str, Any] = {
        field.name: _grey(value)
        for field in fields(palette)
        if field.name not in KEPT and isinstance(value := getattr(palette, field.name), str) and value.startswith("#")
    }
    return replace(palette, heat=tuple(map(_grey, palette.heat)), **greys)


LIGHT = 0.6
"""What is left of the contrast of a dimmed picture."""
BRIGHT = KEPT | {"pressure", "failed", "failed_text", "bg", "panel", "raised", "inverse"}
"""Alerts stay as they are, and so does the ground."""


@lru_cache(maxsize=8)
def dimmed(palette: Palette) -> Palette:
    """`palette` at three fifths of its contrast."""
    if not palette.colour:
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


def _grey(colour: str) -> str:
    """The grey with the same relative luminance, so that contrasts stay."""
    linear = [_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    level = 12.92 * luminance if luminance <= 0.0031308 else 1.055 * luminance ** (1 / 2.4) - 0.055
    return "#" + f"{round(level * 255):02X}" * 3


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
