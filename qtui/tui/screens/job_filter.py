"""The filter language of the job list: `state:failed`, `order:longest` and free text, shown as chips."""

from __future__ import annotations

from dataclasses import dataclass, replace

from qtui.core.queries import JobsQuery
from qtui.text import clean
from qtui.tui.canvas import Span

STATES = ("open", "pending", "running", "waiting", "done", "failed", "held", "cancelled")
ORDERS = ("newest", "oldest", "longest", "attempts")
HINT = "text   state:failed   order:longest"


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs the list shows, and in what order."""

    text: str = ""
    state: str = ""
    signature: str = ""
    title: str = ""
    """What the failure group with this signature is called."""
    order: str = "newest"

    @property
    def typed(self) -> str:
        """As a person would type it; the group is not typed."""
        words = [f"state:{self.state}"] if self.state else []
        words += [f"order:{self.order}"] if self.order != "newest" else []
        words += [self.text] if self.text else []
        return " ".join(words)

    def query(self, offset: int, limit: int) -> JobsQuery:
        return JobsQuery(offset, limit, self.text, self.state, self.signature, self.order)

    def chips(self) -> list[Span]:
        """What is filtered, each on its own ground."""
        parts = [f"group: {clean(self.title or self.signature, 40)}"] if self.signature else []
        parts += [f"state:{self.state}"] if self.state else []
        parts += [f'"{clean(self.text, 30)}"'] if self.text else []
        spans: list[Span] = []
        for part in parts:
            spans += [Span(f" {part} ", "text", True, "raised"), Span(" ")]
        return spans

    def without_last(self) -> JobFilter | None:
        """One chip less, or None when there is none to take away."""
        if self.text:
            return replace(self, text="")
        if self.state:
            return replace(self, state="")
        if self.signature:
            return replace(self, signature="", title="")
        return None


def parse(typed: str, base: JobFilter) -> tuple[JobFilter, str]:
    """What is typed as a filter (the group of `base` is kept), and what is wrong with it or empty."""
    state, order, words, wrong = "", "newest", [], ""
    for word in typed.split():
        name, colon, value = word.partition(":")
        if name == "state" and colon:
            state = value if value in STATES else ""
            wrong = wrong or ("" if value in STATES else "state: " + ", ".join(STATES))
        elif name == "order" and colon:
            order = value if value in ORDERS else "newest"
            wrong = wrong or ("" if value in ORDERS else "order: " + ", ".join(ORDERS))
        else:
            words.append(word)
    return replace(base, text=" ".join(words).strip('"'), state=state, order=order), wrong
