"""Bundled presets at a small size, to their end: every row of the results is what an independent count says."""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Program

PRESETS = ROOT / "presets"
SMALL = ("--set", "source[0].stop=60", "--set", "source[1].stop=40", "--set", "job.simulate.latency=20ms")


def primes_below(limit: int) -> list[int]:
    """By the sieve: another way than the preset's."""
    prime = [False, False, *[True] * (limit - 2)]
    for n in range(2, int(limit**0.5) + 1):
        if prime[n]:
            prime[n * n :: n] = [False] * len(prime[n * n :: n])
    return [n for n, yes in enumerate(prime) if yes]


def test_batch_runs_its_command_once_for_every_file_whatever_its_name(qtui: Program) -> None:
    folder = qtui.folder / "files"
    folder.mkdir()
    contents = {f"{n}.txt": f"{n} lines\n".encode() * n for n in range(1, 20)}
    contents |= {"$(touch canary).txt": b"a\n" * 5000, "-rf .txt": b"b\n" * 700, "two\nlines.txt": b"c\n"}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    done = qtui.run("run", str(PRESETS / "batch.toml"), "--set", f"source[0].pattern={folder}/*.txt")

    assert done.returncode == 0, done.stderr
    rows = {str(row["key"]).rpartition("/")[2]: row for row in qtui.results()}
    assert rows.keys() == contents.keys()
    for name, content in contents.items():
        told = re.fullmatch(r"(\d+) of (\d+) bytes", str(rows[name]["stdout"]))
        assert told is not None
        assert int(told[2]) == len(content)
        assert abs(int(told[1]) - 18 - len(zlib.compress(content, 9, -15))) < 12  # 18 of head and end
    assert not list(qtui.folder.rglob("canary"))


def test_batch_finds_files_where_it_is_installed(qtui: Program) -> None:
    checked = qtui.run("check", "batch")

    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("executor", ["auto", "local"])
def test_cpu_counts_the_primes_wherever_it_runs(qtui: Program, executor: str) -> None:
    sizes = ("source[0].start=1", "source[0].stop=40", f"workers.executor={executor}")
    changes = [word for change in sizes for word in ("--set", change)]
    done = qtui.run("run", str(PRESETS / "cpu.toml"), *changes)

    assert done.returncode == 0, done.stderr
    primes = primes_below(40_000)
    found = {row["below"]: (row["primes"], row["largest"]) for row in qtui.results()}
    expected = {n * 1000: [p for p in primes if p < n * 1000] for n in range(1, 41)}
    assert found == {below: (len(some), some[-1]) for below, some in expected.items()}


@pytest.mark.parametrize("strategy", ["pool", "semaphore", "unbounded"])
@pytest.mark.parametrize("name", ["semaphore", "unbounded"])
def test_the_three_designs_do_the_same_work(qtui: Program, name: str, strategy: str) -> None:
    swift = ("--set", "retry.backoff.base=10ms", "--set", "job.timeout=1s")
    run = qtui.run("run", str(PRESETS / f"{name}.toml"), *SMALL, *swift, "--set", f"workers.strategy={strategy}")
    assert run.returncode == 1, "a few of the simulated jobs fail for good"
    assert "99 done · 1 failed" in run.stderr
    assert "of memory" in run.stderr


@pytest.mark.parametrize("variant", ["backoff.jitter=full", "backoff.jitter=none", "holds_slot=true"])
def test_retries_come_to_their_end_in_each_variant(qtui: Program, variant: str) -> None:
    small = ("--set", "source[0].stop=80", "--set", "source[0].rate=200/s", "--set", "job.simulate.latency=20ms")
    swift = ("--set", "retry.backoff.base=20ms", "--set", "job.simulate.bursts.every=500ms")
    brief = ("--set", "job.simulate.bursts.for=50ms", "--set", f"retry.{variant}")
    run = qtui.run("run", str(PRESETS / "retries.toml"), *small, *swift, *brief)
    assert run.returncode in (0, 1), run.stderr
    assert "Finished: " in run.stderr
    assert "retries" in run.stderr or "retry" in run.stderr


@pytest.mark.parametrize("order", ["submission", "completion"])
def test_order_writes_results_as_they_were_submitted(qtui: Program, tmp_path: Path, order: str) -> None:
    small = ("--set", "source[0].stop=120", "--set", "source[0].rate=400/s", "--set", "job.simulate.latency=5ms")
    swift = ("--set", "retry.backoff.base=20ms", "--set", f"results.order={order}")
    out = tmp_path / "out.jsonl"
    run = qtui.run("run", str(PRESETS / "order.toml"), *small, *swift, "--set", f"results.path={out}")
    assert run.returncode in (0, 1), run.stderr
    numbers = [int(json.loads(line)["name"].removeprefix("page ")) for line in out.read_text().splitlines()]
    assert len(numbers) > 100
    assert (numbers == sorted(numbers)) is (order == "submission")


@pytest.mark.parametrize("path", sorted(PRESETS.glob("*.toml")), ids=lambda path: path.stem)
def test_presets_of_ours_are_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) < 40
