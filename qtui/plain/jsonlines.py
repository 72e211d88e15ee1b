"""Events as JSON lines, which programs read, and what becomes of such lines on a terminal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

import msgspec

from qtui.core.events import Event
from qtui.text import clean

_encoder = msgspec.json.Encoder()
_UNSEEN = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


class Missed(msgspec.Struct, frozen=True, tag="missed"):
    """Events that could not be shown, because they were not read fast enough."""

    number: int


def event_lines(events: Iterable[Event], missed: int = 0, *, terminal: bool = False) -> bytes:
    """One line each with its `type`; before them a line when events were missed."""
    lines: list[Event | Missed] = [Missed(missed), *events] if missed else [*events]
    return _lines(lines, terminal)


def shown_lines(lines: bytes) -> bytes:
    """JSON lines for a terminal: the same JSON, with everything that could steer it or mislead a reader spelled out."""
    return _UNSEEN.sub(_spelled, lines.decode()).encode()


def shown_cell(text: str) -> str:
    """A cell for a terminal: without what could steer it, and never cut."""
    return clean(text, len(text) + 1)


def _lines(values: Sequence[object], terminal: bool) -> bytes:
    lines = b"".join([_encoder.encode(value) + b"\n" for value in values])
    return shown_lines(lines) if terminal else lines


def _spelled(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1] if ord(match[0]) > 0x7F else "\\u007f"
