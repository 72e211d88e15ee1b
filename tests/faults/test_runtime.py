"""Faults of the machine under a run: it stops, its clock jumps, it lacks descriptors, names, or a reader.

None of them is a job's fault: no job fails and no try is spent.
"""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import time
from contextlib import closing

import pytest

from qtui.link.protocol import VERSION, Hello, encode
from tests.faults.running import Running
from tests.faults.service import Service
from tests.wiring.stage import Stage

PRESET = """
[preset]
name = "faults"
[[source]]
kind = "range"
stop = {jobs}
line = "k{{n}}"
[queue]
capacity = {concurrency}
[workers]
concurrency = {concurrency}
[job]
kind = "http"
name = "{{line}}"
timeout = "{timeout}"
[job.http]
method = "POST"
url = "{url}"
[retry]
attempts = 1
"""


def preset(stage: Stage, url: str, *, jobs: int = 50, concurrency: int = 50, timeout: str = "30s") -> str:
    return stage.write("faults.toml", PRESET.format(url=url, jobs=jobs, concurrency=concurrency, timeout=timeout))


def journal(stage: Stage) -> sqlite3.Connection:
    (path,) = stage.state.glob("*/journal.db")
    return sqlite3.connect(path)


# -- the process is stopped


@pytest.mark.parametrize("stop_s", [1.8, 3.0])
def test_a_stopped_engine_blames_no_job_although_every_timeout_is_over(stage: Stage, stop_s: float) -> None:
    with Service(stage.folder) as service:
        slow = preset(stage, f"{service.base}/job/{{line}}?wait=0.8", timeout="1.8s")
        with Running(stage, slow) as run:
            engine = run.started()
            stage.picture(lambda snap: snap.counts.running == 50)
            os.kill(engine, signal.SIGSTOP)
            time.sleep(stop_s)  # the fault itself
            os.kill(engine, signal.SIGCONT)
            assert run.end() == 0, run.told
        assert max(service.times().values()) == 1, "a job ran again"
    notices = [str(event["text"]) for event in run.of("notice")]
    assert stop_s < 2.5 or any("qtui did not run" in text for text in notices), notices


# -- the machine lacks something


def test_sixty_four_descriptors_serve_three_hundred_connections(stage: Stage) -> None:
    with Service(stage.folder) as service:
        many = preset(stage, f"{service.base}/job/{{line}}?wait=0.2", jobs=300, concurrency=300)
        with Running(stage, many, descriptors=64) as run:
            assert run.end() == 0, run.told
        assert set(service.times().values()) == {1}
    with closing(journal(stage)) as db:
        assert db.execute("SELECT state, max(tries), count(*) FROM job GROUP BY state").fetchall() == [("done", 1, 300)]
        why = db.execute("SELECT DISTINCT message FROM attempt WHERE outcome = 'interrupted'").fetchall()
    assert why == [("this machine has no file descriptors left",)], why


PATCHES = """
import os, socket, time
really, names = time.time, socket.getaddrinfo
def now():
    try:
        return really() + float(open(os.environ["CLOCK_OFFSET"]).read() or 0)
    except (KeyError, OSError):
        return really()
def look_up(host, *args, **more):
    if "stuck" in str(host):
        time.sleep(60)
    return names(host, *args, **more)
time.time, socket.getaddrinfo = now, look_up
"""
"""What the interpreter loads first in the processes under test: the machine's clock and its name server."""


def patched(stage: Stage) -> dict[str, str]:
    place = stage.folder / "patches"
    place.mkdir()
    (place / "sitecustomize.py").write_text(PATCHES)
    (stage.folder / "offset").write_text("0")
    return {"PYTHONPATH": f"{place}:{stage.env['PYTHONPATH']}", "CLOCK_OFFSET": str(stage.folder / "offset")}


def test_a_name_server_that_hangs_holds_up_only_the_jobs_that_ask_it(stage: Stage) -> None:
    with Service(stage.folder) as service:
        port = service.base.rpartition(":")[2]
        hosts = [f"stuck{n}.example" for n in range(8)] + ["localhost"] * 200
        (stage.folder / "hosts.txt").write_text("".join(f"{host}:{port}/job/{n}\n" for n, host in enumerate(hosts)))
        words = ("--input", "hosts.txt", "--stop-timeout", "0")
        with Running(stage, preset(stage, "http://{line}", concurrency=16), *words, **patched(stage)) as run:
            run.started()
            stage.picture(lambda snap: snap.counts.done == 200, timeout=8)
            asked = time.monotonic()
            run.face.send_signal(signal.SIGTERM)
            assert run.end(10) == 143, run.told
            assert time.monotonic() - asked < 3, "stopping waited for the name server"
        assert len(service.served()) == 200


# -- the clock jumps


@pytest.mark.parametrize("days", [1, -1])
def test_a_clock_that_jumps_changes_no_duration(stage: Stage, days: int) -> None:
    with Service(stage.folder) as service:
        slow = preset(stage, f"{service.base}/job/{{line}}?wait=0.1", jobs=200, concurrency=8)
        with Running(stage, slow, **patched(stage)) as run:
            run.started()
            before = stage.picture(lambda snap: snap.counts.done > 40)
            (stage.folder / "offset").write_text(str(days * 86_400))
            after = stage.picture(lambda snap: snap.counts.done > 120)
            assert before.elapsed_s < after.elapsed_s < 30
            assert 10 < after.rates.done_run < 100, "what is left would be estimated wrongly"
            assert run.end() == 0, run.told
    with closing(journal(stage)) as db:
        shortest, longest = db.execute("SELECT min(t1 - t0), max(t1 - t0) FROM attempt").fetchone()
        assert db.execute("SELECT max(ended_at - accepted_at) FROM job").fetchone()[0] < 30
    assert 0.05 < shortest <= longest < 10


@pytest.mark.parametrize("days", [1, -1])
def test_a_back_off_that_was_cut_off_is_not_prolonged_by_a_clock_that_jumped(stage: Stage, days: int) -> None:
    with Service(stage.folder) as service:
        failing = preset(stage, f"{service.base}/job/{{line}}?once=503", jobs=1)
        env = patched(stage)
        words = ("--set", "retry.attempts=2", "--set", "retry.backoff={base='2s',jitter='none'}")
        with Running(stage, failing, *words, **env) as run:
            engine = run.started()
            stage.picture(lambda snap: snap.counts.waiting == 1)
            os.kill(engine, signal.SIGKILL)
            assert run.end() == 70
        (stage.folder / "offset").write_text(str(days * 86_400))
        with Running(stage, failing, *words, **env) as run:
            assert run.end(20) == 0, run.told
        assert service.served() == ["k1", "k1"]


# -- a face that does not read


@pytest.mark.long
def test_a_face_that_reads_nothing_holds_nothing_up(stage: Stage) -> None:
    assert stalled(stage, 4) > 0.7  # so short a look says whether it is held up; the long form says what it costs


def stalled(stage: Stage, stall_s: float) -> float:
    """The throughput while faces have stopped reading, as a share of that before."""
    long = stage.preset(jobs=1_000_000, latency="10ms")
    with Running(stage, long, "--set", "workers.concurrency=8") as run:
        run.started()  # from here on nobody reads the pipe of this face either
        free = throughput(stage, stall_s)
        with socket.socket(socket.AF_UNIX) as deaf:
            deaf.connect(stage.record.socket)
            deaf.sendall(encode(Hello(VERSION, name="deaf", hz=10, events=True)))
            held = throughput(stage, stall_s)
            assert stage.picture().counts.failed == 0
    return held / free


def throughput(stage: Stage, seconds: float) -> float:
    """Jobs that get done in a second, over so many."""
    first = stage.picture(lambda snap: snap.counts.done > 0)
    last = stage.picture(lambda snap: snap.elapsed_s > first.elapsed_s + seconds, timeout=seconds + 10)
    return (last.counts.done - first.counts.done) / (last.elapsed_s - first.elapsed_s)
