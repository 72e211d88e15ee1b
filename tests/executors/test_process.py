"""Real worker processes: they do what they are given, and whatever becomes of them the pool goes on."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from qtui.core.job import Done, Failed, Value
from qtui.errors import PresetError, QtuiError
from qtui.executors import process
from qtui.executors.frames import Recipe
from qtui.executors.process import ProcessExecutor
from tests.kinds.running import job
from tests.patience import PATIENCE_S
from tests.tui.rig import until
from tests.wiring.stage import ends, runs

ROOT = Path(__file__).parent.parent.parent
WORK = "tests.executors.work"


@pytest.fixture(autouse=True)
def found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def python(function: str, args: dict[str, Value] | None = None) -> Recipe:
    return Recipe("python", {"function": f"{WORK}:{function}", "args": args})


@asynccontextmanager
async def pool(
    work: str | Recipe,
    concurrency: int = 2,
    *,
    recycle: int = 0,
    told: Callable[[int, float | None, str], None] = lambda seq, share, text: None,
    mask: Callable[[str], str] = str,
) -> AsyncIterator[ProcessExecutor]:
    """An executor for a function of `WORK` or something else, that is closed and has left nothing in the end."""
    executor = ProcessExecutor(python(work) if isinstance(work, str) else work, recycle, told, mask)
    try:
        await executor.open(concurrency)
        yield executor
    finally:
        await executor.close()
        assert executor.processes == 0


async def opens(recipe: Recipe) -> None:
    async with pool(recipe, 1):
        pass


async def begun(executor: ProcessExecutor, mark: Path) -> tuple[asyncio.Future[Done | Failed], int]:
    """An attempt that is at work, and the number that it has written."""
    attempt = asyncio.ensure_future(executor.run(job(mark=str(mark))))
    return attempt, await written(mark)


async def cancelled(attempt: asyncio.Future[Done | Failed]) -> None:
    """It ends as one that was cancelled."""
    attempt.cancel()
    with pytest.raises(asyncio.CancelledError):
        await attempt


async def value(attempt: Awaitable[Done | Failed]) -> Value:
    outcome = await attempt
    assert isinstance(outcome, Done), outcome
    return outcome.value


async def failure(attempt: Awaitable[Done | Failed]) -> Failed:
    outcome = await attempt
    assert isinstance(outcome, Failed), outcome
    return outcome


async def written(path: Path) -> int:
    """The number that a worker writes into a file, once it has."""
    await until(lambda: path.exists() and bool(path.read_text()))
    return int(path.read_text())


async def test_jobs_are_done_one_after_another_by_a_process_that_is_kept() -> None:
    async with pool("pid") as executor:
        pids = {await value(executor.run(job(n=n))) for n in range(3)}

        assert len(pids) == 1
        assert pids != {os.getpid()}


async def test_as_many_workers_as_jobs_at_once_are_started_when_they_are_needed() -> None:
    async with pool("sleeps", 3) as executor:
        before = executor.processes
        pids = await asyncio.gather(*(value(executor.run(job(n, n=n))) for n in range(3)))

        assert (before, len(set(pids)), executor.processes) == (1, 3, 3)


async def test_fewer_workers_stay_after_the_concurrency_was_lowered_and_more_come_after_it_was_raised() -> None:
    async with pool("sleeps", 3) as executor:
        running = [asyncio.ensure_future(executor.run(job(n, n=n))) for n in range(3)]
        await until(lambda: executor.processes == 3)
        executor.resize(1)
        await asyncio.gather(*running)
        low = executor.processes
        executor.resize(2)
        await asyncio.gather(*(executor.run(job(n, n=n)) for n in range(2)))

        assert (low, executor.processes) == (1, 2)


async def test_a_worker_is_replaced_after_its_share_of_jobs() -> None:
    async with pool("pid", 1, recycle=2) as executor:
        pids = [await value(executor.run(job(n=n))) for n in range(6)]

        assert len(set(pids)) == 3
        assert pids[0] == pids[1] != pids[2]


async def test_simulated_jobs_run_in_workers_too() -> None:
    async with pool(Recipe("simulate", {"latency": 0.01, "seed": 3}), 1) as executor:
        outcome = await executor.run(job(5))

    assert isinstance(outcome, Done)
    assert isinstance(outcome.value, dict)
    assert outcome.value["n"] == 5


async def test_async_functions_run_in_workers_too() -> None:
    async with pool("waits") as executor:
        assert await value(executor.run(job(n=4))) == 4


async def test_names_that_are_no_utf8_survive_both_ways() -> None:
    async with pool("echo") as executor:
        assert await value(executor.run(job(text="caf\udce9 ü"))) == "caf\udce9 ü"


async def test_large_rows_and_results_pass() -> None:
    async with pool("echo") as executor:
        assert len(str(await value(executor.run(job(text="x" * 5_000_000))))) == 5_000_000


async def test_a_result_that_is_too_large_fails_its_job_only() -> None:
    async with pool("big") as executor:
        told = await failure(executor.run(job(n=70_000_000)))

        assert (told.code, told.permanent) == ("too-large", True)
        assert await value(executor.run(job(n=3))) == "xxx"


# -- the end of an attempt


async def test_cancelling_ends_a_busy_loop_and_lets_it_clean_up(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    async with pool("spin") as executor:
        attempt, pid = await begun(executor, mark)
        await cancelled(attempt)

        assert not runs(pid)
        assert (tmp_path / "mark.cleaned").exists()


async def test_cancelling_kills_what_does_not_listen_and_the_next_job_has_a_new_worker(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    async with pool("spin_for_ever", 1) as executor:
        for _ in range(2):
            attempt, pid = await begun(executor, mark)
            await cancelled(attempt)
            assert not runs(pid)
            mark.unlink()


async def test_cancelling_ends_what_the_job_has_started(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    async with pool("with_a_child") as executor:
        attempt, child = await begun(executor, mark)
        await cancelled(attempt)

    await asyncio.to_thread(ends, child)


async def test_closing_ends_what_is_at_work(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    async with pool("spin_for_ever") as executor:
        attempt, pid = await begun(executor, mark)

    assert not runs(pid)
    assert (await attempt).code == "killed"  # type: ignore[union-attr]


# -- workers that die


async def test_a_crash_is_told_with_its_signal_what_was_printed_and_where_it_was() -> None:
    async with pool("segfault") as executor:
        told = await failure(executor.run(job(n=1)))

        assert told.code == "killed"
        assert "SIGSEGV" in told.message
        assert "just before" in told.detail
        assert "in segfault" in told.detail
        assert executor.processes == 0


async def test_a_process_that_leaves_is_told_with_its_exit_code() -> None:
    async with pool("leave") as executor:
        told = await failure(executor.run(job(n=1)))

        assert (told.code, told.message) == ("killed", "its worker process ended itself with exit code 3")


async def test_a_killed_worker_fails_its_job_and_the_next_one_is_done(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    async with pool("spin") as executor:
        attempt, pid = await begun(executor, mark)
        os.kill(pid, 9)
        told = await failure(attempt)

        assert "SIGKILL" in told.message
        assert "memory" in told.message
        mark.unlink()
        attempt, pid = await begun(executor, mark)
        assert runs(pid)
        await cancelled(attempt)


async def test_a_worker_that_dies_idle_is_replaced() -> None:
    async with pool("pid", 1) as executor:
        pid = await value(executor.run(job(n=1)))
        assert isinstance(pid, int)
        os.kill(pid, 9)
        await until(lambda: not executor.processes)

        assert await value(executor.run(job(n=2))) not in (None, pid)


async def test_a_death_is_noticed_although_a_child_holds_everything_open() -> None:
    async with pool("forks") as executor, asyncio.timeout(PATIENCE_S):
        assert "exit code 9" in (await failure(executor.run(job(n=1)))).message


# -- what is printed


async def test_a_flood_is_read_and_its_end_is_kept() -> None:
    async with pool("floods") as executor:
        told = await failure(executor.run(job(n=1)))

        assert told.message == "after the flood at work.py:65 in floods"
        assert told.detail.startswith("Traceback")
        assert told.detail.endswith("the last line")
        assert len(told.detail) < 10_000


async def test_what_one_job_prints_is_not_told_of_another() -> None:
    async with pool("prints", 1) as executor:
        await executor.run(job(n=1))
        told = await failure(executor.run(job(n=2)))

        assert told.detail.endswith("it printed:\nline of 2")


async def test_what_a_job_prints_is_kept_with_its_end_and_can_be_read_before() -> None:
    async with pool("prints", mask=lambda text: text.replace("line", "•••")) as executor:
        assert await executor.run(job(n=1)) == Done(1, "1", detail="••• of 1")
        assert executor.said(1) == ""


async def test_secrets_in_what_is_printed_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "hush-hush")
    recipe = python("shows_secret", {"token": "{secret:env:TOKEN}"})
    async with pool(recipe, 1, mask=lambda text: text.replace("hush-hush", "•••")) as executor:
        told = await failure(executor.run(job()))

    assert told.detail == "it printed:\nthe token is •••"


async def test_progress_comes_through() -> None:
    heard: list[tuple[int, float | None, str]] = []
    async with pool("tells", told=lambda *what: heard.append(what)) as executor:
        await executor.run(job(8, n=1))

        assert heard == [(8, 0.25, "a quarter"), (8, 0.5, "")]


# -- the beginning


@pytest.mark.parametrize(
    ("function", "said"), [("doubel", "did you mean double?"), ("nothing.of.it", "has no nothing")]
)
async def test_what_cannot_begin_is_refused_with_its_reason(function: str, said: str) -> None:
    with pytest.raises(PresetError, match=r"job\.python\.function") as raised:
        await opens(python(function))

    assert said in str(raised.value)


async def test_a_module_that_leaves_while_it_is_imported_is_refused(tmp_path: Path) -> None:
    (tmp_path / "leaving.py").write_text("import os\nprint('cannot stay')\nos._exit(7)")
    with pytest.raises(QtuiError, match=r"exit code 7; the last that it printed: cannot stay"):
        await opens(Recipe("python", {"function": "leaving:f", "path": str(tmp_path)}))


async def test_a_module_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "START_S", 1.0)
    (tmp_path / "hanging.py").write_text("import time\ntime.sleep(600)")
    with pytest.raises(QtuiError, match=r"not ready after 1\.0s"):
        await opens(Recipe("python", {"function": "hanging:f", "path": str(tmp_path)}))
