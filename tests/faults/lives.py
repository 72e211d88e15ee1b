"""Simulated lives of a run: the real engine on virtual time, the real journal on files, and death at drawn moments.

    python -m tests.faults --only lives [--lives N] [--seed N]

A seed decides everything: what jobs do, what a person does, when commits come and when the engine dies. What really
happened is noted outside the journal, by the jobs themselves. Each seed is lived twice: with nothing that limits starts
but the concurrency, and with a design, an overflow and limits that the seed draws.
"""

from __future__ import annotations

import contextlib
import logging
import random
import tempfile
import time
from pathlib import Path

from tests.faults import lives_checks as checks
from tests.faults import lives_form
from tests.faults.lives_form import Form
from tests.faults.lives_journal import Mortal
from tests.faults.lives_life import Life, ShuffledLoop
from tests.faults.lives_world import World
from tests.faults.power import fast_place
from tests.faults.report import Report


class Lives:
    """Lives one run to its end."""

    def __init__(self, seed: int, place: Path, form: Form | None = None) -> None:
        self.world = World(seed, place, form)
        self.story: list[str] = []

    def run(self) -> None:
        for _ in range(self.world.chance.choice([1, 2, 2, 3, 5])):
            self._life(last=False)
        self._life(last=True)
        self.world.check_end()

    def _life(self, *, last: bool) -> None:
        world = self.world
        loop = ShuffledLoop(world.chance)
        life = Life(world, Mortal(loop), last=last)
        try:
            try:
                loop.run_until_complete(life.live())
            except RuntimeError:
                if not life.mortal.dead:
                    raise
            world.wall += loop.time()
            self._look_back(life)
        finally:
            burial = loop.create_task(life.bury())
            while not burial.done():
                with contextlib.suppress(RuntimeError):  # what the dead life has left ready may stop the loop once more
                    loop.run_until_complete(burial)
            loop.close()
        world.wall += world.chance.choice([0.0, 0.5, 3600.0, -50.0])

    def _look_back(self, life: Life) -> None:
        """The life is over; its files are as it left them."""
        world, journal, engine = self.world, life.journal, life.engine
        if journal is None or engine is None:
            self.story.append(f"died before it began: {life.mortal.why}")
            return
        how = life.mortal.why or (engine.ledger.ended.how if engine.ledger.ended else "?")
        self.story.append(f"{how}; {journal.saved} of {len(life.events)} events saved, {journal.told} told")
        if life.mortal.dead:
            journal.crash()
        world.agree("internal" not in engine.problem, engine.problem)
        engine.ledger.validate()
        books = checks.read(world.place)
        checks.check_fold(books, life.events, journal.saved)
        world.check_shown(books, engine)
        world.check_dropped(books, [event for position, event in life.events if position <= journal.saved])
        if life.mortal.dead:
            world.check_death(life.in_the_air(journal.saved))
        else:
            checks.check_counts(books, engine.ledger.counts)
            checks.check_groups(books, engine.ledger)
        world.check(books)


def live(seed: int, *, limited: bool = False) -> None:
    """All lives of the run that `seed` draws. Raises AssertionError with its story where a promise is broken."""
    form = lives_form.draw(random.Random(f"form {seed}")) if limited else None
    with tempfile.TemporaryDirectory(dir=fast_place()) as place:
        lives = Lives(seed, Path(place), form)
        try:
            lives.run()
        except Exception as error:
            story = "".join(f"\n  life {number}: {told}" for number, told in enumerate(lives.story, 1))
            raise AssertionError(f"seed {seed}: {type(error).__name__}: {error}{story}") from error


def full(report: Report) -> None:
    """Many seeds; a failing one is printed, and `--only lives --lives 1 --seed N` repeats it."""
    logging.getLogger("qtui").setLevel(logging.CRITICAL)  # what fails is told by the report
    seeds = range(report.options.seed, report.options.seed + report.options.lives)
    for group, limited in (("lives", False), ("lives with limits", True)):
        began = time.monotonic()
        for seed in seeds:
            report.attempt(group, lambda: live(seed, limited=limited), f"--lives 1 --seed {seed}")  # noqa: B023  # called at once
        report.note(group, f"{len(seeds) / (time.monotonic() - began):.0f} seeds a second")
