"""The lines of a log that are kept: asked for as they are scrolled to or come in, never all of them."""

from __future__ import annotations

from qtui.core.queries import Log, LogQuery, LogRow, Place
from qtui.tui.screens.job_pages import Ask

PAGE = 200
KEEP = 2_000
"""Lines kept at most; those furthest from where one looks go."""
BEHIND = 5
"""Pages of new lines asked for in a row."""
BEGINNING: Place = (0.0, 0, 0)
"""Before every line."""


class LogBook:
    """A window on one log, oldest line first. Its methods tell by how many lines what was shown has moved down."""

    def __init__(self, ask: Ask, of: str) -> None:
        self._ask = ask
        self._of = of
        self.rows: list[LogRow] = []
        self.text = ""
        self.level = "info"
        self.asked = False
        """Something has been asked for, and answered."""
        self.older = False
        """There may be lines before the first."""
        self.newer = False
        """There are lines after the last, besides those to come."""
        self.trouble = ""
        """Why nothing is known, in the engine's words."""
        self._low: Place | None = None
        self._high: Place | None = None

    def use(self, text: str, level: str) -> None:
        """Keep only such lines from now on."""
        self.text, self.level = text, level
        self.clear()

    def clear(self) -> None:
        self.rows = []
        self.asked = self.older = self.newer = False
        self._low = self._high = None

    def find(self, place: Place) -> int | None:
        """Where a line is, if it is kept."""
        return next((index for index, row in enumerate(self.rows) if row.place == place), None)

    @property
    def searched(self) -> float | None:
        """The wall clock down to which was looked for what is filtered; None where that is not known."""
        filtered = bool(self.text) or self.level != "info"
        return self._low[0] if self._of == "attempts" and filtered and self.older and self._low else None

    async def load_newest(self) -> int:
        """Begin again at the end of the log."""
        answer = await self._look(None, None)
        if answer is not None:
            self.rows, self.older, self.newer = answer.rows, answer.more, False
            self._low = answer.reached
            self._high = answer.rows[-1].place if answer.rows else answer.reached
        return 0

    async def load_back_to(self, at: float) -> None:
        """Begin again at the end of the log, and go back to what was at that time."""
        await self.load_newest()
        while self.older and self.rows and self.rows[0].at > at:
            if not await self.load_older():
                return

    async def load_oldest(self) -> int:
        """Begin again at the beginning of the log."""
        answer = await self._look(None, BEGINNING)
        if answer is not None:
            self.rows, self.older, self.newer = answer.rows, False, answer.more
            self._low, self._high = BEGINNING, answer.reached
        return 0

    async def load_older(self) -> int:
        """Ask for what stands before the first line."""
        if not self.older or self._low is None:
            return 0
        answer = await self._look(self._low, None)
        if answer is None:
            return 0
        self.rows = answer.rows + self.rows
        self.older = answer.more
        self._low = answer.reached or self._low
        if len(self.rows) > KEEP:
            del self.rows[KEEP:]
            self.newer, self._high = True, self.rows[-1].place
        return len(answer.rows)

    async def catch_up(self) -> int:
        """Ask for what stands after the last line, or where that is too much for the newest alone."""
        moved = await self.load_newer()
        return await self.load_newest() if self.newer else moved

    async def load_newer(self) -> int:
        """Ask for what stands after the last line."""
        if self._high is None:
            return await self.load_newest()
        moved = 0
        for _ in range(BEHIND):
            answer = await self._look(None, self._high)
            if answer is None:
                return moved
            self.rows = self.rows + answer.rows
            self.newer = answer.more
            self._high = answer.reached or self._high
            if (spare := len(self.rows) - KEEP) > 0:
                del self.rows[:spare]
                moved -= spare
                self.older, self._low = True, self.rows[0].place
            if not answer.more:
                return moved
        return moved

    async def _look(self, before: Place | None, after: Place | None) -> Log | None:
        """The answer, or None where there is none or another filter was asked for meanwhile."""
        text, level = self.text, self.level
        answer = await self._ask(LogQuery(self._of, before, after, PAGE, text, level))
        if (text, level) != (self.text, self.level):
            return None
        self.asked = True
        if not isinstance(answer, Log):
            self.trouble = getattr(answer, "text", "the answer was no log")
            return None
        self.trouble = ""
        return answer
