"""Dialling the workers: presses are gathered, the target is shown until it is in force."""

from __future__ import annotations

import asyncio

from qtui.tui.dial import GRACE, Dial


class Engine:
    """Takes numbers, one at a time, when it is let."""

    def __init__(self, answer: bool = True) -> None:
        self.taken: list[int] = []
        self.answer = answer
        self.ready = asyncio.Event()

    async def take(self, value: int) -> bool:
        await self.ready.wait()
        self.taken.append(value)
        return self.answer


async def test_presses_during_a_send_become_one() -> None:
    engine = Engine()
    dial = Dial(engine.take)
    assert dial.turn(lambda n: n + 1, 12)
    sending = asyncio.create_task(dial.run(), name="dial")
    await asyncio.sleep(0)
    for _ in range(18):
        assert not dial.turn(lambda n: n + 1, 12)
    assert dial.target == 31
    engine.ready.set()
    await sending
    assert engine.taken == [13, 31]


async def test_the_target_stays_until_a_snapshot_shows_it() -> None:
    engine = Engine()
    engine.ready.set()
    dial = Dial(engine.take)
    dial.turn(lambda n: n + 1, 12)
    await dial.run()
    dial.settle(12)
    assert dial.target == 13
    dial.settle(13)
    assert dial.target is None


async def test_a_target_that_never_comes_true_is_dropped() -> None:
    engine = Engine()
    engine.ready.set()
    dial = Dial(engine.take)
    dial.turn(lambda n: n + 1, 12)
    await dial.run()
    for _ in range(GRACE + 1):
        dial.settle(12)
    assert dial.target is None


async def test_a_refusal_drops_the_target() -> None:
    engine = Engine(answer=False)
    engine.ready.set()
    dial = Dial(engine.take)
    dial.turn(lambda n: n + 1, 12)
    await dial.run()
    assert dial.target is None


def test_the_target_stays_within_its_bounds() -> None:
    dial = Dial(Engine().take)
    dial.turn(lambda n: n * 1000, 12)
    assert dial.target == 4096
    dial.turn(lambda n: n - 9999, 12)
    assert dial.target == 0


async def test_snapshots_of_the_past_do_not_drop_a_target_that_is_not_sent_yet() -> None:
    engine = Engine()
    engine.ready.set()
    dial = Dial(engine.take)
    for _ in range(GRACE + 1):
        dial.settle(12)
    dial.turn(lambda n: n + 1, 12)
    dial.settle(12)
    await dial.run()
    assert engine.taken == [13]
