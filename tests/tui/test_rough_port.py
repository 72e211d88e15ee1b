"""A run that disconnects, lags, jumps and fails by the million: the screen follows, and says what it does not know."""

from __future__ import annotations

import asyncio
import random

import msgspec
import pytest

from qtui.core.commands import Reply, Request
from qtui.core.port import Port
from qtui.core.queries import Answer, JobRow, Jobs, JobsQuery, Query, Unknown
from qtui.core.snapshot import Counts, FailureGroup, RunState, Snapshot
from qtui.tui.app import QtuiApp
from qtui.tui.feed import Feed
from qtui.tui.theme import DARK
from tests.tui.fake_port import FakeHost, FakePort
from tests.tui.rig import Rig, running, until
from tests.tui.samples import sample
from tests.tui.wild import wild

FAILED = 1_000_000
KEYS = ("1", "3", "4", "+", "-", "p", "z", "tab", "down", "enter", "escape")


def many_failures() -> Snapshot:
    groups = [
        FailureGroup(
            f"HTTP {number}|x",
            f"HTTP {number}",
            "Service Unavailable " * 10,
            FAILED // 50,
            3 * FAILED // 50,
            900.0,
            float(number % 7),
            [number] * 10,
            True,
            hosts=[("api.example", FAILED)],
            detail="x" * 4_000,
        )
        for number in range(500, 550)
    ]
    counts = Counts(accepted=2_000_000, done=1_000_000, failed=FAILED, attempts=9_000_000, total=4_000_000)
    return sample(counts=counts, failures=groups, groups=48_000)


class Millions(FakePort):
    """The job list of a million failed jobs, without holding one of them."""

    async def query(self, query: Query) -> Answer:
        if not isinstance(query, JobsQuery):
            return Unknown("not here")
        rows = [
            JobRow(seq, f"job {seq}", "failed", "range", 3, 1.0, 2.0, 1.0, "HTTP 503 Service Unavailable")
            for seq in range(query.offset + 1, min(FAILED, query.offset + query.limit) + 1)
        ]
        return Jobs(rows, FAILED)


async def test_a_million_failures_are_a_list_like_any_other() -> None:
    async with running(many_failures(), port=Millions(many_failures())) as rig:
        await rig.press("4")
        await rig.shows("HTTP 500")
        for _ in range(20):
            await rig.press("down")
        await rig.press("3")
        await rig.shows("job 1 ")
        await rig.press("G")
        await rig.shows("job 1000000")
        await rig.press("1")
        await rig.shows("1,000,000")


class Link(FakePort):
    """A connection that breaks after some snapshots, and answers late or never."""

    def __init__(self, luck: random.Random, first: Snapshot) -> None:
        super().__init__(first)
        self._luck = luck

    async def send(self, request: Request) -> Reply:
        await asyncio.sleep(self._luck.choice((0.0, 0.01, 0.2)))
        return await super().send(request)


class Host(FakeHost):
    """Finds the run again, now and then."""

    def __init__(self, luck: random.Random) -> None:
        super().__init__()
        self.luck = luck
        self.links: list[Link] = []
        self.elapsed = 612.0

    def link(self) -> Link:
        self.elapsed += 1
        self.links.append(Link(self.luck, sample(elapsed_s=self.elapsed)))
        return self.links[-1]

    async def attach(self, run_id: str) -> Port:
        return self.link()


@pytest.mark.parametrize("seed", range(2))
async def test_a_run_that_is_lost_and_found_again_and_again_ends_up_on_the_screen(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qtui.tui.feed.AGAIN_S", 0.01)
    luck = random.Random(seed)
    host = Host(luck)
    app = QtuiApp(host, port=host.link(), palette=DARK, hz=20)
    async with app.run_test(size=(120, 40)) as pilot:
        rig = Rig(app, host.links[0], pilot)
        await until(lambda: app.feed.newest is not None)
        for turn in range(40):
            link = host.links[-1]
            match luck.randrange(4):
                case 0:
                    link.end()
                    before = len(host.links)
                    await until(lambda before=before: len(host.links) > before)  # type: ignore[misc]
                case 1:
                    link.give(msgspec.structs.replace(wild(luck), run_id="scrape-1", state=RunState.RUNNING))
                case 2:
                    await pilot.press(
                        luck.choice(("1", "3", "4", "+", "-", "p", "z", "tab", "down", "enter", "escape"))
                    )
                case _:
                    host.elapsed += 1
                    link.give(sample(elapsed_s=host.elapsed))
            if turn % 8 == 0:
                await pilot.pause()
        await until(lambda: not app.feed.lost)
        await pilot.press("escape", "escape", "1")
        rig.port = host.links[-1]
        last = sample(elapsed_s=7200.0)
        rig.port.give(last)
        await until(lambda: app.feed.newest is last)
        app.paint()
        await rig.shows("2:00:00")
        assert not app.feed.refusal


async def test_a_port_that_gives_thousands_of_snapshots_at_once_is_painted_at_its_last() -> None:
    async with running() as rig:
        snap = sample()
        for number in range(3_000):
            rig.port.give(msgspec.structs.replace(snap, elapsed_s=700.0 + number))
        await until(lambda: rig.app.feed.newest is not None and rig.app.feed.newest.elapsed_s == 3_699.0)
        await rig.shows("1:01:39")


def test_a_feed_knows_no_run_before_its_first_snapshot() -> None:
    assert Feed(lambda: 0.0).refusal == "not connected to the engine yet"
