"""Processes that do not want to end, do not stop talking, or leave others behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import time
from pathlib import Path

import pytest

from qtui.core.job import Done, Failed, LastWords
from tests.kinds.running import job, real
from tests.kinds.shell.running import ENVIRON, alive, script, shell
from tests.patience import until


async def test_a_command_that_ignores_term_is_killed_after_the_grace(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    async with shell(command=script(f"trap '' TERM; echo $$ > {pid}; while :; do sleep 0.05; done"), grace=0.3) as kind:
        task = asyncio.create_task(kind.run(job()))
        await until(lambda: pid.exists() and pid.read_text().strip() != "")
        begun = time.monotonic()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

        assert 0.25 < time.monotonic() - begun < 15
        assert not alive(int(pid.read_text()))


async def test_what_a_running_command_has_written_can_be_read() -> None:
    async with shell(command=script("echo begins; echo oops >&2; exec sleep 60")) as kind:
        task = asyncio.create_task(kind.run(job(3)))
        await until(lambda: kind.said(3) == "begins\noops")
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

        assert kind.said(3) == ""


async def test_a_flood_costs_no_memory_and_does_not_hold_up_the_loop() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    beats, began = 0, time.monotonic()

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.01)
            beats += 1

    async with shell(command=["head", "-c", "1G", "/dev/zero"]) as kind:
        beating = asyncio.create_task(beat())
        outcome = await kind.run(job())
        beating.cancel()

    assert isinstance(outcome, Done)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10_000  # kB
    assert (time.monotonic() - began) / beats < 0.1, "seconds from one turn of the loop to the next, on average"


async def test_output_that_is_no_text_is_shown_all_the_same() -> None:
    async with shell(command=["printf", r"a\377b\000c"]) as kind:
        outcome = await kind.run(job())

    assert isinstance(outcome, Done)
    assert isinstance(outcome.value, dict)
    assert outcome.value["stdout"] == "a\\xffb␀c"


async def test_a_grandchild_that_keeps_the_pipe_holds_up_nobody() -> None:
    async with shell(command=script("sleep 60 & echo $!")) as kind:
        begun = time.monotonic()
        outcome = await kind.run(job())

        assert time.monotonic() - begun < 30
        assert isinstance(outcome, Done)
        assert isinstance(outcome.value, dict)
        pid = int(str(outcome.value["stdout"]))
        await until(lambda: not alive(pid))


async def test_a_grandchild_in_a_session_of_its_own_is_swept() -> None:
    async with shell(command=script("setsid sleep 60 & echo $!; sleep 0.2")) as kind:
        outcome = await kind.run(job())
        assert isinstance(outcome, Done)
        assert isinstance(outcome.value, dict)
        pid = int(str(outcome.value["stdout"]))

        await until(lambda: not Path(f"/proc/{pid}").exists())


async def test_the_sweep_leaves_alone_what_still_runs() -> None:
    async with shell(command=script("(setsid sleep 0.7; echo late) & wait")) as kind:
        slow = asyncio.create_task(kind.run(job(1)))
        async with shell(command=["true"]) as other:
            await other.run(job(2))
        for seq in range(3, 6):
            await asyncio.sleep(0.1)
            assert isinstance(await kind.run(job(seq)), Done)

        outcome = await slow
        assert isinstance(outcome, Done)
        assert outcome.note == "late"


async def test_progress_moves_the_gauge_and_is_no_output() -> None:
    told: list[tuple[int, float | None, str]] = []
    context = real(environ=ENVIRON)
    context.progress.listener = lambda seq, share, text: told.append((seq, share, text))
    async with shell(context, command=script("echo a; echo '::qtui progress 5/100 of it'; echo b")) as kind:
        outcome = await kind.run(job(9))

    assert told[-1] == (9, 0.05, "of it")
    assert isinstance(outcome, Done)
    assert isinstance(outcome.value, dict)
    assert outcome.value["stdout"] == "a\nb"


async def test_the_whole_output_goes_to_a_file_up_to_its_limit(tmp_path: Path) -> None:
    context = real(str(tmp_path), environ=ENVIRON)
    async with shell(context, command=["seq", "100000"], output="logs/{n}.txt", max_output=1000) as kind:
        outcome = await kind.run(job(n="../x"))

    assert isinstance(outcome, Done)
    (file,) = (tmp_path / "logs").iterdir()
    assert file.read_bytes().startswith(b"1\n2\n")
    assert file.read_text().endswith("…truncated\n")
    assert len(file.read_bytes()) < 1_100


async def test_nothing_stays_open(tmp_path: Path) -> None:
    async with shell(command=script("exit 1")) as kind:
        await kind.run(job())
        before = len(os.listdir("/proc/self/fd"))
        for outcome in await asyncio.gather(*(kind.run(job(seq)) for seq in range(20))):
            assert isinstance(outcome, Failed)

        assert len(os.listdir("/proc/self/fd")) == before


async def test_no_descriptors_is_not_the_jobs_fault() -> None:
    async with shell(command=["true"]) as kind:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (1, hard))
        try:
            with pytest.raises(OSError, match="Too many open files"):
                await kind.run(job())
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("begin", ["", "::qtui progress 1/2 "])
async def test_a_line_that_never_ends_is_kept_as_its_end_alone(begin: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    flood = f"printf '{begin}'; head -c 50000000 /dev/zero | tr '\\0' x; printf END"
    async with shell(command=script(flood)) as kind:
        outcome = await kind.run(job())

    assert isinstance(outcome, Done)
    assert isinstance(outcome.value, dict)
    assert str(outcome.value["stdout"]).endswith("xEND")
    assert len(str(outcome.value["stdout"])) <= 4096
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10_000  # kB


async def test_a_command_that_was_ended_leaves_no_part_of_its_file(tmp_path: Path) -> None:
    context = real(str(tmp_path), environ=ENVIRON)
    async with shell(context, command=script("echo some; sleep 60"), output="logs/{n}.txt") as kind:
        running = asyncio.create_task(kind.run(job(n=1)))
        await until(lambda: any((tmp_path / "logs").iterdir()))
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    assert list((tmp_path / "logs").iterdir()) == []


async def test_a_command_that_is_ended_leaves_the_end_of_its_output_behind_and_no_secret(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    text = f"echo first; echo $T; echo '::qtui progress 1/2'; touch {begun}; sleep 60"
    environ = {"TOKEN": "s3cret-s3cret"}
    async with shell(environ=environ, command=script(text), env={"T": "{secret:env:TOKEN}"}) as kind:
        running = asyncio.create_task(kind.run(job()))
        await until(begun.exists)
        running.cancel()
        with pytest.raises(asyncio.CancelledError) as raised:
            await running

    assert raised.value.args == (LastWords("first\n•••"),)


async def test_the_file_of_an_output_has_no_secret_in_it_however_it_is_written(tmp_path: Path) -> None:
    halves = "printf 'a s3cret-'; sleep 0.1; printf 's3cret b'; echo $T >&2; echo"
    environ = {"TOKEN": "s3cret-s3cret"}
    keys = {"command": script(halves), "env": {"T": "{secret:env:TOKEN}"}, "output": "logs/{n}.txt"}
    context = real(str(tmp_path), environ={**ENVIRON, **environ})
    async with shell(context, **keys) as kind:
        outcome = await kind.run(job(n=1))

    assert isinstance(outcome, Done)
    assert sorted((tmp_path / "logs" / "1.txt").read_text().split()) == ["a", "b", "•••", "•••"]


async def test_what_looks_like_the_beginning_of_progress_is_no_less_kept_when_the_stream_ends_first() -> None:
    async with shell(command=script("printf ::qtui; exec >&-; sleep 0.1")) as kind:
        outcome = await kind.run(job())

    assert isinstance(outcome, Done)
    assert outcome.value["stdout"] == "::qtui"  # type: ignore[index,call-overload]


async def test_half_a_secret_at_the_beginning_of_a_tail_is_not_shown() -> None:
    text = "printf 'x%.0s' 1 2 3 4 5; printf $T; printf 'y%.0s' 1 2 3 4 5 6 7 8 9; exit 1"
    environ = {"TOKEN": "s3cret-s3cret"}
    async with shell(environ=environ, command=script(text), env={"T": "{secret:env:TOKEN}"}, tail=14) as kind:
        outcome = await kind.run(job())

    assert isinstance(outcome, Failed)
    assert "cret" not in outcome.detail


async def test_a_command_that_is_over_before_anybody_listens_is_read_to_its_end(tmp_path: Path) -> None:
    """All that a pipe holds, and nearly all of it progress."""
    said = tmp_path / "said"
    said.write_text("::qtui progress 1/2\n" * 3276 + "the result\n")  # 65,531 bytes, as much as a pipe takes
    async with shell(command=["cat", str(said)]) as kind:
        outcomes = [await kind.run(job(n)) for n in range(5)]

    assert [outcome.note for outcome in outcomes if isinstance(outcome, Done)] == ["the result"] * 5
