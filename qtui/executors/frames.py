"""What an engine and a worker process say to each other: JSON, each message with its length before it."""

from __future__ import annotations

import json
import struct
from typing import TypeAlias

import msgspec

from qtui.core.job import Done, Failed, Job, Value

MAX_FRAME = 64 << 20
"""No message is larger; a result that would be is a failure."""
HEAD = struct.Struct("<I")


class Recipe(msgspec.Struct, frozen=True):
    """How a worker makes the kind once more. Its environment, secrets included, is inherited and never sent."""

    kind: str
    """The name of the kind."""
    table: dict[str, Value]
    """The options of the kind, as the preset has them."""
    directory: str = "."
    """Relative output paths begin here."""
    timeout_s: float = 30.0
    fields: dict[str, Value] = {}
    """Fields of the run."""
    seed: int = 7


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The kind is open; jobs may come."""


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The kind cannot be opened; the worker ends."""

    why: str


class Told(msgspec.Struct, frozen=True, tag="told"):
    """How far the running job is."""

    seq: int
    share: float | None
    text: str


FromWorker: TypeAlias = Done | Failed | Told | Ready | Refused

_encode = msgspec.json.encode
_from_worker = msgspec.json.Decoder(FromWorker)
_job = msgspec.json.Decoder(Job)


def framed(message: msgspec.Struct) -> bytes:
    """A message with its length. Names of files that are no UTF-8 survive.

    Raises:
        OverflowError: when it is larger than MAX_FRAME.
    """
    try:
        body = _encode(message)
    except UnicodeEncodeError:
        body = json.dumps(msgspec.to_builtins(message)).encode()
    if len(body) > MAX_FRAME:
        raise OverflowError(f"{len(body):,} bytes")
    return HEAD.pack(len(body)) + body


def from_worker(body: bytes) -> FromWorker:
    """Raises MsgspecError, ValueError for what no worker says."""
    message: FromWorker
    try:
        message = _from_worker.decode(body)
    except msgspec.DecodeError as error:
        if isinstance(error, msgspec.ValidationError):
            raise
        message = msgspec.convert(json.loads(body), FromWorker)  # lone surrogates, which msgspec refuses
    return message


def job_of(body: bytes) -> Job:
    """The job that an engine has sent."""
    try:
        return _job.decode(body)
    except msgspec.DecodeError as error:
        if isinstance(error, msgspec.ValidationError):
            raise
        return msgspec.convert(json.loads(body), Job)


def recipe_of(body: bytes) -> Recipe:
    return msgspec.json.decode(body, type=Recipe)


class Inbox:
    """Bytes as they arrive; whole messages come out."""

    __slots__ = ("_bytes",)

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, arrived: bytes) -> list[bytes]:
        """The messages that are complete now. Raises OverflowError for one that is too large."""
        if not self._bytes and len(arrived) >= 4 and len(arrived) - 4 == HEAD.unpack_from(arrived)[0]:
            return [arrived[4:]]  # nearly always: one message, whole
        held = self._bytes
        held += arrived
        messages, start = [], 0
        while len(held) - start >= 4:
            (length,) = HEAD.unpack_from(held, start)
            if length > MAX_FRAME:
                raise OverflowError(f"a message of {length:,} bytes")
            if len(held) - start - 4 < length:
                break
            messages.append(bytes(held[start + 4 : start + 4 + length]))
            start += 4 + length
        del held[:start]
        return messages
