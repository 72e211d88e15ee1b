"""Pages of the job list: asked for when they are seen, kept for a while, never all rows; the count may come later."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from qtui.core.queries import Answer, JobRow, Jobs, Query
from qtui.tui.screens.job_filter import JobFilter

Ask: TypeAlias = Callable[[Query], Awaitable[Answer]]

PAGE = 100
MAX_PAGES = 8
WINDOW = 1_000
"""Rows that one answer has at most."""


class JobPages:
    """A window on a list of any length; `total` is how many jobs match, as far as that is known."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._pages: OrderedDict[int, list[JobRow]] = OrderedDict()
        self._stale: set[int] = set()
        self._asked_for: JobFilter | None = None
        self._seen = 0
        """There are at least so many."""
        self._count: int | None = None
        """How many there were when they were counted."""
        self.exact = True
        """Whether nobody needs to count."""
        self.trouble = ""
        """Why nothing is known, in the engine's words."""

    @property
    def total(self) -> int:
        return max(self._seen, self._count or 0)

    @property
    def counted(self) -> bool:
        """Whether `total` is a count, although perhaps not of this moment."""
        return self._count is not None

    def row(self, index: int) -> JobRow | None:
        """The row at `index`, or None while it is not known."""
        page = self._pages.get(index // PAGE)
        if page is None or index < 0:
            return None
        return page[index % PAGE] if index % PAGE < len(page) else None

    def find(self, seq: int) -> int | None:
        """Where a job stands, if it is on a page that is kept."""
        for number, page in self._pages.items():
            for index, row in enumerate(page):
                if row.seq == seq:
                    return number * PAGE + index
        return None

    def outdate(self) -> None:
        """What is kept is still shown, and asked for anew when it is seen next."""
        self._stale = set(self._pages)

    def clear(self) -> None:
        self._pages.clear()
        self._stale.clear()
        self._asked_for = None
        self._seen, self._count, self.exact = 0, None, True

    def missing(self, first: int, last: int) -> bool:
        """Whether rows from `first` to `last` are unknown or outdated."""
        return any(number not in self._pages or number in self._stale for number in self._span(first, last))

    async def load(self, wanted: JobFilter, first: int, last: int) -> None:
        """Ask for the pages of these rows that are unknown or outdated."""
        if wanted != self._asked_for:
            self.clear()
            self._asked_for = wanted
        for number in self._span(first, last):
            if number in self._pages and number not in self._stale:
                continue
            answer = await self._ask(wanted.query(number * PAGE, PAGE))
            if wanted != self._asked_for:
                return  # the filter changed while the answer was on its way
            if not isinstance(answer, Jobs):
                self.trouble = getattr(answer, "text", "the answer was not a list of jobs")
                return
            self.trouble = ""
            self._learn(number, answer)
            self._keep(number, answer.rows)

    def _learn(self, number: int, answer: Jobs) -> None:
        self.exact = answer.total is not None
        if answer.total is not None:
            self._seen, self._count = answer.total, answer.total
            return
        rows = len(answer.rows)
        self._seen = max(self._seen, number * PAGE + rows + (rows == PAGE and not self.counted))

    async def count(self, wanted: JobFilter) -> None:
        """Have the jobs counted; only worth asking where the rows did not tell."""
        answer = await self._ask(wanted.query(0, 0))
        if wanted == self._asked_for and isinstance(answer, Jobs) and answer.total is not None:
            self._seen, self._count = answer.total, answer.total

    async def rows(self, wanted: JobFilter, first: int, last: int, most: int) -> list[JobRow]:
        """The rows from `first` to `last`, at most `most`, asked for anew."""
        found: list[JobRow] = []
        end = min(last, first + most)
        while first <= end:
            answer = await self._ask(wanted.query(first, min(WINDOW, end - first + 1)))
            if not isinstance(answer, Jobs) or not answer.rows:
                break
            found += answer.rows
            first += len(answer.rows)
        return found

    def _keep(self, number: int, rows: list[JobRow]) -> None:
        self._pages[number] = rows[:PAGE]
        self._pages.move_to_end(number)
        self._stale.discard(number)
        while len(self._pages) > MAX_PAGES:
            gone, _ = self._pages.popitem(last=False)
            self._stale.discard(gone)

    @staticmethod
    def _span(first: int, last: int) -> range:
        return range(max(0, first) // PAGE, max(0, last) // PAGE + 1)
