"""The command that goes on with a run, as the person would type it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence

from qtui.text import clean

ONCE = frozenset({"--fresh", "--retry-failed", "--retry-held", "--accept-plan", "--ask-plan", "--dry-run"})
"""Options about the start of a run; the run that they have started goes on without them."""


def command(words: Sequence[str], source: str, arguments: Sequence[str], state: str) -> str:
    """`words` are those before the preset: `qtui` or `qtui run`; an unfinished run is found by its preset."""
    where = ["--state", state] if state and state != os.environ.get("QTUI_STATE") else []
    kept = (word for word in arguments if word not in ONCE)
    return shlex.join(clean(word, 4096) for word in (*words, source, *kept, *where))
