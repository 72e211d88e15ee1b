"""Functions for the bundled presets of the kind `python`: work that computes, that waits, and that reads messages."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable


def primes(n: int, progress: Callable[..., None]) -> dict[str, int]:
    """Count the primes below `n * 1000` the slow way: seconds of pure computing for a large `n`."""
    limit, found, largest = n * 1000, 0, 0
    for candidate in range(2, limit):
        if all(candidate % divisor for divisor in range(2, int(candidate**0.5) + 1)):
            found, largest = found + 1, candidate
        if candidate % 1000 == 0:
            progress(candidate / limit, f"{found} primes")
    return {"below": limit, "primes": found, "largest": largest}


async def wait(n: int, progress: Callable[..., None]) -> dict[str, int]:
    """Wait for a tenth of a second in ten steps, as a client of a network does."""
    for step in range(10):
        progress(step / 10)
        await asyncio.sleep(0.01)
    return {"n": n}


_LEVEL = re.compile(r"\b(DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL)\b")


class UnreadableMessage(ValueError):
    """A line that is no message; no other attempt would read it better."""

    permanent = True


def on_message(line: str) -> dict[str, object]:
    """Read one line of a log or a stream: a JSON object as it is, any other text with its level and its words.

    Raises:
        UnreadableMessage: when the line is empty or broken JSON.
    """
    text = line.strip()
    if not text:
        raise UnreadableMessage("an empty line")
    if text.startswith("{"):
        try:
            return dict(json.loads(text))
        except ValueError as error:
            raise UnreadableMessage(f"broken JSON: {error}") from None
    level = _LEVEL.search(text)
    return {"level": level[1] if level else "INFO", "words": len(text.split()), "text": text}
