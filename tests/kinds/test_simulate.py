"""Simulated jobs: deterministic, quick on a virtual clock, and failing the way real ones do."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections import Counter
from itertools import pairwise
from statistics import median

import msgspec
import pytest

from qtui.core.job import Done, Failed
from qtui.core.seams import Kind
from qtui.kinds import KINDS
from qtui.kinds.simulate import Bursts, SimulateKind, SimulateTable
from tests.kinds.running import FakeTime, job, virtual


async def outcomes(table: SimulateTable, count: int, attempt: int = 1, seed: int = 7) -> list[Done | Failed]:
    kind: Kind = SimulateKind(table, virtual(FakeTime(), seed))
    await kind.open(1)
    return [await kind.run(job(seq, attempt)) for seq in range(1, count + 1)]


async def latencies(table: SimulateTable, count: int) -> list[float]:
    fake = FakeTime()
    kind = SimulateKind(table, virtual(fake))
    taken = []
    for seq in range(1, count + 1):
        before = fake.now
        await kind.run(job(seq))
        taken.append(fake.now - before)
    return taken


async def test_the_same_seed_gives_the_same_outcomes() -> None:
    table = SimulateTable(fail=0.3)
    assert await outcomes(table, 200) == await outcomes(table, 200)
    assert await outcomes(table, 200) != await outcomes(table, 200, seed=8)
    assert await outcomes(SimulateTable(fail=0.3, seed=8), 200) == await outcomes(table, 200, seed=8)


async def test_the_order_of_running_changes_nothing() -> None:
    kind = SimulateKind(SimulateTable(fail=0.5), virtual(FakeTime()))
    forwards = {seq: await kind.run(job(seq)) for seq in range(1, 50)}
    assert {seq: await kind.run(job(seq)) for seq in range(49, 0, -1)} == forwards


async def test_without_options_nothing_fails() -> None:
    assert all(isinstance(outcome, Done) for outcome in await outcomes(SimulateTable(), 300))


async def test_a_constant_latency_is_constant() -> None:
    assert set(await latencies(SimulateTable(latency=2.0, distribution="constant"), 5)) == {2.0}


async def test_a_uniform_latency_stays_within_its_spread() -> None:
    taken = await latencies(SimulateTable(latency=2.0, distribution="uniform", spread=0.25), 300)
    assert 1.5 <= min(taken) < 1.6
    assert 2.4 < max(taken) <= 2.5


async def test_a_lognormal_latency_has_its_median_and_a_long_tail() -> None:
    taken = await latencies(SimulateTable(latency=2.0, sigma=1.0), 1_000)
    assert 1.8 < median(taken) < 2.2
    assert 12 < max(taken) <= 40


async def test_no_latency_never_sleeps() -> None:
    assert set(await latencies(SimulateTable(latency=0.0), 5)) == {0.0}


async def test_the_wanted_share_fails_and_some_of_it_for_ever() -> None:
    table = SimulateTable(fail=0.2, retryable=0.75, codes=["http:503", "timeout"], final_codes=["http:404"])
    failed = []
    for attempt in (1, 2, 3):
        found = await outcomes(table, 2_000, attempt)
        failed.append(Counter(outcome.code for outcome in found if isinstance(outcome, Failed)))
    assert 350 < failed[0].total() < 450
    assert set(failed[0]) == {"http:503", "timeout", "http:404"}
    assert 0.15 < failed[1].total() / failed[0].total() - 0.25 < 0.25
    assert failed[2] == {"http:404": failed[0]["http:404"]}


async def test_failures_say_what_real_ones_would() -> None:
    found = await outcomes(SimulateTable(fail=1.0, latency=0.1, distribution="constant"), 100)
    said = {(outcome.code, outcome.message) for outcome in found if isinstance(outcome, Failed)}
    assert said == {
        ("http:503", "Service Unavailable"),
        ("http:404", "Not Found"),
        ("timeout", "no answer within 0.10s"),
        ("connection", "connection reset by the other side"),
    }


@pytest.mark.parametrize("code", ["exit:2", "exception:KeyError", "http:799", "simulate:odd"])
async def test_any_error_class_can_be_asked_for(code: str) -> None:
    found = await outcomes(SimulateTable(fail=1.0, retryable=1.0, codes=[code]), 1)
    assert [outcome.code for outcome in found if isinstance(outcome, Failed)] == [code]


async def test_failures_come_in_bursts_over_time() -> None:
    fake = FakeTime()
    bursts = Bursts(every=20.0, lasting=5.0, share=1.0)
    kind = SimulateKind(SimulateTable(latency=1.0, distribution="constant", bursts=bursts), virtual(fake))
    await kind.open(1)
    failed = [isinstance(await kind.run(job(seq)), Failed) for seq in range(400)]
    edges = sum(1 for before, after in pairwise(failed) if after and not before)
    assert 90 <= sum(failed) <= 110
    assert 15 <= edges <= 20


async def test_a_done_job_has_a_small_value_and_a_short_note() -> None:
    outcome = (await outcomes(SimulateTable(latency=0.25, distribution="constant"), 1))[0]
    assert outcome == Done({"n": 1, "attempt": 1, "took_s": 0.25}, "0.25s")


def test_the_preset_calls_the_length_of_a_burst_for() -> None:
    table = msgspec.convert({"bursts": {"every": 30.0, "for": 2.0}, "fail": 0.1}, SimulateTable)
    assert table.bursts == Bursts(every=30.0, lasting=2.0)


def test_the_registry_makes_it() -> None:
    entry = KINDS["simulate"]
    assert entry.table() is SimulateTable
    assert isinstance(entry.make(SimulateTable(), virtual(FakeTime())), SimulateKind)


def test_importing_the_registry_and_the_tables_loads_no_client() -> None:
    program = (
        "import sys, qtui.kinds\n"
        "for entry in qtui.kinds.KINDS.values(): entry.table()\n"
        "print([name for name in ('aiohttp', 'asyncio', 'yarl') if name in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "[]\n"


async def test_every_so_many_th_job_blocks_the_loop() -> None:
    kind = SimulateKind(SimulateTable(latency=0.0, block=0.2, block_every=2), virtual(FakeTime()))
    turns: list[int] = []
    asyncio.get_running_loop().call_soon(turns.append, 1)
    begun = time.monotonic()
    await kind.run(job(1))
    free = time.monotonic() - begun
    await kind.run(job(2))

    assert free < 0.2 <= time.monotonic() - begun
    assert turns == [], "the loop had a turn while the job blocked"
