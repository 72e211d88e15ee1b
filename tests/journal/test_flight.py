"""The flight recorder: it names what was in the air when the engine died, and is never in the way."""

from __future__ import annotations

import errno
import os
import random
from pathlib import Path

import pytest

from qtui.core.job import Job
from qtui.core.past import mark
from qtui.journal.flight import CHUNK, FILE, Flight, InFlight, read
from tests.journal.story import job


def seqs(folder: Path) -> list[int]:
    return [flying.seq for flying in read(folder)]


def test_it_names_what_is_in_the_air(tmp_path: Path) -> None:
    flight = Flight(tmp_path)
    flight.begin(job(7, name="GET /a"))

    assert read(tmp_path) == [InFlight(7, mark("key-7"), "GET /a")]
    flight.close(orderly=False)


def test_an_end_counts_when_it_is_durable_and_not_before(tmp_path: Path) -> None:
    flight = Flight(tmp_path)
    for seq in (1, 2):
        flight.begin(job(seq))
        flight.end(seq, position=seq)
    before = seqs(tmp_path)
    flight.saved(1)

    assert (before, seqs(tmp_path)) == ([1, 2], [2])
    flight.close(orderly=False)


def test_after_an_orderly_end_nothing_is_in_the_air(tmp_path: Path) -> None:
    flight = Flight(tmp_path)
    flight.begin(job(1))
    flight.close(orderly=True)

    assert not (tmp_path / FILE).exists()
    assert read(tmp_path) == []


def test_without_an_orderly_end_it_stays(tmp_path: Path) -> None:
    flight = Flight(tmp_path)
    flight.begin(job(1))
    flight.close(orderly=False)

    assert seqs(tmp_path) == [1]


def test_the_next_life_begins_with_an_empty_one(tmp_path: Path) -> None:
    first = Flight(tmp_path)
    first.begin(job(1))
    first.close(orderly=False)
    Flight(tmp_path).close(orderly=False)

    assert read(tmp_path) == []


def test_it_grows_and_keeps_what_it_has(tmp_path: Path) -> None:
    flight = Flight(tmp_path)
    for seq in range(1, 3 * CHUNK):
        flight.begin(job(seq))

    assert seqs(tmp_path) == list(range(1, 3 * CHUNK))
    flight.close(orderly=False)


def test_places_are_used_again(tmp_path: Path) -> None:
    flight = Flight(tmp_path)
    for seq in range(1, 20 * CHUNK):
        flight.begin(job(seq))
        flight.end(seq, seq)
        flight.saved(seq)

    assert (tmp_path / FILE).stat().st_size == CHUNK * 128
    flight.close(orderly=False)


def test_it_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    Flight(tmp_path).close(orderly=False)

    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("size", [0, 1, 127, 129, 300])
def test_a_torn_file_tells_what_is_whole(tmp_path: Path, size: int) -> None:
    flight = Flight(tmp_path)
    for seq in (1, 2, 3):
        flight.begin(job(seq))
    flight.close(orderly=False)
    os.truncate(tmp_path / FILE, size)

    assert len(read(tmp_path)) <= size // 128


def test_noise_is_read_without_harm(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(random.Random(1).randbytes(128 * 50))

    assert not [flying for flying in read(tmp_path) if "\x1b" in flying.name]


def test_hostile_names_are_cut_and_cleaned(tmp_path: Path) -> None:
    flight = Flight(tmp_path)
    flight.begin(Job(1, "\ud800", "\x1b[2J\ud800" + "ä" * 500, {}))
    (flying,) = read(tmp_path)

    assert "\x1b" not in flying.name
    assert len(flying.name) <= 120
    flight.close(orderly=False)


def test_on_a_full_disk_it_records_nothing_and_harms_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int, offset: int, size: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    flight = Flight(tmp_path)
    flight.begin(job(1))
    flight.end(1, 1)
    flight.saved(1)
    flight.close(orderly=True)

    assert read(tmp_path) == []


def test_a_folder_that_takes_no_file_harms_nobody(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    flight = Flight(tmp_path)
    flight.begin(job(1))
    flight.end(1, 1)
    flight.saved(1)
    flight.close(orderly=False)

    assert read(tmp_path) == []
