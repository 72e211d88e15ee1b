"""Values of jobs as JSON text, losslessly where Python can hold more than JSON or SQLite may."""

from __future__ import annotations

import json
from typing import TypeAlias

import msgspec

from qtui.core.job import Job, Value
from qtui.core.sheet import free
from qtui.text import clean, clean_block

Stored: TypeAlias = str | int | float | bytes | None
"""What a column holds."""

_UNFIT = (TypeError, ValueError, ArithmeticError, RecursionError)
"""What the encoders raise; a lone surrogate is a ValueError, a huge number an ArithmeticError."""
_encode = msgspec.json.encode
_decode = msgspec.json.Decoder()


def encode(value: object) -> bytes:
    """JSON on one line. File names that are no UTF-8 survive; what JSON cannot say becomes its cleaned text."""
    try:
        return _encode(value)
    except _UNFIT:
        pass
    try:
        return json.dumps(value, default=clean, allow_nan=False).encode()
    except _UNFIT:
        return json.dumps(clean_block(value)).encode()


def decode(text: str) -> Value:
    """What `encode` was given."""
    try:
        return _decode.decode(text)  # type: ignore[no-any-return]
    except msgspec.DecodeError:  # lone surrogates, which msgspec refuses
        return json.loads(text)  # type: ignore[no-any-return]


def fields(text: str) -> dict[str, Value]:
    """A job's row back from its JSON."""
    value = decode(text)
    return value if isinstance(value, dict) else {}


def keep(text: str) -> str | bytes:
    """Text for a column: as it is, or as bytes when it holds what SQLite's text cannot."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def kept(stored: Stored) -> str:
    """What `keep` was given."""
    return stored.decode("utf-8", "surrogatepass") if isinstance(stored, bytes) else str(stored)


def fields_of(value: Value) -> dict[str, Value]:
    """What a job gave, as fields: a dict is that already, anything else is the field `value`."""
    return value if isinstance(value, dict) else {"value": value}


def result_line(job: Job, value: Value, encoded: bytes) -> bytes:
    """One line of the results file.

    The fields of a dict stand beside `key` (and `name`, where it says something else); any other value stands
    under `value`. No field is ever lost: where a dict has a `key` or `name` of its own, ours is called `_key`,
    `_name`, with as many underscores as it takes.
    """
    flat = isinstance(value, dict) and encoded.startswith(b"{")
    taken = value if isinstance(value, dict) and flat else {}
    head = b"{" + encode(free("key", taken)) + b":" + encode(job.key)
    if job.name != job.key:
        head += b"," + encode(free("name", taken)) + b":" + encode(job.name)
    if not flat:
        return head + b',"value":' + encoded + b"}\n"
    return head + (b"," + encoded[1:] if taken else b"}") + b"\n"
