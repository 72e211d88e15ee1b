"""The last gate before the terminal: what no widget, ours or not, may write to it."""

from __future__ import annotations

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class NoControls(LineFilter):
    """Removes control and bidirectional characters; they have no width, so nothing moves."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        if not _FORBIDDEN.search("".join([segment.text for segment in segments])):
            return segments
        return [Segment(_FORBIDDEN.sub("", text), style, control) for text, style, control in segments]
