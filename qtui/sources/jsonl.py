"""JSON lines: one row for each object."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from qtui.core.seams import Row
from qtui.sources import stream
from qtui.sources.base import FromPath, in_batches
from qtui.sources.text import Line, count_lines, text_lines
from qtui.text import clean

_decode = msgspec.json.Decoder().decode


class JsonlSource(FromPath, frozen=True, kw_only=True):
    """[[source]] kind = "jsonl": the fields of each object; a bare text or number becomes {line}."""

    kind: str = "jsonl"
    place: str = ""
    """A field that only says where a row stood, and is no part of what the job is."""

    @property
    def title(self) -> str:
        return f"objects of {self.label}"

    def count(self, stop: Callable[[], bool]) -> int | None:
        return count_lines(self.path, "", stop) if stream.regular(self.path) else None

    def batches(self, skip: int = 0) -> Iterator[list[Row]]:
        for lines in text_lines(self.path, self.label, skip=skip):
            yield from in_batches([self._row(line) for line in lines])

    def _row(self, line: Line) -> Row:
        if line.problem:
            return Row({"line": line.text}, line.problem)
        try:
            found = _decode(line.text)
            if isinstance(found, dict):
                msgspec.json.encode(found)  # half a surrogate pair decodes, and could never be written again
                return Row(found)
            if isinstance(found, str | int | float) and not isinstance(found, bool):
                return Row({"line": found})
            problem = f"is {_name(found)}, not an object"
        except msgspec.DecodeError as error:
            problem = f"is not JSON: {error}"
        except (RecursionError, UnicodeEncodeError):
            problem = "is not JSON that can be kept: nested too deep, or with half a character"
        return Row({"line": clean(line.text, 200)}, f"{self.label} line {line.number}: {clean(problem)}")


def _name(value: object) -> str:
    if isinstance(value, list):
        return "a list"
    return "null" if value is None else "true or false"
