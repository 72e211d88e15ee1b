"""What Textual keeps of screens that were closed, and how it is let go."""

from __future__ import annotations

import contextlib


def let_go() -> None:
    """Its cache of colours keeps every panel ever shown, with all its rows, until a thousand others came."""
    with contextlib.suppress(ImportError, AttributeError):  # it is private, and may go with a new version
        from textual._styles_cache import StylesCache

        StylesCache.get_inner_outer.cache_clear()
