"""What the job list shows and in what order: conditions as chips, and what completes them while they are typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from qtui.core.job_filter import Completion, Condition, complete, written
from qtui.core.queries import JobsQuery
from qtui.core.snapshot import Snapshot
from qtui.text import clean
from qtui.tui.canvas import Span

ORDERS = ("newest", "oldest", "finished", "longest", "attempts", "submission")
"""As `o` goes through them; `submission` is the order of the results, with whoever holds them back."""
HINT = "text  state:failed  host:…  attempt>1  run>5s  since:10m  /regex/  !not   tab completes"


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs the list shows, and in what order."""

    conditions: tuple[Condition, ...] = ()
    order: str = "newest"
    title: str = ""
    """What the failure group is called that is asked for by its signature."""

    @property
    def typed(self) -> str:
        """As a person would type it."""
        return written(self.conditions)

    def query(self, offset: int, limit: int) -> JobsQuery:
        order = "oldest" if self.order == "submission" else self.order
        return JobsQuery(offset, limit, [*self.conditions], order)

    def chips(self) -> list[Span]:
        """What is filtered, each on its own ground."""
        spans: list[Span] = []
        for condition in self.conditions:
            spans += [Span(f" {self._said(condition)} ", "text", True, "raised"), Span(" ")]
        return spans

    def _said(self, condition: Condition) -> str:
        if condition.key == "sig" and condition.op == "=" and self.title:
            return f"{'!' if condition.negated else ''}group: {clean(self.title, 40)}"
        return clean(condition.words, 40)

    def without_last(self) -> JobFilter | None:
        """One chip less, or None when there is none to take away."""
        return replace(self, conditions=self.conditions[:-1]) if self.conditions else None

    def next_order(self) -> JobFilter:
        return replace(self, order=ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)])


def completed(typed: str, cursor: int, snap: Snapshot | None) -> Completion:
    """What may stand at the cursor, with the names that the run knows."""
    return complete(typed, cursor, {} if snap is None else _known(snap))


def _known(snap: Snapshot) -> Mapping[str, Sequence[str]]:
    hosts = [host for group in snap.failures for host, _ in group.hosts]
    hosts += [host.name.partition(":")[0] for host in snap.throttle.hosts]
    groups = [group.signature.partition(" ")[0] for group in snap.failures]
    return {
        "producer": _unique(producer.name for producer in snap.producers),
        "host": _unique(hosts),
        "sig": _unique(groups),
    }


def _unique(names: Iterable[str]) -> list[str]:
    return [name for name in dict.fromkeys(clean(name, 80) for name in names) if name and '"' not in name]
