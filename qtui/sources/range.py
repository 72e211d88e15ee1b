"""Numbers: the simplest source, one row for each."""

from __future__ import annotations

import re
from builtins import range as numbers
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from qtui.core.job import Value
from qtui.core.seams import Row
from qtui.core.template import Template, TemplateError, as_text
from qtui.sources.base import BuiltIn
from qtui.sources.formats import BATCH
from qtui.text import count as counted

_FIELD = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")


class RangeSource(BuiltIn, frozen=True, kw_only=True):
    """[[source]] kind = "range": rows {n, line}."""

    kind: str = "range"
    start: int = 1
    """The first number."""
    stop: int
    """The last number, included when the steps meet it."""
    step: int = 1
    """The difference between two numbers; negative counts down."""
    line: str = "{n}"
    """A template for the row's text, e.g. `{site}/page/{n}`."""

    @property
    def title(self) -> str:
        by = "" if abs(self.step) == 1 else f" by {self.step}"
        return f"numbers {counted(self.start)} to {counted(self.stop)}{by}"

    def bind(self, run_fields: Mapping[str, Value]) -> RangeSource:
        """The source with `{site}` and other fields of the run filled in."""

        def filled(match: re.Match[str]) -> str:
            if match[1] is None or match[1] not in run_fields:
                return match[0]
            return as_text(run_fields[match[1]]).replace("{", "{{").replace("}", "}}")

        return msgspec.structs.replace(self, line=_FIELD.sub(filled, self.line))

    def check(self) -> str:
        if not self.step:
            return "step is 0; the numbers would never end"
        if not self._numbers():
            return f"there is no number from {self.start} to {self.stop} in steps of {self.step}"
        try:
            template = Template(self.line)
            if template.fields <= {"n", "site"}:
                template.fill({"n": 0, "site": ""})
                return ""
        except TemplateError as error:
            return str(error)
        return f"line has the field {{{min(template.fields - {'n', 'site'})}}}; a range has only {{n}} and {{site}}"

    def columns(self) -> Sequence[str]:
        return ("n", "line")

    def total(self) -> int:
        return len(self._numbers())

    def batches(self, skip: int = 0) -> Iterator[list[Row]]:
        every = self._numbers()
        fill = Template(self.line).fill
        plain = self.line == "{n}"
        for at in numbers(skip, len(every), BATCH):
            part = every[at : at + BATCH]
            yield [Row({"n": n, "line": str(n) if plain else fill({"n": n})}) for n in part]

    def _numbers(self) -> numbers:
        return numbers(self.start, self.stop + (1 if self.step > 0 else -1), self.step)
