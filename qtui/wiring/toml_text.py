"""The tables of a preset as the TOML that people write: what it is first, then its sources, then the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import tomli_w


def toml_text(tables: Mapping[str, Any]) -> str:
    """Text of several lines stands in three quotes, unless it has a carriage return, which TOML would lose there."""
    multiline = rb"\r" not in msgspec.json.encode(tables)
    rest = {key: value for key, value in tables.items() if key not in ("preset", "source")}
    sources = tables["source"]
    if any(isinstance(value, dict) for source in sources for value in source.values()):
        listed = [tomli_w.dumps({"source": sources}, multiline_strings=multiline)]
    else:
        listed = ["[[source]]\n" + tomli_w.dumps(source, multiline_strings=multiline) for source in sources]
    head = tomli_w.dumps({"preset": tables["preset"]}, multiline_strings=multiline)
    return "\n".join([head, *listed, tomli_w.dumps(rest, multiline_strings=multiline)])
