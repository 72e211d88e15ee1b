"""What the feed makes of an engine that is quiet, hangs, is lost, comes back, or is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar

import pytest

from qtui.core.commands import Pause, Reply
from qtui.core.snapshot import RunState
from qtui.core.stall import Stall
from qtui.errors import LinkError, UsageError
from qtui.tui import feed as feed_module
from qtui.tui.feed import Feed
from tests.tui.fake_port import FakePort
from tests.tui.rig import until
from tests.tui.samples import sample


class Watch:
    """A feed on a run, with a clock that a test turns, and the engines that are found when the first is lost."""

    def __init__(self) -> None:
        self.now = 100.0
        self.port = FakePort(sample())
        self.found: list[FakePort | Exception] = []
        self.asked: list[str] = []
        self.stall: Stall | None = None
        self.feed = Feed(lambda: self.now, again=self._again, stalled=lambda run_id: self.stall)

    async def _again(self, run_id: str) -> FakePort:
        self.asked.append(run_id)
        found = self.found.pop(0) if len(self.found) > 1 else self.found[0]
        if isinstance(found, Exception):
            raise found
        return found

    def passes(self, span: float) -> None:
        """Time passes while this face runs and hears nothing."""
        self.port.hangs = True
        for _ in range(round(span / 0.25)):
            self.now += 0.25
            self.feed.beat()


@pytest.fixture
async def watch(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watch]:
    monkeypatch.setattr(feed_module, "AGAIN_S", 0.01)
    async with follow(Watch()) as watch:
        yield watch


@asynccontextmanager
async def follow(watch: Watch) -> AsyncIterator[Watch]:
    following = asyncio.ensure_future(watch.feed.follow(watch.port, lambda: None))
    await until(lambda: watch.feed.newest is not None)
    yield watch
    following.cancel()
    await asyncio.wait([following])


async def test_silence_of_two_seconds_is_trouble_and_refuses_changes(watch: Watch) -> None:
    watch.port.hangs = True
    watch.passes(1.75)
    calm = (watch.feed.stale, watch.feed.trouble, watch.feed.refusal)
    watch.passes(6.25)

    assert calm == (False, "", "")
    assert watch.feed.trouble == "data 8 s old"
    assert await watch.feed.send(Pause()) == Reply(False, "the engine has not answered for 8 s, nothing can be changed")
    assert watch.port.requests == []


async def test_what_blocks_a_silent_engine_is_looked_for_after_a_second_and_forgotten_when_it_goes_on(
    watch: Watch,
) -> None:
    watch.stall = Stall(1.2, "work.py:12 in primes()")
    watch.passes(0.75)
    await asyncio.sleep(0.05)
    early = watch.feed.stall
    watch.passes(0.5)
    await until(lambda: watch.feed.stall is not None)
    found = watch.feed.stall
    watch.port.give(snap := sample(elapsed_s=700.0))
    await until(lambda: watch.feed.newest is snap)

    assert (early, found) == (None, watch.stall)
    assert watch.feed.stall is None


async def test_an_engine_blocked_before_its_first_picture_is_asked_about_without_a_run() -> None:
    watch = Watch()
    watch.port = FakePort()
    asked: list[str] = []

    def stalled(run_id: str) -> Stall:
        asked.append(run_id)
        return Stall(1.0, "work.py:12 in primes()")

    watch.feed = Feed(lambda: watch.now, stalled=stalled)
    following = asyncio.ensure_future(watch.feed.follow(watch.port, lambda: None))
    await until(lambda: watch.feed.port is not None)
    watch.passes(1)
    await until(lambda: watch.feed.stall is not None)
    following.cancel()
    await asyncio.wait([following])

    assert asked[0] == ""


async def test_a_stall_that_cannot_be_read_leaves_the_engine_silent(watch: Watch) -> None:
    asked = []

    def broken(run_id: str) -> Stall | None:
        asked.append(run_id)
        raise PermissionError

    watch.feed._stalled = broken
    watch.passes(3)
    await until(lambda: bool(asked))

    assert (watch.feed.stall, watch.feed.trouble) == (None, "data 3 s old")


async def test_an_engine_that_goes_on_ends_the_trouble(watch: Watch) -> None:
    watch.passes(8)
    snap = sample(elapsed_s=700.0)
    watch.port.give(snap)
    await until(lambda: watch.feed.newest is snap)

    assert (watch.feed.trouble, watch.feed.refusal) == ("", "")
    assert (await watch.feed.send(Pause())).ok


async def test_a_standstill_of_this_face_is_not_the_engines(watch: Watch) -> None:
    watch.now += 3600
    watch.feed.beat()

    assert not watch.feed.stale


async def test_an_answer_that_does_not_come_is_given_up(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "ANSWER_S", 0.01)

    class Deaf(FakePort):
        async def send(self, request: object) -> Reply:
            await asyncio.Event().wait()
            raise AssertionError

    watch.feed._port = Deaf()

    assert await watch.feed.send(Pause()) == Reply(False, "the engine has not answered for 0 s; it may still do it")


async def test_a_lost_engine_is_looked_for_by_the_id_of_its_run_until_it_answers(watch: Watch) -> None:
    back = FakePort(resumed := sample(elapsed_s=700.0))
    watch.found = [LinkError("no"), LinkError("no"), back]
    watch.port.end()
    await until(lambda: watch.feed.newest is resumed)

    assert watch.asked == [sample().run_id] * 3
    assert (watch.feed.lost, watch.feed.gone, watch.feed.trouble) == (False, False, "")
    assert watch.port.closed
    await watch.feed.send(Pause())
    assert back.commands == [Pause()]


async def test_a_lost_engine_leaves_its_last_picture_with_its_age(watch: Watch) -> None:
    watch.found = [LinkError("no")]
    watch.port.end()
    await until(lambda: watch.feed.lost)
    watch.passes(8)

    assert watch.feed.newest is not None
    assert watch.feed.trouble == "engine lost, data 8 s old"
    assert watch.feed.refusal == "the engine is lost, nothing can be changed"
    assert not watch.feed.gone


async def test_an_engine_that_nobody_runs_any_more_is_gone_until_the_run_is_resumed(watch: Watch) -> None:
    watch.found = [UsageError("not live but crashed")]
    watch.port.end()
    await until(lambda: watch.feed.gone)
    watch.found = [FakePort(again := sample(elapsed_s=1.0))]
    await until(lambda: watch.feed.newest is again)

    assert not watch.feed.gone
    assert not watch.feed.stale


async def test_a_run_that_is_over_is_not_looked_for(watch: Watch) -> None:
    watch.port.give(end := sample(state=RunState.FINISHED))
    await until(lambda: watch.feed.newest is end)
    watch.port.end()
    watch.passes(60)

    assert watch.asked == []
    assert (watch.feed.over, watch.feed.trouble) == (True, "")


async def test_an_engine_lost_before_its_run_began_is_not_taken_for_another(watch: Watch) -> None:
    watch.port.give(start := sample(run_id="", state=RunState.STARTING))
    await until(lambda: watch.feed.newest is start)
    watch.port.end()
    await until(lambda: watch.feed.gone)

    assert watch.asked == []


async def test_a_feed_that_watches_says_so_instead_of_asking() -> None:
    watch = Watch()
    watch.feed = Feed(lambda: watch.now, watch=True)
    async with follow(watch):
        reply = await watch.feed.send(Pause())

    assert reply == Reply(False, "this screen only watches; `qtui attach` without --watch steers")
    assert watch.port.requests == []


async def test_nothing_is_asked_of_an_engine_that_has_not_shown_anything_yet() -> None:
    class Paced(FakePort):
        asked: ClassVar[list[float]] = []

        def pace(self, hz: float) -> None:
            self.asked.append(hz)

    port = Paced()
    feed = Feed(lambda: 0.0)
    following = asyncio.create_task(feed.follow(port, lambda: None))
    await asyncio.sleep(0)
    feed.pace(4.0)
    assert port.asked == []
    port.give(sample())
    while feed.newest is None:  # noqa: ASYNC110 the feed tells the screen, and nobody else
        await asyncio.sleep(0)
    feed.pace(4.0)
    assert port.asked == [4.0]
    port.end()
    await following
