"""The ladder drain, stop, kill on real processes: in time even where a job blocks the loop, and nothing is lost."""

from __future__ import annotations

import os
import re
import shlex
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from qtui.core.commands import Stop
from qtui.core.snapshot import RunState
from qtui.journal import flight
from qtui.wiring.spawn import Spawned, spawn_engine
from tests.patience import wait_until
from tests.wiring.stage import Stage, ends

KILLED_S = 3.0
"""The kill is over within so long."""
SPARE_S = 4.0
"""For a busy machine."""
LATER_S = 0.35
"""Two presses so far apart are two presses; this spaces them and waits for nothing."""
GOOD = 39
"""So many jobs are done before the first that blocks."""

Spawn = Callable[..., Spawned]

FAULTY = """
import asyncio
import qtui.kinds
from qtui.core.job import Done
from qtui.kinds.simulate import SimulateKind

class Faulty(SimulateKind):
    async def run(self, job):
        if job.seq % 40:
            return await super().run(job)
{fault}

SimulateKind = Faulty
qtui.kinds.KINDS["simulate"] = qtui.kinds.KindEntry(qtui.kinds._simulate_table, lambda table, ctx: Faulty(table, ctx))
"""
BUSY = """
        while True:
            pass
"""
STUBBORN = """
        while True:
            try:
                await asyncio.sleep(3600)
            except BaseException:
                pass
"""
BLOCKS_ON_CANCEL = """
        import time
        try:
            await asyncio.sleep(3600)
        finally:
            time.sleep(1000)
"""


@pytest.fixture
def spawn(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Spawn]:
    """Starts engines that wait for nobody."""
    monkeypatch.chdir(stage.folder)
    started: list[Spawned] = []

    def start(source: str, *arguments: str) -> Spawned:
        for name, value in stage.env.items():
            monkeypatch.setenv(name, value)
        started.append(spawn_engine(source, list(arguments), state=str(stage.state), faces=0))
        return started[-1]

    yield start
    for engine in started:
        engine.process.kill()
        engine.process.wait()


def faulty(stage: Stage, fault: str) -> str:
    """A preset whose every fortieth job is `fault`; every process of this stage knows it."""
    folder = stage.folder / "fault"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(FAULTY.format(fault=fault))
    stage.env["PYTHONPATH"] = f"{folder}{os.pathsep}{stage.env['PYTHONPATH']}"
    return stage.preset(latency="10ms")


def blocking(stage: Stage, block: str = "1000s") -> str:
    """A preset whose every fortieth job blocks the loop."""
    text = Path(stage.preset(latency="10ms")).read_text()
    return stage.write("bench.toml", f'{text}block = "{block}"\nblock_every = {GOOD + 1}\n')


def started(stage: Stage) -> None:
    """Wait until the run has a folder that says where its engine listens; a process that starts tells nobody."""
    wait_until(lambda: bool(stage.records() and stage.record.socket), "an engine")


def stuck(stage: Stage) -> None:
    """Wait until the first job that holds everything up has begun, and the journal has all that is done before it."""
    started(stage)
    wait_until(lambda: len(states(stage, "done")) >= GOOD - 3, "the jobs before the fault")
    wait_until(lambda: begun(stage, GOOD + 1) or len(states(stage, "done")) > GOOD, "the job that holds everything up")


def begun(stage: Stage, seq: int) -> bool:
    """Whether a job is in flight, by what the engine notes for the next one."""
    return seq in {flying.seq for flying in flight.read(next(stage.state.glob("*/journal.db")).parent)}


def ask(stage: Stage, question: str) -> list[tuple[object, ...]]:
    (path,) = stage.state.glob("*/journal.db")
    with closing(sqlite3.connect(path)) as db:
        return db.execute(question).fetchall()


def states(stage: Stage, state: str) -> list[object]:
    return [seq for (seq,) in ask(stage, f"SELECT seq FROM job WHERE state = '{state}'")]


def log(stage: Stage) -> str:
    (path,) = stage.state.glob("*/engine.log")
    return path.read_text()


def logged(stage: Stage, text: str) -> None:
    """Wait until the engine has written something to its log; a file that grows tells nobody."""
    wait_until(lambda: text in log(stage), f"{text!r} in its log")


def wait(process: subprocess.Popen[bytes] | subprocess.Popen[str], within: float) -> int:
    """The exit code, and a failure when it takes longer."""
    begun = time.monotonic()
    code = process.wait(within + 20)
    took = time.monotonic() - begun
    assert took < within + SPARE_S, f"it took {took:.1f} s"
    return code


def no_try_spent(stage: Stage) -> None:
    """No attempt has failed, and what was interrupted cost its job nothing."""
    outcomes = {outcome for (outcome,) in ask(stage, "SELECT outcome FROM attempt")}
    assert outcomes <= {"done", "interrupted", None}
    assert ask(stage, "SELECT seq FROM job WHERE state = 'failed'") == []
    assert ask(stage, "SELECT seq FROM job WHERE state <> 'done' AND tries > 0") == []


# -- the engine


@pytest.mark.parametrize(
    "fault", ["sleep", pytest.param("busy", marks=pytest.mark.long), pytest.param("on cancel", marks=pytest.mark.long)]
)
def test_a_terminated_engine_whose_loop_is_blocked_ends_in_time_and_keeps_what_was_done(
    stage: Stage, spawn: Spawn, fault: str
) -> None:
    preset = {
        "sleep": lambda: blocking(stage),
        "busy": lambda: faulty(stage, BUSY),
        "on cancel": lambda: faulty(stage, BLOCKS_ON_CANCEL),
    }[fault]()
    engine = spawn(preset, "--stop-timeout", "0.5")
    stuck(stage)
    done = states(stage, "done")
    engine.process.send_signal(signal.SIGTERM)

    assert wait(engine.process, 0.5 + 5 + KILLED_S) == 143
    assert set(done) <= set(states(stage, "done"))
    assert (stage.record.state, stage.record.socket) == ("stopped", "")
    assert not engine.socket.exists()
    no_try_spent(stage)


def test_all_that_waited_for_a_commit_is_saved_by_the_kill(stage: Stage, spawn: Spawn) -> None:
    text = Path(blocking(stage)).read_text().replace('latency = "10ms"', 'latency = "0s"')
    engine = spawn(stage.write("bench.toml", text.replace("concurrency = 4", "concurrency = 1")))
    started(stage)
    wait_until(lambda: begun(stage, GOOD + 1), "the job that holds everything up")
    engine.process.send_signal(signal.SIGQUIT)
    wait(engine.process, KILLED_S)

    assert states(stage, "done") == list(range(1, GOOD + 1))


@pytest.mark.long
def test_a_second_sigterm_neither_hastens_nor_delays_the_end(stage: Stage, spawn: Spawn) -> None:
    engine = spawn(blocking(stage), "--stop-timeout", "1")
    stuck(stage)
    begun = time.monotonic()
    for _ in range(3):
        engine.process.send_signal(signal.SIGTERM)
        time.sleep(LATER_S)

    assert wait(engine.process, 6 + KILLED_S) == 143
    assert time.monotonic() - begun > 6


def test_a_terminated_engine_stops_what_does_not_end_in_its_time(stage: Stage, spawn: Spawn) -> None:
    engine = spawn(stage.preset(latency="300s"), "--stop-timeout", "0.5", "--set", "job.timeout=0")
    started(stage)
    stage.picture(lambda snap: snap.counts.running == 4)
    engine.process.send_signal(signal.SIGTERM)

    assert wait(engine.process, 0.5 + 1) == 143
    assert [outcome for (outcome,) in ask(stage, "SELECT outcome FROM attempt")] == ["interrupted"] * 4
    no_try_spent(stage)


def test_interrupts_climb_the_ladder_and_those_of_one_press_count_once(stage: Stage, spawn: Spawn) -> None:
    engine = spawn(stage.preset(latency="300s"), "--set", "job.timeout=0")
    started(stage)
    stage.picture(lambda snap: snap.counts.running == 4)
    for _ in range(5):
        engine.process.send_signal(signal.SIGINT)
    stage.picture(lambda snap: snap.state is RunState.DRAINING)
    time.sleep(LATER_S)
    assert engine.process.poll() is None
    engine.process.send_signal(signal.SIGINT)

    assert wait(engine.process, 1) == 130
    assert "draining; another one stops" in log(stage)
    assert "stopping; another one kills" in log(stage)
    no_try_spent(stage)


def test_the_third_interrupt_kills_an_engine_whose_loop_is_blocked(stage: Stage, spawn: Spawn) -> None:
    engine = spawn(blocking(stage))
    stuck(stage)
    for says in ("another one stops", "another one kills"):
        engine.process.send_signal(signal.SIGINT)
        logged(stage, says)
        time.sleep(LATER_S)
    engine.process.send_signal(signal.SIGINT)

    assert wait(engine.process, KILLED_S) == 130
    assert stage.record.state == "stopped"
    no_try_spent(stage)


def test_a_hang_up_is_logged_and_the_run_goes_on(stage: Stage, spawn: Spawn) -> None:
    engine = spawn(stage.preset())
    started(stage)
    stage.goes_on()
    engine.process.send_signal(signal.SIGHUP)
    stage.goes_on()

    assert "hang-up: the run goes on" in log(stage)


def test_sigusr1_shows_where_threads_and_tasks_are_and_the_run_goes_on(stage: Stage, spawn: Spawn) -> None:
    engine = spawn(stage.preset())
    started(stage)
    stage.goes_on()
    engine.process.send_signal(signal.SIGUSR1)
    stage.goes_on()
    said = log(stage)

    assert "Current thread" in said or "Thread 0x" in said
    assert re.search(r"Task slot \d:\n(  File .*\n)*  File .*simulate\.py", said)
    assert "Task producer 0:" in said


@pytest.mark.parametrize("fault", ["sleep", "busy"])
def test_sigquit_shows_what_blocks_the_loop_and_kills(stage: Stage, spawn: Spawn, fault: str) -> None:
    engine = spawn(blocking(stage) if fault == "sleep" else faulty(stage, BUSY))
    stuck(stage)
    logged(stage, "the loop is blocked by")
    engine.process.send_signal(signal.SIGQUIT)

    assert wait(engine.process, KILLED_S) == 130
    assert ("simulate.py" if fault == "sleep" else "sitecustomize.py") in log(stage)
    assert "Task slot 1:" in log(stage)
    assert stage.record.state == "stopped"


def test_sigquit_writes_down_what_it_interrupts_where_the_loop_works(stage: Stage, spawn: Spawn) -> None:
    engine = spawn(faulty(stage, STUBBORN))
    stuck(stage)
    stage.picture(lambda snap: snap.counts.running == 4 and snap.counts.done > 100)
    engine.process.send_signal(signal.SIGQUIT)

    assert wait(engine.process, KILLED_S) == 130
    assert ask(stage, "SELECT seq FROM attempt WHERE outcome IS NULL") == []
    assert (40,) in ask(stage, "SELECT seq FROM attempt WHERE outcome = 'interrupted'")
    no_try_spent(stage)


@pytest.mark.long
def test_a_job_that_swallows_its_cancellation_holds_up_neither_the_stop_nor_the_exit(
    stage: Stage, spawn: Spawn
) -> None:
    engine = spawn(faulty(stage, STUBBORN))
    stuck(stage)
    stage.picture(lambda snap: snap.counts.done > GOOD)
    assert stage.tell(Stop()).ok

    assert wait(engine.process, 5 + 2) == 130
    assert stage.record.state == "stopped"
    no_try_spent(stage)


@pytest.mark.long
def test_a_stop_that_a_job_blocks_ends_nevertheless(stage: Stage, spawn: Spawn) -> None:
    engine = spawn(faulty(stage, BLOCKS_ON_CANCEL))
    stuck(stage)
    stage.picture(lambda snap: snap.counts.done > GOOD)
    assert stage.tell(Stop()).ok

    assert wait(engine.process, 6 + KILLED_S) == 130
    assert stage.record.state == "stopped"
    no_try_spent(stage)


def test_a_signal_before_the_run_has_begun_is_not_forgotten(stage: Stage, spawn: Spawn) -> None:
    engine = spawn(stage.preset(jobs=100_000))
    started(stage)
    engine.process.send_signal(signal.SIGTERM)

    assert wait(engine.process, 2) == 143


# -- the face that started it


Headless = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def headless(stage: Stage) -> Iterator[Headless]:
    """Starts `qtui run`; what it says is in a pipe unless `stderr` is given."""
    runs: list[subprocess.Popen[str]] = []

    def start(*words: str, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
        run = subprocess.Popen(
            stage.command("run", *words),
            cwd=stage.folder,
            env={**os.environ, **stage.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            text=True,
        )
        runs.append(run)
        return run

    yield start
    for run in runs:
        run.kill()
        run.wait()
        if run.stderr is not None:
            run.stderr.close()


def until(run: subprocess.Popen[str], text: str) -> None:
    assert run.stderr is not None
    for line in run.stderr:
        if text in line:
            return
    raise AssertionError(f"the program ended without saying {text!r}")


def rest(run: subprocess.Popen[str]) -> str:
    assert run.stderr is not None
    return run.stderr.read()


def press(run: subprocess.Popen[str], says: str) -> None:
    time.sleep(LATER_S)
    run.send_signal(signal.SIGINT)
    until(run, says)


def test_three_presses_end_a_run_whose_engine_is_blocked_and_each_says_what_the_next_does(
    stage: Stage, headless: Headless
) -> None:
    blocking(stage)
    run = headless("bench.toml", "--set", "workers.concurrency=3")
    stuck(stage)
    press(run, "Ctrl-C again interrupts them")
    press(run, "Ctrl-C again kills the engine")
    press(run, "killing the engine")
    said = rest(run)

    assert wait(run, KILLED_S) == 130
    assert "the engine was killed; what was done is kept" in said
    assert "to go on: qtui run bench.toml --set workers.concurrency=3\n" in said
    assert stage.record.state == "stopped"
    assert stage.engines == []


@pytest.mark.long
def test_an_engine_that_does_not_answer_a_press_is_said_to_be_held_up(stage: Stage, headless: Headless) -> None:
    run = headless(blocking(stage, "4s"))
    stuck(stage)
    press(run, "Ctrl-C again interrupts them")
    until(run, "the engine does not answer: a job holds it up")
    said = rest(run)

    assert wait(run, 0) == 130
    assert "stopped" in said


@pytest.mark.parametrize("how", ["presses", "SIGTERM"])
@pytest.mark.long
def test_an_engine_that_is_frozen_altogether_is_killed_by_its_face(stage: Stage, headless: Headless, how: str) -> None:
    run = headless(stage.preset(), "--stop-timeout", "0.2")
    until(run, "Backpressure on")
    os.kill(stage.record.pid, signal.SIGSTOP)
    if how == "SIGTERM":
        run.send_signal(signal.SIGTERM)
        assert wait(run, 0.2 + 5 + KILLED_S) == 143
    else:
        press(run, "Ctrl-C again interrupts them")
        press(run, "Ctrl-C again kills the engine")
        press(run, "killing the engine")
        assert wait(run, KILLED_S) == 130
    assert "the engine was killed; what was done is kept" in rest(run)
    assert stage.engines == []


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
@pytest.mark.long
def test_a_run_whose_output_is_stuck_can_still_be_ended(stage: Stage, headless: Headless, name: str) -> None:
    talk, deaf = os.pipe()
    os.set_blocking(deaf, False)
    try:
        while os.write(deaf, b"x" * 4096):
            pass
    except BlockingIOError:
        os.set_blocking(deaf, True)
    run = headless(stage.preset(), "--stop-timeout", "0.2", stderr=deaf)
    os.close(deaf)
    started(stage)
    stage.goes_on()
    for _ in range(1 if name == "SIGTERM" else 3):
        run.send_signal(signal.Signals[name])
        time.sleep(LATER_S)

    code = wait(run, 0.2 + 5 + KILLED_S + 1.5)
    os.close(talk)
    assert code == 128 + signal.Signals[name]
    assert stage.engines == []


def test_a_run_that_was_drained_says_how_to_go_on_with_it_and_a_finished_one_does_not(
    stage: Stage, headless: Headless
) -> None:
    stage.preset()
    run = headless("./bench.toml", "--set", "job.name=a b")
    until(run, "Backpressure on")
    press(run, "draining")
    said = rest(run)
    finished = stage.run("run", stage.write("other.toml", Path(stage.preset(jobs=3)).read_text()))

    assert wait(run, 2) == 130
    assert said.endswith("  to go on: qtui run ./bench.toml --set 'job.name=a b'\n")
    assert finished.returncode == 0
    assert "to go on" not in finished.stderr


def test_the_command_that_is_printed_goes_on_with_the_run(stage: Stage, headless: Headless) -> None:
    run = headless(stage.preset(jobs=100, latency="30ms"), "--fresh", "--set", "workers.concurrency=3")
    until(run, "Backpressure on")
    press(run, "draining")
    words = shlex.split(rest(run).splitlines()[-1].partition("to go on: qtui ")[2])
    assert wait(run, 2) == 130
    done = states(stage, "done")
    again = stage.run(*words)

    assert again.returncode == 0, again.stderr
    assert "--fresh" not in words
    assert 0 < len(done) < 100
    assert states(stage, "done") == list(range(1, 101))


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_while_a_run_that_is_over_ends_changes_nothing(stage: Stage, headless: Headless, name: str) -> None:
    run = headless(stage.preset(jobs=3))
    until(run, "finished after")
    while run.poll() is None:
        run.send_signal(signal.Signals[name])
        time.sleep(0.001)

    assert run.returncode == 0


def test_an_engine_that_others_kill_while_it_is_blocked_is_a_run_that_was_stopped(
    stage: Stage, headless: Headless
) -> None:
    run = headless(blocking(stage))
    stuck(stage)
    os.kill(stage.record.pid, signal.SIGQUIT)
    said = rest(run)

    assert wait(run, KILLED_S) == 130
    assert "to go on: qtui run" in said


# -- the screen


def test_stop_now_ends_an_engine_whose_loop_is_blocked(stage: Stage) -> None:
    text = Path(blocking(stage)).read_text().replace('"10ms"', '"500ms"')  # slow enough to be seen before it blocks
    stage.write("bench.toml", text)
    with stage.open("bench.toml", "--set", "workers.concurrency=8") as screen:
        screen.wait("● RUNNING")
        screen.wait(re.compile(r"data \d+ s old"))
        screen.press("ctrl+c")
        screen.wait("Leave this run?")
        screen.press("ctrl+c")
        begun = time.monotonic()
        screen.wait("the engine does not answer")
        assert screen.wait_exit() == 130
        assert time.monotonic() - begun < 3 + KILLED_S + SPARE_S
        assert "to go on: qtui bench.toml --set workers.concurrency=8" in screen.text()
    assert stage.record.state == "stopped"
    assert stage.engines == []
    no_try_spent(stage)


def test_an_engine_that_is_blocked_by_its_first_job_can_be_ended(stage: Stage) -> None:
    """Whether its first picture was seen before that is a matter of luck."""
    text = Path(blocking(stage)).read_text().replace(f"block_every = {GOOD + 1}", "block_every = 1")
    with stage.open(stage.write("bench.toml", text)) as screen:
        screen.wait(re.compile("connecting to the engine|RUNNING"))
        started(stage)
        time.sleep(1)
        screen.press("ctrl+c")
        screen.wait(re.compile("ctrl\\+c again ends it|ctrl\\+c again = stop now"))
        screen.press("ctrl+c")
        assert screen.wait_exit() == 130
        assert "ended before it was seen" in screen.text() or "killed after" in screen.text()
    assert stage.record.state == "stopped"
    assert stage.engines == []


@pytest.mark.long
def test_stop_now_ends_an_engine_that_is_frozen_altogether(stage: Stage) -> None:
    with stage.open(stage.preset()) as screen:
        screen.wait("● RUNNING")
        os.kill(stage.record.pid, signal.SIGSTOP)
        screen.press("q")
        screen.wait("Leave this run?")
        screen.press("s")
        begun = time.monotonic()
        assert screen.wait_exit() == 130
        assert time.monotonic() - begun < 3 + KILLED_S + SPARE_S
        assert "bench: killed after" in screen.text()
    assert stage.engines == []


@pytest.mark.long
def test_another_screen_can_end_a_frozen_engine_too_but_only_by_choice(stage: Stage) -> None:
    assert stage.run("run", stage.preset(), "--detach").returncode == 0
    with stage.open("attach") as screen:
        screen.wait("● RUNNING")
        screen.press("q")
        assert screen.wait_exit() == 0
        assert "it goes on in the background" in screen.text()
    stage.goes_on()
    with stage.open("attach") as screen:
        screen.wait("● RUNNING")
        os.kill(stage.record.pid, signal.SIGSTOP)
        screen.press("ctrl+c")
        screen.wait("q or ctrl+c again = keep running.")
        screen.press("s")
        assert screen.wait_exit() == 130
        assert f"to go on: qtui {stage.folder}/bench.toml" in screen.text()
    assert stage.engines == []


def test_a_third_ctrl_c_kills_what_does_not_stop(stage: Stage) -> None:
    with stage.open(faulty(stage, STUBBORN)) as screen:
        screen.wait("● RUNNING")
        stuck(stage)
        stage.picture(lambda snap: snap.counts.done > GOOD)
        screen.press("ctrl+c")
        screen.wait("Leave this run?")
        screen.press("ctrl+c")
        screen.wait("ctrl+c again kills the engine")
        screen.press("ctrl+c")
        begun = time.monotonic()
        assert screen.wait_exit() == 130
        assert time.monotonic() - begun < KILLED_S + SPARE_S
    assert stage.record.state == "stopped"
    no_try_spent(stage)


def test_a_run_that_is_only_left_goes_on_and_names_no_way_to_go_on(stage: Stage) -> None:
    with stage.open(stage.preset()) as screen:
        screen.wait("● RUNNING")
        screen.press("q")
        screen.wait("Leave this run?")
        screen.press("q")
        assert screen.wait_exit() == 0
        assert "to go on" not in screen.text()
    stage.goes_on()


def test_ctrl_c_at_the_question_whether_to_go_on_is_a_no(stage: Stage, headless: Headless) -> None:
    run = headless(stage.preset(jobs=5000))
    until(run, "Backpressure on")
    press(run, "draining")
    wait(run, 2)
    with stage.open("run", stage.preset(jobs=3)) as again:
        again.wait("Go on? [y/N]", 20)
        again.send("\x03")
        assert again.wait_exit() == 3  # as for any other no: the plan still needs consent
    for engine in stage.engines:
        ends(engine, 5)  # it has refused to start and goes by itself
