"""Output whose reader stands still, goes away, or cannot be written to."""

from __future__ import annotations

import errno
import os
import queue
import threading

import pytest

from qtui.plain.outlet import Outlet

Ended = queue.Queue[OSError | None]


def read_all(fd: int) -> bytes:
    with os.fdopen(fd, "rb") as file:
        return file.read()


def test_everything_is_written_in_order() -> None:
    reading, writing = os.pipe()
    ended: Ended = queue.Queue()
    outlet = Outlet(writing, ended.put)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(read_all(reading)))
    reader.start()
    chunks = [b"%d\n" % number * 1000 for number in range(200)]
    for chunk in chunks:
        assert outlet.put(chunk)
    outlet.finish()

    assert ended.get(timeout=10) is None
    os.close(writing)
    reader.join(10)
    assert got == [b"".join(chunks)]


def test_a_reader_who_stands_still_holds_nobody_up_and_memory_is_bounded() -> None:
    reading, writing = os.pipe()
    ended: Ended = queue.Queue()
    outlet = Outlet(writing, ended.put, limit=1_000_000)
    taken = [outlet.put(b"x" * 100_000) for _ in range(100)]

    assert taken[0]
    assert not taken[-1]
    assert sum(taken) <= 12
    assert outlet.put(b"the last word", last=True)
    outlet.finish()
    os.set_blocking(reading, True)
    got = b""
    while not got.endswith(b"the last word"):
        got += os.read(reading, 1 << 20)
    assert ended.get(timeout=10) is None
    os.close(reading)
    os.close(writing)


def test_a_reader_who_goes_away_is_told_of_and_nothing_more_is_taken() -> None:
    reading, writing = os.pipe()
    ended: Ended = queue.Queue()
    outlet = Outlet(writing, ended.put)
    os.close(reading)
    outlet.put(b"x")

    assert isinstance(ended.get(timeout=10), BrokenPipeError)
    assert not outlet.put(b"y")
    os.close(writing)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no full device")
def test_a_full_disk_is_told_of() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    ended: Ended = queue.Queue()
    Outlet(full, ended.put).put(b"x")
    error = ended.get(timeout=10)
    os.close(full)

    assert error is not None
    assert error.errno == errno.ENOSPC


def test_an_end_without_output_is_an_end() -> None:
    ended: Ended = queue.Queue()
    Outlet(1, ended.put).finish()

    assert ended.get(timeout=10) is None
