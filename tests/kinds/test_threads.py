"""Threads of our own for calls that may block."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from qtui.kinds.threads import Threads


async def test_results_and_failures_come_back() -> None:
    threads = Threads("test", 2)
    assert await threads.call(lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        await threads.call(lambda: 1 // 0)
    threads.close()


async def test_no_more_threads_than_allowed_and_no_more_than_needed() -> None:
    threads = Threads("counted", 3)
    for _ in range(5):
        await threads.call(lambda: None)
    assert len(_named("counted")) == 1
    gate = threading.Event()
    calls = [asyncio.create_task(threads.call(gate.wait), name=f"call {n}") for n in range(5)]
    await asyncio.sleep(0)
    assert len(_named("counted")) == 3
    gate.set()
    assert await asyncio.gather(*calls) == [True] * 5
    threads.close()
    for thread in _named("counted"):
        thread.join(5)
    assert not _named("counted")


async def test_a_call_can_be_given_up() -> None:
    threads = Threads("given up", 1)
    gate = threading.Event()
    call = asyncio.create_task(threads.call(gate.wait), name="call")
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    gate.set()
    assert await threads.call(lambda: "next") == "next"
    threads.close()


def test_a_call_that_never_returns_does_not_delay_the_end_of_the_process() -> None:
    program = (
        "import asyncio, threading\n"
        "from qtui.kinds.threads import Threads\n"
        "async def main():\n"
        "    call = asyncio.create_task(Threads('stuck', 1).call(threading.Event().wait))\n"
        "    await asyncio.sleep(0)\n"
        "asyncio.run(main())\n"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=5, check=False).returncode == 0


def _named(name: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith(name)]
