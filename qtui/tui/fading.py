"""A picture that is not of now loses its colours: every colour becomes the grey of the same brightness."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import lru_cache
from typing import Any

from qtui.tui.colour import grey
from qtui.tui.theme import Palette

KEPT = frozenset({"badge", "badge_text"})
"""What says that the picture is old stays as it is."""
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
