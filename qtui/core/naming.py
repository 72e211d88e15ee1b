"""From a row to a job: what it is (its key), what the screen calls it (its name), and why it cannot be used."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping

import msgspec

from qtui.core.job import Job, Value
from qtui.core.seams import Row
from qtui.core.tables import JobTable
from qtui.core.template import Template, TemplateError
from qtui.text import clean

Fields = Callable[[Mapping[str, Value]], Mapping[str, Value]]

_canonical = msgspec.json.Encoder(order="deterministic")


class Naming:
    """The `job.name` and `job.key` of a preset; `fields` are the kind's own, e.g. the rendered `url`.

    `place` is the field, or fields, that only say where a row stands: no part of what the job is, so that a line
    that moved in its file is still the same job.
    """

    def __init__(self, table: JobTable, fields: Fields, place: str | tuple[str, ...] = "") -> None:
        self._fields = fields
        self._places = frozenset({place} if isinstance(place, str) else place)
        self._name = Template(table.name)
        self._key = Template(table.key)

    def job(self, seq: int, producer: int, row: Row) -> Job:
        """The job of a row; a template that cannot be filled is its problem."""
        key, name, problem = self._filled(row)
        key = key or self._identity(row.fields)
        name = clean(name, 200) or (clean(key, 200) if self._key.text else f"job {seq}")
        return Job(seq, key, name, row.fields, producer, 1, clean(problem) if problem else "")

    def key(self, row: Row) -> str:
        """What the job of a row is."""
        return self._filled(row)[0] or self._identity(row.fields)

    def content(self, fields: Mapping[str, Value]) -> int:
        """A checksum of what a row says besides its place: unlike content under one key is another job to execute."""
        return zlib.crc32(self._identity(fields).encode("utf-8", "surrogatepass"))

    def _filled(self, row: Row) -> tuple[str, str, str]:
        key, name, problem = "", "", row.problem
        try:
            extra: Mapping[str, Value] = {} if problem else self._fields(row.fields)
            key = self._key.fill(row.fields, extra) if self._key.text else ""
            name = self._name.fill(row.fields, extra) if self._name.text else ""
        except TemplateError as error:
            problem = problem or str(error)
        return key, name, problem

    def _identity(self, fields: Mapping[str, Value]) -> str:
        if not self._places.isdisjoint(fields):
            fields = {name: value for name, value in fields.items() if name not in self._places}
        return _canonical.encode(fields).decode()
