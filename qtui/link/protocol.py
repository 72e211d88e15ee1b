"""What travels over the link: one JSON object per line, small enough to be read with a pipe and a pager.

The face says `hello` first; the engine answers `welcome` and then sends snapshots at the rate the face asked for,
whether anything has changed or not: silence means that the engine hangs, never that the run is quiet.
Versions must agree; there is no negotiation. A face that cannot be served is told so with a `goodbye`.
"""

from __future__ import annotations

import msgspec

from qtui.core.commands import Reply, Request
from qtui.core.events import Event
from qtui.core.past import Plan
from qtui.core.port import Checked
from qtui.core.queries import Answer, Query
from qtui.core.snapshot import Snapshot

VERSION = 1
MAX_FROM_FACE = 64 * 1024
"""Bytes of one line from a face; a longer one ends the connection."""
MAX_FROM_ENGINE = 64 * 1024 * 1024
MAX_FACES = 16
MAX_GREETING = 16
"""Connections that have not said hello yet; more are closed unheard."""
MAX_ASKED = 32
"""Requests and questions of one face that are answered at the same time; it is not read from beyond that."""


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    version: int
    name: str = ""
    """Who this face is, for the log; empty for the person who started the run."""
    watch: bool = False
    """Only look: commands are refused."""
    hz: float = 10.0
    """Snapshots per second wanted, at most 10; 0 for none."""
    events: bool = False
    """Send every event from now on."""


class Pace(msgspec.Struct, frozen=True, tag="pace"):
    """From now on send so many snapshots a second: what a face asks for when nobody looks at it, and again after."""

    hz: float


class Ask(msgspec.Struct, frozen=True, tag="ask"):
    number: int
    request: Request


class Look(msgspec.Struct, frozen=True, tag="look"):
    number: int
    query: Query


FromFace = Hello | Pace | Ask | Look


class Welcome(msgspec.Struct, frozen=True, tag="welcome"):
    version: int
    run_id: str
    pid: int = 0
    """Of the engine's process."""


class Picture(msgspec.Struct, frozen=True, tag="snapshot"):
    snapshot: Snapshot


class Replied(msgspec.Struct, frozen=True, tag="replied"):
    number: int
    reply: Reply


class Answered(msgspec.Struct, frozen=True, tag="answered"):
    number: int
    answer: Answer


class Happened(msgspec.Struct, frozen=True, tag="events"):
    events: list[Event]
    missed: int = 0
    """Events that this face was too slow to take, just before these."""


class Goodbye(msgspec.Struct, frozen=True, tag="goodbye"):
    """The engine goes: ended (code 0), or refused to start (the exit code, the sentence, the preset's problems)."""

    code: int = 0
    text: str = ""
    checked: Checked | None = None
    plan: Plan | None = None


FromEngine = Welcome | Picture | Replied | Answered | Happened | Goodbye

_encoder = msgspec.json.Encoder()
_from_face = msgspec.json.Decoder(FromFace)
_from_engine = msgspec.json.Decoder(FromEngine)


def encode(message: FromFace | FromEngine) -> bytes:
    """One line."""
    return _encoder.encode(message) + b"\n"


def decode_from_face(line: bytes) -> FromFace:
    """Raises msgspec.ValidationError or DecodeError."""
    try:
        message: FromFace = _from_face.decode(line)
    except RecursionError:
        raise msgspec.DecodeError("too deeply nested") from None
    return message


def decode_from_engine(line: bytes) -> FromEngine:
    """Raises msgspec.ValidationError or DecodeError."""
    message: FromEngine = _from_engine.decode(line)
    return message
