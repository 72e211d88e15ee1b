"""`qtui run`: an engine in its own process and a face without a screen."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from dataclasses import dataclass

import msgspec

from qtui.core.commands import Drain, Request, Stop
from qtui.core.eta import Forecast
from qtui.core.port import Refusal
from qtui.core.snapshot import RunState, Snapshot
from qtui.core.verdict import Judge
from qtui.errors import ExitCode
from qtui.link.client import LinkPort
from qtui.link.protocol import VERSION, Hello
from qtui.plain.linear import Linear
from qtui.plain.progress import ProgressLine
from qtui.plain.report import problem_report
from qtui.plain.summary import exit_code, farewell
from qtui.text import plural
from qtui.wiring.spawn import Spawned, spawn_engine

ONE_PRESS_S = 0.3
"""Signals of one kind within this time are one press: shells and supervisors send them twice."""
LADDER = ("drain", "cancel", "kill")


@dataclass(frozen=True, slots=True)
class Headless:
    """How to run without a screen."""

    source: str
    arguments: list[str]
    state: str = ""
    json: bool = False
    plain: bool = False
    detach: bool = False


def run(options: Headless) -> int:
    """Run to the end, or leave an engine behind with `detach`; returns the exit code."""
    spawned = spawn_engine(options.source, ["--wait", *options.arguments], state=options.state)
    return asyncio.run(_Face(options, spawned).run())


class _Face:
    """Shows one run on stderr, its events on stdout, and turns Ctrl-C into the ladder drain, cancel, kill."""

    def __init__(self, options: Headless, spawned: Spawned) -> None:
        self._options = options
        self._spawned = spawned
        self._judge, self._forecast = Judge(), Forecast()
        self._linear = Linear()
        one_line = sys.stderr.isatty() and not options.plain and os.environ.get("TERM", "dumb") != "dumb"
        self._line = ProgressLine(sys.stderr) if one_line else None
        self._encoder = msgspec.json.Encoder()
        self._presses = 0
        self._pressed_at = float("-inf")
        self._left = asyncio.Event()
        """The person left the run alone: hang-up, or nobody reads our output any more."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._snap: Snapshot | None = None

    async def run(self) -> int:
        hello = Hello(VERSION, name="run", hz=4.0, events=self._options.json)
        port = await LinkPort.connect(self._spawned.socket, hello)
        try:
            if self._options.detach:
                return await self._detach(port)
            self._listen(port)
            return await self._follow(port)
        except Refusal as refusal:
            self._say(problem_report(refusal.checked) if refusal.checked else f"qtui: {refusal}")
            return int(refusal.exit_code)
        finally:
            await port.close()

    async def _detach(self, port: LinkPort) -> int:
        async for snap in port.snapshots():
            if snap.state is not RunState.STARTING:
                print(snap.run_id)
                self._say(f"runs in the background; look at it with: qtui attach {snap.run_id}")
                return int(ExitCode.ALL_DONE)
        return self._lost()

    async def _follow(self, port: LinkPort) -> int:
        following = asyncio.create_task(self._show_all(port), name="follow")
        leaving = asyncio.create_task(self._left.wait(), name="leave")
        await asyncio.wait([following, leaving], return_when=asyncio.FIRST_COMPLETED)
        leaving.cancel()
        if not following.done():
            following.cancel()
            return int(ExitCode.ALL_DONE)
        following.result()
        self._clear()
        if self._snap is None or self._snap.state not in (RunState.FINISHED, RunState.STOPPED):
            return self._lost()
        await port.close()
        self._say(farewell(self._snap))
        code = await asyncio.to_thread(self._spawned.process.wait)
        return code if code > 1 else int(exit_code(self._snap))

    async def _show_all(self, port: LinkPort) -> None:
        async for snap, events, missed in port.news():
            if events and not self._print([*([{"type": "missed", "number": missed}] if missed else []), *events]):
                return
            if snap is not None:
                self._show(snap)
                if snap.state in (RunState.FINISHED, RunState.STOPPED):
                    return

    def _print(self, lines: list[object]) -> bool:
        """Events as JSON lines on stdout; False when nobody reads them any more: the run itself goes on."""
        try:
            sys.stdout.buffer.write(b"".join(self._encoder.encode(line) + b"\n" for line in lines))
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            with contextlib.suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains at exit
            self._say("nobody reads the events any more; the run goes on in the background, see `qtui ls`")
            self._left.set()
            return False
        return True

    def _show(self, snap: Snapshot) -> None:
        self._snap = snap
        verdict, eta = self._judge.step(snap), self._forecast.step(snap)
        if self._line is not None:
            self._line.show(snap, verdict, eta)
            return
        for line in self._linear.lines(snap, verdict, eta):
            self._say(line)

    def _lost(self) -> int:
        if self._presses >= len(LADDER):
            self._say("killed")
            return int(ExitCode.STOPPED)
        self._say("qtui: the engine is gone without a word; its log is in the run's folder, `qtui ls` names the run")
        return int(ExitCode.BUG)

    def _say(self, text: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            if self._line is not None:
                self._line.say(text)
            else:
                print(text, file=sys.stderr, flush=True)

    def _clear(self) -> None:
        if self._line is not None:
            self._line.clear()

    # -- signals

    def _listen(self, port: LinkPort) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self._press, port)
        loop.add_signal_handler(signal.SIGTERM, self._spawned.process.send_signal, signal.SIGTERM)
        loop.add_signal_handler(signal.SIGHUP, self._left.set)

    def _press(self, port: LinkPort) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._pressed_at < ONE_PRESS_S:
            return
        self._pressed_at = now
        self._presses += 1
        running = plural(self._snap.counts.running, "job") if self._snap is not None else "the jobs"
        match self._presses:
            case 1:
                self._send(port, Drain())
                self._say(f"draining: {running} running, nothing new is accepted. Ctrl-C again interrupts them")
            case 2:
                self._send(port, Stop())
                self._say("interrupting what runs. Ctrl-C again kills the engine")
            case _:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._spawned.process.pid, signal.SIGKILL)

    def _send(self, port: LinkPort, command: Drain | Stop) -> None:
        task = asyncio.create_task(self._ask(port, command), name="ask")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, port: LinkPort, command: Drain | Stop) -> None:
        reply = await port.send(Request(command))
        if not reply.ok:
            self._say(reply.text)
