"""Lines of text: one row for each line that is neither blank nor a comment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from qtui.core.seams import Row
from qtui.sources import formats, stream
from qtui.sources.base import FromPath
from qtui.sources.text import count_lines


class LinesSource(FromPath, frozen=True, kw_only=True):
    """[[source]] kind = "lines": rows {line, n}; n is the line's number in the file."""

    kind: str = "lines"
    comments: str = ""
    """Lines that begin with this are left out, e.g. `#`."""

    @property
    def title(self) -> str:
        return f"lines of {self.label}"

    @property
    def place(self) -> str:
        return "n"

    def columns(self) -> Sequence[str]:
        return ("line", "n")

    def count(self, stop: Callable[[], bool]) -> int | None:
        return count_lines(stream.blocks(self.path), self.comments, stop) if stream.regular(self.path) else None

    def batches(self, skip: int = 0) -> Iterator[list[Row]]:
        return formats.lines(stream.blocks(self.path), self.label, self.comments, skip)
