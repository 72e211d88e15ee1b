"""Where a person's own keys are, and what they say; asked before an engine is started."""

from __future__ import annotations

import os
from pathlib import Path


def own_keys(file: str) -> dict[str, list[str]]:
    """The keys of `file` by action, or of `keys.toml` in the user's configuration directory where there is one.

    Raises:
        UsageError: with the line, for a file that cannot be used.
    """
    path = Path(file).expanduser() if file else default()
    if not file and not path.exists():
        return {}
    from qtui.tui.keymap import read

    return {action: list(keys) for action, keys in read(path).items()}


def default() -> Path:
    """The keymap file that needs no option."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "qtui" / "keys.toml"


def template() -> str:
    """A keymap file to begin with."""
    from qtui.tui.keymap import template

    return template()
