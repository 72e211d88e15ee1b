"""What an attempt became that ended with an exception."""

from __future__ import annotations

import asyncio
import errno
import traceback

import msgspec

from qtui.core.job import NO_DESCRIPTORS, Done, Failed, LastWords, Outcome
from qtui.text import clean, clean_block


def with_last_words(outcome: Outcome, error: asyncio.CancelledError) -> Outcome:
    """The outcome of an attempt that was cancelled, with what it has said at its end."""
    for words in error.args:
        if isinstance(words, LastWords) and not isinstance(outcome, Done):
            return msgspec.structs.replace(outcome, detail=words.detail)
    return outcome


def outcome_of(error: BaseException) -> Outcome:
    """The outcome of an attempt that has raised this."""
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        return NO_DESCRIPTORS
    detail = clean_block("".join(traceback.format_exception(error, limit=-8)), 8_000)
    return Failed(f"exception:{type(error).__name__}", clean(error), detail)
