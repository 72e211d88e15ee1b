"""Copying: what a person may take away of a job, and the words that say whether it went anywhere."""

from __future__ import annotations

import msgspec

from qtui.core.queries import AttemptRow, JobStory
from qtui.text import clean, clean_block, count, plural

MOST = 100_000
"""Characters; terminals refuse much more."""


def last_failure(story: JobStory) -> AttemptRow | None:
    """The newest attempt that failed."""
    return next((a for a in reversed(story.attempts) if a.outcome in ("retry", "failed")), None)


def error_of(story: JobStory) -> str:
    """The last error with its details, or empty."""
    failed = last_failure(story)
    if failed is None:
        return clean(story.row.error)
    head = ": ".join(part for part in (clean(failed.code), clean(failed.message)) if part)
    return f"{head}\n{clean_block(failed.detail)}".strip()


def json_of(story: JobStory) -> str:
    """Fields and value of a job as JSON."""
    told = {
        "seq": story.row.seq,
        "key": story.key,
        "name": story.row.name,
        "state": story.row.state,
        "fields": story.fields,
        "value": story.value,
    }
    return as_json(told)


def as_json(value: object) -> str:
    """Indented; what JSON cannot say becomes its text."""
    try:
        return msgspec.json.format(msgspec.json.encode(value)).decode()
    except (UnicodeEncodeError, TypeError, ValueError):
        return clean_block(value)  # lone surrogates in a nested text


def said_of(text: str) -> str:
    """What is said of a copy; nobody can know whether the terminal took it."""
    lines = text.count("\n") + 1
    what = plural(lines, "line") if lines > 1 else f"{count(len(text))} characters"
    return f"copied {what}; where the terminal ignores that: shift+drag"
