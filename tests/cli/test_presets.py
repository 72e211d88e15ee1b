"""Bundled presets at a small size, to their end: every row of the results is what an independent count says."""

from __future__ import annotations

import re
import zlib

import pytest

from tests.cli.conftest import ROOT, Program

PRESETS = ROOT / "presets"


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
