"""`qtui run`: an engine in its own process and a face without a screen.

The run never depends on this process: when its terminal hangs up, or nobody reads its output any more, it leaves and
the engine goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path

from qtui.core.commands import Command, Drain, Request, Stop
from qtui.core.events import Event
from qtui.core.past import Plan
from qtui.core.port import Refusal
from qtui.core.snapshot import RunState, SlotState, Snapshot
from qtui.errors import ExitCode, LinkError, UsageError
from qtui.journal.place import state_dir
from qtui.link.client import LinkPort
from qtui.link.protocol import VERSION, Hello
from qtui.plain.jsonlines import event_lines
from qtui.plain.outlet import Outlet
from qtui.plain.report import plan_report, problem_report
from qtui.plain.summary import HALT, exit_code, farewell
from qtui.plain.voice import Voice, is_terminal
from qtui.text import clean, clean_block, plural, seconds
from qtui.wiring.command import command
from qtui.wiring.presses import Presses
from qtui.wiring.spawn import Spawned, spawn_engine
from qtui.wiring.typed import HINT, Typed, has_keyboard, helped, is_asking, meant

ME = "ctrl-c"
"""Who drains and stops, in the log of the run."""
TYPED = "you"
"""Who typed a command."""
HZ = 4.0
ANSWERS_S = 2.0
"""An engine that has not answered for so long is held up; a person should know."""
ENGINE_ENDS_S = 2.0
"""How long a finished engine is waited for; it stays for other faces."""
HUNG_UP = 128 + signal.SIGHUP
NOBODY_READS = 128 + signal.SIGPIPE


@dataclass(frozen=True, slots=True)
class Headless:
    """How to run without a screen."""

    source: str
    arguments: list[str]
    state: str = ""
    json: bool = False
    plain: bool = False
    detach: bool = False
    stop_timeout_s: float = 20.0
    """How long SIGTERM drains before it stops."""


def run(options: Headless) -> int:
    """Run to the end, or leave an engine behind with `detach`; returns the exit code.

    Raises:
        CannotWrite: when there is no place for the engine's socket. LinkError, when it cannot be reached.
    """
    face = _Face(options)
    code = asyncio.run(face.run())
    asks = face.plan is not None and code == ExitCode.NEEDS_CONSENT
    face.presses.over(for_good=not asks)
    if not asks or not _agrees():
        return code
    face = _Face(replace(options, arguments=[*options.arguments, "--accept-plan"]))
    code = asyncio.run(face.run())
    face.presses.over(for_good=True)
    return code


def _agrees() -> bool:
    """Whether the person at the terminal wants to go on; nobody else is asked."""
    if sys.stdin is None or not sys.stdin.isatty() or not sys.stderr.isatty():
        return False
    signal.set_wakeup_fd(-1)  # the face that has ended was deaf to them
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        print("Go on? [y/N] ", end="", file=sys.stderr, flush=True)  # whoever has seen it may press before it returns
        return sys.stdin.readline().strip().lower() in ("y", "yes")
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return False


class _Face:
    """Shows one run on stderr, its events on stdout, and turns Ctrl-C into the ladder drain, stop, kill."""

    def __init__(self, options: Headless) -> None:
        self._options = options
        self.plan: Plan | None = None
        """What a person should agree to before the run goes on."""
        self._voice = Voice(ME, TYPED, plain=options.plain, json=options.json)
        self._snap: Snapshot | None = None
        self._port: LinkPort | None = None
        self.presses = Presses(options.stop_timeout_s, self._press, lambda: self._leave(HUNG_UP))
        self._when_started: list[Callable[[], None]] = []
        """What was asked for before there was a run to ask it of."""
        self._halted = False
        """The run was told to stop because it had halted."""
        self._hinted = False
        self._missed = 0
        self._outlet: Outlet | None = None
        self._printed = asyncio.Event()
        self._left = asyncio.Event()
        self._left_code = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> int:
        self.presses.listen()  # first of all: no press may leave an engine behind that nobody wanted
        arguments = ["--wait", "--stop-timeout", str(self._options.stop_timeout_s), *self._options.arguments]
        spawned = spawn_engine(self._options.source, arguments, state=self._options.state)
        self.presses.adopt(spawned.process)
        hello = Hello(VERSION, name="run", hz=HZ, events=self._options.json)
        try:
            self._port = port = await LinkPort.connect(spawned.socket, hello)
        except LinkError:
            self.presses.kill_now()  # or it would start to work for nobody
            raise
        if self._options.json and sys.stdout is not None:
            self._outlet = Outlet(sys.stdout.fileno(), self._outlet_ended(asyncio.get_running_loop()))
        try:
            return await self._until_left(port, spawned)
        except Refusal as refusal:
            if self._snap is not None and self._snap.run_id:
                self._voice.say(farewell(self._snap, again=self._again))
            self.plan = refusal.plan
            self._voice.say(_refused(refusal))
            return int(refusal.exit_code)
        finally:
            self._voice.clear()
            await port.close()

    async def _until_left(self, port: LinkPort, spawned: Spawned) -> int:
        """The run's exit code, or another one when this face has to leave before its end."""
        working = self._detach(port, spawned) if self._options.detach else self._attend(port, spawned)
        work = asyncio.create_task(working, name="follow")
        leaving = asyncio.create_task(self._left.wait(), name="leave")
        await asyncio.wait([work, leaving], return_when=asyncio.FIRST_COMPLETED)
        leaving.cancel()
        if work.done():
            return work.result()
        work.cancel()
        await asyncio.wait([work])
        return self._left_code

    async def _detach(self, port: LinkPort, spawned: Spawned) -> int:
        async for snap in port.snapshots():
            if snap.state is not RunState.STARTING:
                self._seen(snap)
                if sys.stdout is not None:
                    with contextlib.suppress(OSError):
                        os.write(sys.stdout.fileno(), f"{snap.run_id}\n".encode())
                self._voice.say(f"runs in the background; look at it with: qtui attach {snap.run_id}")
                return int(ExitCode.ALL_DONE)
        return self._lost(spawned)

    async def _attend(self, port: LinkPort, spawned: Spawned) -> int:
        await self._follow(port)
        snap = self._snap
        if snap is None or snap.state not in (RunState.FINISHED, RunState.STOPPED):
            return self._lost(spawned)
        await port.close()  # the engine need not wait for us any more
        await self._flush()
        self._voice.say(farewell(snap, again=self._again))
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = await asyncio.to_thread(spawned.process.wait, ENGINE_ENDS_S)
            if code not in (ExitCode.ALL_DONE, ExitCode.SOME_FAILED, ExitCode.STOPPED, ExitCode.TERMINATED):
                self._voice.say(f"qtui: the engine ended badly after that; its log is {self._log(spawned)}")
                return int(ExitCode.BUG) if code < 0 else code
        return int(exit_code(snap))

    async def _follow(self, port: LinkPort) -> None:
        typed = Typed(self._typed) if self._voice.is_linear and has_keyboard() else None
        try:
            await self._follow_news(port)
        finally:
            if typed is not None:
                typed.close()

    def _typed(self, line: str) -> None:
        """Do what a line says, or say why not."""
        snap = self._snap
        if snap is None or not self._started:
            self._voice.answer("the run has not begun yet")
        elif is_asking(line):
            self._voice.stand()
        elif line in ("help", "?"):
            for told in helped():
                self._voice.say(told)
        else:
            try:
                self._spawn(self._obey(meant(line, snap)))
            except UsageError as error:
                self._voice.answer(str(error))

    async def _obey(self, command: Command) -> None:
        assert self._port is not None, "there is a run, so it was reached"
        reply = await self._port.send(Request(command, by=TYPED))
        self._voice.answer(clean(reply.text) if reply.ok else f"refused: {clean(reply.text)}")

    async def _follow_news(self, port: LinkPort) -> None:
        async for snap, events, missed in port.news():
            if self._outlet is not None:
                self._print(self._outlet, events, missed)
            if snap is not None:
                self._seen(snap)
                self._voice.show(snap, asyncio.get_running_loop().time())
                self._mind_halt(snap)
                if snap.state is RunState.FINISHED:
                    return  # after a stop the engine says goodbye, and perhaps why it had to

    def _mind_halt(self, snap: Snapshot) -> None:
        """Nobody sits here to release a run that has halted: once what runs has ended it is stopped, to be resumed."""
        over = snap.state in (RunState.STOPPING, RunState.FINISHED, RunState.STOPPED)
        if snap.throttle.halted and not snap.counts.running and not over and not self._halted:
            self._halted = True
            self._spawn(self._ask(Stop(), HALT, "nobody is here to release the run"))

    @property
    def _again(self) -> str:
        options = self._options
        return command(["qtui", "run"], options.source, options.arguments, options.state)

    def _seen(self, snap: Snapshot) -> None:
        self._snap = snap
        self.presses.answered = True
        if self._started:
            if not self._hinted and self._voice.is_linear and has_keyboard():
                self._voice.say(f"{HINT}.")
            self._hinted = True
            wishes, self._when_started = self._when_started, []
            for wish in wishes:
                wish()

    @property
    def _started(self) -> bool:
        return self._snap is not None and self._snap.state is not RunState.STARTING

    def _lost(self, spawned: Spawned) -> int:
        with contextlib.suppress(subprocess.TimeoutExpired):
            spawned.process.wait(1)
        if spawned.process.poll() is not None:
            spawned.socket.unlink(missing_ok=True)  # it had no time to do that itself
        run = clean(self._snap.run_id) if self._snap is not None else ""
        kept = f"; what was done is kept: qtui results {run}" if run else "; nothing was started"
        goes_on = f"\n  to go on: {self._again}" if run else ""
        ended = self.presses.ended_by_us or _asked_for_by_others(spawned.process)
        if ended is not None:
            self._voice.say(f"the engine was killed{kept}{goes_on}")
        else:
            self._voice.say(
                f"qtui: the engine is gone ({_how(spawned.process)}){kept}; its log is {self._log(spawned)}{goes_on}"
            )
        code = ExitCode.BUG if ended is None else ended
        if run:
            spawned.log.unlink(missing_ok=True)  # since it has a run, the engine wrote to that one's log
        elif spawned.log.exists() and code is ExitCode.BUG:
            self._voice.say(clean_block(spawned.log.read_bytes()[-2000:]).rstrip())
        return int(code)

    def _log(self, spawned: Spawned) -> str:
        if self._snap is None or not self._snap.run_id:
            return clean(spawned.log)
        where = state_dir(Path(self._options.state) if self._options.state else None)
        return clean(where / self._snap.run_id / "engine.log", 4096)

    # -- events on stdout

    def _print(self, outlet: Outlet, events: list[Event], missed: int) -> None:
        self._missed += missed
        if not events and not missed:
            return
        if outlet.put(event_lines(events, self._missed, terminal=is_terminal(sys.stdout))):
            self._missed = 0
        else:
            self._missed += len(events)

    async def _flush(self) -> None:
        """Until the last event is written; a reader may take his time, and Ctrl-C does without him."""
        if self._outlet is None:
            return
        if self._missed:
            self._outlet.put(event_lines([], self._missed), last=True)
        self._outlet.finish()
        await self._printed.wait()

    def _outlet_ended(self, loop: asyncio.AbstractEventLoop) -> Callable[[OSError | None], None]:
        def ended(error: OSError | None) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: we have left already
                loop.call_soon_threadsafe(self._outlet_over, error)

        return ended

    def _outlet_over(self, error: OSError | None) -> None:
        self._printed.set()
        if error is None or self._left.is_set():
            return
        run = self._snap.run_id if self._snap is not None else ""
        on = f"; the run goes on in the background: qtui attach {run}".rstrip()
        if isinstance(error, BrokenPipeError):
            self._voice.say(f"nobody reads the events any more{on}")
            self._leave(NOBODY_READS)
        else:
            self._voice.say(f"qtui: the events cannot be written: {error.strerror}{on}")
            self._leave(ExitCode.CANNOT_WRITE)

    def _leave(self, code: int) -> None:
        """End this face; the run goes on."""
        self._left_code = int(code)
        self._left.set()

    # -- signals

    def _press(self, which: int) -> None:
        """Say what a press does and what the next one would do; the third has been dealt with already."""
        if self._snap is not None and self._snap.state in (RunState.FINISHED, RunState.STOPPED):
            self._leave(exit_code(self._snap))  # only a slow reader of the events keeps us
            return
        match which:
            case 0:
                limit = seconds(self._options.stop_timeout_s)
                self._voice.say(
                    f"terminated: draining for {limit} at the most; what still runs then goes back to the queue"
                )
            case 1:
                self._voice.say(
                    f"draining: {_running(self._snap)}, nothing new is accepted. Ctrl-C again interrupts them"
                )
                self._once_started(lambda: self._spawn(self._ask(Drain())))
            case 2:
                self._voice.say("stopping: what runs is interrupted. Ctrl-C again kills the engine")
                self._once_started(lambda: self._spawn(self._ask(Stop())))
            case _:
                self._voice.say("killing the engine: it is gone within three seconds, and no try is spent")

    def _once_started(self, wish: Callable[[], None]) -> None:
        if self._started:
            wish()
        else:
            self._when_started.append(wish)

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work, name="wish")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, command: Command, by: str = ME, reason: str = "") -> None:
        assert self._port is not None, "there is a run, so it was reached"
        asking = asyncio.create_task(self._port.send(Request(command, by=by, reason=reason)), name="ask")
        await asyncio.wait([asking], timeout=ANSWERS_S)
        if not asking.done() and self.presses.ended_by_us is None:
            self._voice.say("the engine does not answer: a job holds it up. It does as told once it can")
        reply = await asking
        if not reply.ok and self.presses.ended_by_us is None:
            self._voice.say(clean(reply.text))


def _running(snap: Snapshot | None) -> str:
    busy = (
        [slot.elapsed_s for slot in snap.slots if slot.state in (SlotState.RUNNING, SlotState.LEAVING)] if snap else []
    )
    return f"{plural(len(busy), 'job')} running, the oldest for {seconds(max(busy))}" if busy else "no job running"


def _refused(refusal: Refusal) -> str:
    if refusal.checked:
        return problem_report(refusal.checked)
    return plan_report(refusal.plan, str(refusal)) if refusal.plan else f"qtui: {refusal}"


def _asked_for_by_others(process: subprocess.Popen[bytes]) -> ExitCode | None:
    """Whether the engine ended itself because somebody had told it to, although it was stuck."""
    return ExitCode(process.returncode) if process.returncode in (ExitCode.STOPPED, ExitCode.TERMINATED) else None


def _how(process: subprocess.Popen[bytes]) -> str:
    code = process.returncode
    if code is None:
        return "it still runs but answers no more"
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
