"""The presets that qtui brings, run without a screen to their end at a small size."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Program

FOLDER = Path(__file__).parents[2] / "presets"
SMALL = ("--set", "source[0].stop=60", "--set", "source[1].stop=40", "--set", "job.simulate.latency=20ms")


@pytest.mark.parametrize("strategy", ["pool", "semaphore", "unbounded"])
@pytest.mark.parametrize("name", ["semaphore", "unbounded"])
def test_the_three_designs_do_the_same_work(qtui: Program, name: str, strategy: str) -> None:
    swift = ("--set", "retry.backoff.base=10ms", "--set", "job.timeout=1s")
    run = qtui.run("run", str(FOLDER / f"{name}.toml"), *SMALL, *swift, "--set", f"workers.strategy={strategy}")
    assert run.returncode == 1, "a few of the simulated jobs fail for good"
    assert "99 done · 1 failed" in run.stderr
    assert "of memory" in run.stderr


@pytest.mark.parametrize("variant", ["backoff.jitter=full", "backoff.jitter=none", "holds_slot=true"])
def test_retries_come_to_their_end_in_each_variant(qtui: Program, variant: str) -> None:
    small = ("--set", "source[0].stop=80", "--set", "source[0].rate=200/s", "--set", "job.simulate.latency=20ms")
    swift = ("--set", "retry.backoff.base=20ms", "--set", "job.simulate.bursts.every=500ms")
    brief = ("--set", "job.simulate.bursts.for=50ms", "--set", f"retry.{variant}")
    run = qtui.run("run", str(FOLDER / "retries.toml"), *small, *swift, *brief)
    assert run.returncode in (0, 1), run.stderr
    assert "Finished: " in run.stderr
    assert "retries" in run.stderr or "retry" in run.stderr


@pytest.mark.parametrize("order", ["submission", "completion"])
def test_order_writes_results_as_they_were_submitted(qtui: Program, tmp_path: Path, order: str) -> None:
    small = ("--set", "source[0].stop=120", "--set", "source[0].rate=400/s", "--set", "job.simulate.latency=5ms")
    swift = ("--set", "retry.backoff.base=20ms", "--set", f"results.order={order}")
    out = tmp_path / "out.jsonl"
    run = qtui.run("run", str(FOLDER / "order.toml"), *small, *swift, "--set", f"results.path={out}")
    assert run.returncode in (0, 1), run.stderr
    numbers = [int(json.loads(line)["name"].removeprefix("job ")) for line in out.read_text().splitlines()]
    assert len(numbers) > 100
    assert (numbers == sorted(numbers)) is (order == "submission")


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_presets_of_ours_are_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) < 50
