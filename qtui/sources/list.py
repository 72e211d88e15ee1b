"""A list written in the preset itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qtui.core.job import Value
from qtui.core.seams import Row
from qtui.core.template import as_text
from qtui.sources.base import BuiltIn
from qtui.sources.formats import in_batches
from qtui.text import plural


class ListSource(BuiltIn, frozen=True, kw_only=True):
    """[[source]] kind = "list": rows {n, line} for texts, tables as they are."""

    kind: str = "list"
    items: list[str | int | float | dict[str, object]]
    """Texts, numbers or tables."""

    @property
    def title(self) -> str:
        return plural(len(self.items), "item")

    @property
    def place(self) -> str:
        return "" if any(isinstance(item, dict) for item in self.items) else "n"

    def check(self) -> str:
        return "" if self.items else "items is empty; there is nothing to do"

    def columns(self) -> Sequence[str] | None:
        tables = [item for item in self.items if isinstance(item, dict)]
        if not tables:
            return ("n", "line")
        same = len(tables) == len(self.items) and all(item.keys() == tables[0].keys() for item in tables)
        return tuple(tables[0]) if same else None

    def total(self) -> int:
        return len(self.items)

    def batches(self, skip: int = 0) -> Iterator[list[Row]]:
        yield from in_batches([_row(n, item) for n, item in enumerate(self.items[skip:], skip + 1)])


def _row(n: int, item: str | int | float | dict[str, object]) -> Row:
    if isinstance(item, dict):
        return Row({name: _value(value) for name, value in item.items()})
    return Row({"n": n, "line": as_text(item)})


def _value(value: object) -> Value:
    """TOML knows dates and times besides what JSON knows; they become text."""
    if isinstance(value, dict):
        return {str(name): _value(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_value(inner) for inner in value]
    return value if value is None or isinstance(value, str | int | float) else str(value)
