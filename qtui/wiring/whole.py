"""A file of text written durably, and whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from qtui.journal.schema import sync_folder


def write_whole(path: Path, text: str, rights: int | None = None) -> None:
    """Put `text` where `path` is, line ends as they are; `rights` where they are not the usual ones. Raises OSError."""
    part = path.with_name(f".{path.name}.part")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        with open(handle, "w", encoding="utf-8", newline="") as file:
            if rights is not None:
                os.fchmod(handle, rights)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
        sync_folder(path.parent)
    except OSError:
        part.unlink(missing_ok=True)
        raise
