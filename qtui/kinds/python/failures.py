"""What a function raised or returned, as the outcome of an attempt; nothing it made can get past here."""

from __future__ import annotations

import json
import math
import sysconfig
import traceback
from os.path import basename
from types import TracebackType

import msgspec

from qtui.core.job import Failed, Value
from qtui.text import clean, clean_block

_DEEPEST = 20
"""Frames of a traceback that are kept, the innermost ones."""
_DETAIL = 8_000
_STANDARD = f"{sysconfig.get_path('stdlib')}/"
_INSTALLED = ("/site-packages/", "/dist-packages/")
OURS = ("/qtui/kinds/python/", "/asyncio/")
"""Files whose frames stand between the engine and the function."""


def from_exception(error: BaseException) -> Failed:
    """The failure that an exception is.

    An attribute `retry_after`, in seconds, is honoured; with `permanent = True` it is not tried again.
    """
    code = f"exception:{clean(type(error).__name__, 80)}"
    after = _attribute(error, "retry_after")
    wait = float(after) if isinstance(after, int | float) and not isinstance(after, bool) else math.nan
    return Failed(
        code,
        " ".join(part for part in (said(error, 400), _where(error)) if part),
        _trace(error),
        retry_after=wait if 0 <= wait < math.inf else None,
        permanent=_attribute(error, "permanent") is True,
    )


def said(error: BaseException, limit: int = 500) -> str:
    """The words of an exception; its `__str__` is foreign code and may raise what it likes."""
    try:
        return clean(error, limit)
    except BaseException as another:
        return f"it cannot be shown: {clean(type(another).__name__, 80)}"


def _attribute(error: BaseException, name: str) -> object:
    try:
        return getattr(error, name, None)
    except BaseException:  # a property of theirs
        return None


def _trace(error: BaseException) -> str:
    try:
        lines = traceback.format_exception(type(error), error, _theirs(error.__traceback__), limit=-_DEEPEST)
    except BaseException as another:  # formatting calls their code too
        return f"the traceback cannot be shown: {clean(type(another).__name__, 80)}"
    return clean_block("".join(lines).rstrip(), _DETAIL)


def _where(error: BaseException) -> str:
    """`at parse.py:41 in price`: the innermost frame in code that the author wrote, if there is one.

    Where all of it is in libraries, a function of a library was to be called: then it is the innermost one at all.
    """
    own = other = ""
    trace = _theirs(error.__traceback__)
    while trace is not None:
        code = trace.tb_frame.f_code
        if not code.co_filename.startswith("<frozen"):
            other = f"at {clean(basename(code.co_filename), 60)}:{trace.tb_lineno} in {clean(code.co_name, 60)}"
            own = own if _of_a_library(code.co_filename) else other
        trace = trace.tb_next
    return own or other


def _of_a_library(file: str) -> bool:
    return file.startswith(_STANDARD) or any(part in file for part in _INSTALLED)


def _theirs(trace: TracebackType | None) -> TracebackType | None:
    """The traceback from the first frame on that is not ours."""
    while trace is not None and any(part in trace.tb_frame.f_code.co_filename for part in OURS):
        trace = trace.tb_next
    return trace


def as_json(result: object) -> Value:
    """What a function returned, as JSON has it: tuples and sets are lists, times are text.

    Raises:
        TypeError: one sentence that says why it cannot be.
    """
    try:
        return msgspec.json.decode(msgspec.json.encode(result))  # type: ignore[no-any-return]
    except UnicodeEncodeError:
        pass  # names of files that are no UTF-8; the standard library can write them
    except BaseException as error:
        raise TypeError(f"it returned {_what(result)}, which JSON cannot hold: {said(error)}") from None
    try:
        return json.loads(json.dumps(result))  # type: ignore[no-any-return]
    except Exception as error:
        raise TypeError(f"it returned {_what(result)}, which JSON cannot hold: {said(error)}") from None


def _what(result: object) -> str:
    name = clean(type(result).__name__, 60)
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
