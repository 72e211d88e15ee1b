"""A simulated run through all of its lives: its preset and rows, and the truth about its jobs."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from qtui.core import events as ev
from qtui.core.lifecycle import FINAL, State
from qtui.core.past import mark
from qtui.core.seams import Row
from qtui.core.tables import About, Backoff, JobTable, Preset, QueueTable, Retry, SourceTable, Table, Workers
from qtui.engine.engine import Engine
from qtui.journal.recovery import Found
from tests.engine.rig import Numbers
from tests.faults import lives_checks as checks
from tests.faults.lives_checks import RESULTS, Books
from tests.faults.lives_form import Form

TIMEOUT_S = 4.0


class Rows(Numbers):
    """A source whose rows are told from those of the others."""

    def __init__(self, index: int, stop: int, bad: int) -> None:
        super().__init__(stop, bad)
        self._index = index

    @property
    def ids(self) -> list[str]:
        return [f"{self._index}-{n}" for n in range(1, self.stop + 1)]

    def batches(self, skip: int = 0) -> Iterator[list[Row]]:
        rows = [
            Row({"id": name}, "line 3 is not UTF-8" if number == self.problem_at else "")
            for number, name in enumerate(self.ids, 1)
        ]
        for start in range(skip, len(rows), 7):
            yield rows[start : start + 7]


class World:
    """All lives of one run: what the seed has drawn, what really happened, and what must be true of that."""

    def __init__(self, seed: int, place: Path, form: Form | None = None) -> None:
        self.chance = chance = random.Random(seed)
        self.form = form
        """What limits starts; None where nothing does but the concurrency and a rate that a person asks for."""
        self.place = place
        self.folder = place / "run"
        self.folder.mkdir()
        self.wall = 1e9
        self.begun = False
        self.sources = [
            Rows(index, chance.randint(1, 15), chance.choice([0, 0, 3])) for index in range(chance.randint(1, 3))
        ]
        self.submission = chance.random() < 0.3
        self.hold = chance.random() < 0.3
        self.crashes = chance.choice([0, 1, 2, 3, 3])
        every = [name for source in self.sources for name in source.ids]
        self.poison = {chance.choice(every)} if self.crashes and chance.random() < 0.2 else set()
        """Jobs that kill the engine."""
        self.moods = chance.choice(
            [(60, 10, 5, 5, 4, 4, 2, 2), (20, 20, 10, 10, 10, 10, 5, 5), (90, 5, 1, 0, 0, 0, 0, 0)]
        )
        self.preset = Preset(
            About(name="lives"),
            [SourceTable(kind="rows", name=f"p{index}") for index in range(len(self.sources))],
            JobTable(kind="simulate", timeout=TIMEOUT_S, on_crash="hold" if self.hold else "run", crashes=self.crashes),
            Table(),
            QueueTable(capacity=chance.choice([1, 2, 5, 20])),
            Workers(concurrency=chance.randint(1, 8)),
            Retry(
                attempts=chance.randint(1, 4),
                backoff=Backoff(base=0.2, factor=2.0, max=5.0),
                on=["timeout", "http:5xx", "exception:ValueError"],
                rejoin=chance.choice(["fair", "front", "back"]),
            ),
        )
        if form is not None:
            self.preset = form.shape(self.preset)
        self.starts: Counter[str] = Counter()
        self.effects: Counter[str] = Counter()
        self.shown: set[str] = set()
        """Jobs that somebody was told to be done."""
        self.cut_off: Counter[str] = Counter()
        """How often a death cut a job off after it had begun."""
        self.doubt: set[str] = set()
        """Jobs that must not start before a person says so."""
        self.again: set[str] = set()
        """Jobs that a person gave another round."""
        self.poisoned: Counter[str] = Counter()
        """How often a job has killed the engine since a person last let it run."""
        self.lost = 0
        """How many jobs a full queue has lost, and that is on the disk."""
        self.dropped: set[str] = set()
        """Jobs that it has lost and that nobody gave another round."""
        self.just_cut_off: set[str] = set()
        """By the last death."""
        self.problems: list[str] = []

    def check_death(self, lost: Mapping[str, tuple[int, int]]) -> None:
        """A life was cut off: `lost` was in the air, or had ended without that being durable, and runs again.

        For each job: the order in which its attempt began, and the concurrency then.
        """
        self.cut_off.update(lost.keys())
        self.just_cut_off = set(lost)
        limit = max(lost.values(), default=(0, 0))[1]
        self.agree(len(lost) <= limit, f"G4: {len(lost)} jobs run again, {limit} at once were allowed: {list(lost)}")
        if self.hold:
            self.doubt |= set(lost)

    def check(self, books: Books) -> None:
        """The journal agrees with itself."""
        checks.check(books, self.preset.retry.attempts, self.again, self.submission)

    def check_shown(self, books: Books, engine: Engine) -> None:
        """What was told as done, or counted as done, is done."""
        lost = self.shown - books.having("done")
        self.agree(not lost, f"G3: shown as done and lost: {sorted(lost)}")
        counted = engine.ledger.counts[State.DONE]
        self.agree(counted <= books.counts["done"], f"G3: {counted} were counted as done, too many")

    def check_dropped(self, books: Books, saved: Iterable[ev.Event]) -> None:
        """What a full queue has lost is counted and has its end; `saved` is what this life has on the disk."""
        for event in saved:
            if isinstance(event, ev.JobDropped):
                self.lost += 1
                self.dropped.add(str(event.job.row["id"]))
            elif isinstance(event, ev.JobRequeued):
                self.dropped.discard(str(event.job.row["id"]))
        counted = books.meta.get("lost", 0)
        self.agree(counted == self.lost, f"{self.lost} were lost to a full queue, {counted} are counted")
        wanted = "failed" if self.preset.queue.overflow == "reject" else "cancelled"
        other = self.dropped - books.having(wanted)
        self.agree(not other, f"lost to a full queue and not {wanted}: {sorted(other)}")

    def check_found(self, before: Found) -> None:
        """What the next life sees names what runs again."""
        known = {mark(entry.job.key) for entry in before.past.open if entry.interrupted}
        known |= {flying.mark for flying in before.in_flight}
        unknown = [name for name in self.just_cut_off if mark(key_of(name)) not in known]
        self.agree(not unknown, f"G4: not named before they run again: {unknown}")

    def check_recovered(self, found: Found) -> Books:
        """The journal as the next life begins with it."""
        books = checks.read(self.place)
        self.check(books)
        self.agree(not books.counts["running"], "an attempt of a dead engine still runs")
        left = {entry.job.row["id"] for entry in found.past.open}
        wanted = books.having("pending", "waiting")
        self.agree(left == wanted, f"G1: open and forgotten: {sorted(wanted - left)}")
        if self.hold:
            # A job whose start never reached the disk has not begun, and a word of a person that never did is unsaid.
            free = self.doubt - books.having("held")
            self.agree(not free, f"G5: cut off and not held: {sorted(free)}")
            self.doubt |= books.having("held")
        self.shown |= books.having("done")
        self.just_cut_off = set()
        return books

    def check_started(self, engine: Engine, books: Books) -> None:
        """The engine has begun another life and has committed nothing in it."""
        engine.ledger.validate()
        checks.check_groups(books, engine.ledger)
        for state in FINAL:
            self.agree(engine.ledger.counts[state] == books.counts[state], f"resumed with another number of {state}")
        open_now = {entry.job.row["id"] for entry in engine.ledger.open.values()}
        self.agree(open_now == books.having("pending", "waiting"), "G1: resumed with other open jobs")

    def check_end(self) -> None:
        books = checks.read(self.place)
        every = {name for source in self.sources for name in source.ids}
        self.agree(set(books.jobs) == every, f"G1: disappeared: {sorted(every ^ set(books.jobs))}")
        final = books.having("done", "failed", "cancelled", "held")
        self.agree(final == every, f"G1: without an end: {sorted(every - final)}")
        done = books.having("done")
        never = [name for name in done if not self.effects[name]]
        self.agree(not never, f"G2: done and never run: {never}")
        self.agree(Counter(books.results) == Counter(done), "G6: the results are not those of the done jobs")
        octets = (self.place / RESULTS).stat().st_size
        self.agree(octets == books.meta["results_offset"], "G6: there is something behind the results")
        more = [name for name, times in self.effects.items() if times > 1 + self.cut_off[name]]
        self.agree(not more, f"G2: had their effect again without having been cut off: {more}")

    def blame(self, problem: str) -> None:
        """Something was violated where an exception would be taken for a job's."""
        self.problems.append(problem)

    def agree(self, holds: bool = True, problem: str = "") -> None:
        """Raises AssertionError unless it holds, and when something was blamed."""
        assert holds, problem
        assert not self.problems, self.problems[0]


def key_of(name: str) -> str:
    """The key that the engine gives the job of a row."""
    return f'{{"id":"{name}"}}'
