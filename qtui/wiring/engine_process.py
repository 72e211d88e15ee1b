"""The engine as a process: everything between its first breath and its exit code."""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import gc
import logging
import os
import socket
import sys
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from qtui.core import picture
from qtui.core.commands import Reply, Request
from qtui.core.events import Notice
from qtui.core.ledger import Ledger
from qtui.core.lifecycle import State
from qtui.core.port import Refusal
from qtui.core.queries import Answer, Query, Unknown
from qtui.core.snapshot import RunState, Snapshot
from qtui.core.tables import Preset
from qtui.engine.alarms import Alarms
from qtui.engine.clock import LoopClock
from qtui.engine.engine import Engine
from qtui.engine.health import Heartbeat, room
from qtui.engine.sampler import Sampler
from qtui.engine.watchdog import Watchdog
from qtui.errors import AlreadyRunning, CannotWrite, ExitCode, JournalUnreadable, QtuiError, UsageError
from qtui.journal import runs
from qtui.journal.journal import SqliteJournal
from qtui.journal.place import state_dir
from qtui.journal.runs import HeldRun
from qtui.link.server import LinkServer
from qtui.text import clean
from qtui.wiring.alerting import OnAlert
from qtui.wiring.assemble import SITE, lay_ground, new_engine
from qtui.wiring.checking import checked
from qtui.wiring.ladder import Ladder, Step
from qtui.wiring.presets import Loaded, Options, identity_of, load, reads_stdin
from qtui.wiring.resuming import Intent, Resumption, agreed, look
from qtui.wiring.searching import forget_the_current_folder
from qtui.wiring.stacks import dump_tasks

log = logging.getLogger(__name__)

LAST_ALERTS_S = 5.0
"""How long the commands of the last alerts may go on when a run is over."""
FIRST_FACE_S = 10.0
"""How long an engine that was started for a face waits for it before it ends without one."""
STOP_TIMEOUT_S = 20.0
"""How long a terminated engine drains before it stops."""


@dataclass(frozen=True, slots=True)
class Start:
    """What an engine process is told."""

    source: str
    listener: socket.socket
    socket: Path
    options: Options = field(default_factory=Options)
    state: Path | None = None
    faces: int = 0
    """Faces to wait for before the process may end."""
    wait: bool = False
    """Start nothing before those faces are there: they want every event."""
    stop_timeout_s: float = STOP_TIMEOUT_S
    intent: Intent = field(default_factory=Intent)
    """What is wanted of an unfinished run of the same preset."""
    keyboard: bool = False
    """Standard input was a terminal where the run was started: there are no rows in it."""

    @property
    def early_log(self) -> Path:
        """What is said before the run has a folder."""
        return self.socket.with_suffix(".log")


class _Before:
    """What faces see while there is no engine yet."""

    def __init__(self, source: str) -> None:
        self._source = source
        self.doing = f"reading {source}"

    def snapshot(self) -> Snapshot:
        return picture.take(Ledger(), 0.0, picture.Surroundings(doing=self.doing))

    async def ask(self, request: Request) -> Reply:
        return Reply(False, "the run has not started yet")

    async def query(self, query: Query) -> Answer:
        return Unknown("the run has not started yet")


class EngineProcess:
    """One life of an engine."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._faces_changed = asyncio.Event()
        self._faces_seen = 0
        self._before = _Before(start.source)
        self._server = LinkServer(self._before, "", self._faces)
        self.ladder = Ladder(start.stop_timeout_s, self)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._steps: deque[tuple[Step, str, Callable[[], None]]] = deque()
        """Asked for by the ladder and not yet taken."""
        self._asked_to_end = False
        self._opening: asyncio.Task[tuple[Engine, HeldRun]] | None = None
        self._engine: Engine | None = None
        """Once it has started."""
        self._held: HeldRun | None = None

    async def run(self) -> int:
        """Serve faces, run the preset, and return the exit code."""
        self._loop = asyncio.get_running_loop()
        self._take_steps()
        await self._server.start(self._start.listener)
        refused: Refusal | None = None
        code = int(ExitCode.ALL_DONE)
        try:
            code = await self._run()
        except QtuiError as error:
            code = int(error.exit_code)
            refused = error if isinstance(error, Refusal) else Refusal(str(error), code)
            print(f"qtui: {error}", file=sys.stderr)
        except Exception as error:
            log.exception("the engine failed")
            code = int(ExitCode.BUG)
            refused = Refusal(f"internal error: {type(error).__name__}; the log of the engine has more", code)
        if refused is not None:
            await self._first_face()
            await self._server.close(code, str(refused), refused.checked, refused.plan)
        else:
            await self._server.close()
        self._start.socket.unlink(missing_ok=True)
        self._start.early_log.unlink(missing_ok=True)  # faces have been told; a bug is in the run's own log
        return code

    async def _run(self) -> int:
        start = self._start
        loaded = load(start.source, start.options)
        if loaded.preset is None:
            raise Refusal(f"{start.source} cannot run", ExitCode.USAGE, checked(loaded))
        if start.keyboard and reads_stdin(loaded.preset):
            raise UsageError(
                "standard input is a terminal, where no rows come from: send them through a pipe, such as "
                "`cat FILE | qtui …`, or name a file with --input FILE"
            )
        async with contextlib.AsyncExitStack() as cleanup:
            engine, run = await self._unless_ended(self._open(loaded, loaded.preset, cleanup))
            _log_to(run)
            run.describe(socket=str(start.socket), state="running")
            return await self._live(engine, run)

    async def _unless_ended(self, opening: Coroutine[object, object, tuple[Engine, HeldRun]]) -> tuple[Engine, HeldRun]:
        """What opening gives; a signal ends it, it may wait for a person."""
        self._opening = asyncio.create_task(opening, name="open")
        if self._asked_to_end:
            self._opening.cancel()
        try:
            return await self._opening
        except asyncio.CancelledError:
            if not self._asked_to_end:
                raise
            raise Refusal("it was ended before it had begun", self.ladder.exit_code) from None

    async def _open(self, loaded: Loaded, preset: Preset, cleanup: contextlib.AsyncExitStack) -> tuple[Engine, HeldRun]:
        """The engine of a new run, or of the unfinished one of this preset."""
        start, where = self._start, state_dir(self._start.state)
        identity = identity_of(loaded, start.options)
        folder = runs.unfinished(where, identity, finished_too=bool(start.intent.retry))
        if start.intent.retry and (start.intent.fresh or folder is None):
            raise _no_round(start)
        if folder and not start.intent.fresh:
            return await self._resume(folder, loaded, preset, cleanup)
        if start.intent.dry:
            instead = f"; {clean(folder.name)} would be set aside" if folder else ""
            raise Refusal(f"all of {clean(start.source)} would run{instead}; nothing was started", ExitCode.ALL_DONE)
        run = runs.new_run(
            where, name=preset.about.name, preset=loaded.source, started_at=LoopClock().wall(), identity=identity
        )
        cleanup.callback(run.release)
        try:
            engine = new_engine(await lay_ground(preset, loaded.document, cleanup, run_id=run.record.run_id), run)
            if folder:  # only now: a run that cannot begin replaces none
                runs.set_aside(folder)
            return engine, run
        except BaseException:
            run.discard()
            raise

    async def _resume(
        self, folder: Path, loaded: Loaded, preset: Preset, cleanup: contextlib.AsyncExitStack
    ) -> tuple[Engine, HeldRun]:
        try:
            run = runs.hold(folder)
            cleanup.callback(run.release)
            self._progress(f"reading the journal of {run.record.run_id}")
            found = look(run)
        except AlreadyRunning as error:
            raise AlreadyRunning(
                f"{error}; `qtui attach {clean(folder.name)}` shows it, --fresh starts another one beside it"
            ) from None
        except JournalUnreadable as error:
            raise JournalUnreadable(f"{error}; --fresh starts anew without it") from None
        ground = await lay_ground(preset, loaded.document, cleanup, found.meta.get(SITE, ""), run.record.run_id)
        resumption = Resumption(ground, run, found)
        loop = asyncio.get_running_loop()

        def progress(doing: str) -> None:
            loop.call_soon_threadsafe(self._progress, doing)

        plan = await agreed(resumption, self._start.intent, progress)
        return await resumption.engine(plan), run

    def _progress(self, doing: str) -> None:
        self._before.doing = doing
        self._server.push()

    async def _live(self, engine: Engine, run: HeldRun) -> int:
        self._held = run
        engine.on_stop = self.ladder.stopping
        engine.subscribe(self._server.event, durable=True)
        watchdog = Watchdog(run.folder, lambda said: engine.emit(Notice(engine.now(), said, "warning")))
        watchdog.start()
        beating = asyncio.create_task(
            Heartbeat(engine, watchdog.saw, disk=partial(room, run.folder)).run(), name="heartbeat"
        )
        sampling = asyncio.create_task(Sampler(engine).run(), name="sampler")
        on_alert = OnAlert(
            engine.preset.alerts,
            run.record.run_id,
            run.record.name,
            lambda said: engine.emit(Notice(engine.now(), said, "warning")),
        )
        watching = asyncio.create_task(Alarms(engine, on_alert).run(), name="alarms")
        if not self._start.faces:
            engine.audience.alone_from = engine.now()
        try:
            if self._start.wait:
                await self._first_face()
            await engine.start(self._start.intent.retry)
            self._engine = engine
            self._take_steps()  # what was asked for before there was anything to drain
            self._server.run = engine
            self._server.push()
            gc.freeze()  # what exists now lives as long as the process; full collections need not look at it
            await self._until_over(engine)
        finally:
            watchdog.close()
            beating.cancel()
            sampling.cancel()
            watching.cancel()
            try:
                await engine.close()
            finally:
                state = engine.ledger.state
                with contextlib.suppress(CannotWrite):  # a disk that stays full has been told by then
                    run.describe(socket="", state="finished" if state is RunState.FINISHED else "stopped")
                await on_alert.close(LAST_ALERTS_S)
        if engine.fatal:
            raise CannotWrite(engine.fatal)
        return self._exit_code(engine)

    async def _until_over(self, engine: Engine) -> None:
        """Until the run has ended and nobody looks at it any more: a face may still retry what failed."""
        await self._first_face()
        while True:
            await engine.wait_ended()
            self._server.push()
            if engine.fatal or engine.ledger.state is RunState.STOPPED or self._asked_to_end or not self._server.faces:
                return
            changed = asyncio.create_task(self._faces_changed.wait(), name="faces")
            reopened = asyncio.create_task(engine.wait_reopened(), name="reopened")
            self._faces_changed.clear()
            await asyncio.wait([changed, reopened], return_when=asyncio.FIRST_COMPLETED)
            for task in (changed, reopened):
                task.cancel()

    async def _first_face(self) -> None:
        """A face was started along with us: it must not find us gone."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIRST_FACE_S):
                while self._faces_seen < self._start.faces and not self._asked_to_end:
                    self._faces_changed.clear()
                    await self._faces_changed.wait()

    def _faces(self, number: int) -> None:
        self._faces_seen = max(self._faces_seen, number)
        if not number and self._engine is not None:
            self._engine.audience.alone_from = self._engine.now()
        self._faces_changed.set()

    # -- the ladder's side; its thread calls what has no underscore

    def climb(self, step: Step, by: str, done: Callable[[], None]) -> None:
        self._steps.append((step, by, done))
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: everything is over
                self._loop.call_soon_threadsafe(self._take_steps)

    def show_tasks(self) -> None:
        dump_tasks(self._loop)

    def last_words(self) -> None:
        engine, run = self._engine, self._held
        if engine is not None and isinstance(engine.journal, SqliteJournal):
            engine.journal.rescue(engine.ledger.ended.how if engine.ledger.ended else "stopped")
        if run is not None:
            run.describe(socket="", state="stopped")
        self._start.socket.unlink(missing_ok=True)

    def _take_steps(self) -> None:
        """On the loop. Before the engine has started steps wait, but for what waits for faces."""
        if self._steps:
            self._asked_to_end = True
            self._faces_changed.set()
            if self._opening is not None:
                self._opening.cancel()
        engine = self._engine
        while self._steps and engine is not None:
            step, by, done = self._steps.popleft()
            match step:
                case Step.DRAIN if engine.ledger.state in (RunState.RUNNING, RunState.PAUSED, RunState.HALTED):
                    engine.drain(by)
                case Step.STOP:
                    engine.stop(by)
                case Step.GIVE_UP:
                    engine.give_up(by)
            done()

    def _exit_code(self, engine: Engine) -> int:
        ledger = engine.ledger
        if ledger.state is RunState.STOPPED:
            return int(self.ladder.exit_code)
        lost = ledger.counts[State.FAILED] + ledger.counts[State.HELD]
        broken = any(producer.problem for producer in ledger.producers.values())
        return int(ExitCode.SOME_FAILED if lost or broken else ExitCode.ALL_DONE)


def _no_round(start: Start) -> Refusal:
    """Nothing can be given another round: there is no earlier run, or it is wanted out of the way."""
    option = f"--retry-{start.intent.retry[0]}"
    if start.intent.fresh:
        return Refusal(f"--fresh starts anew and {option} goes on with what was; give one of them", ExitCode.USAGE)
    return Refusal(f"there is no earlier run of {clean(start.source)}; {option} would start nothing", ExitCode.USAGE)


def _log_to(run: HeldRun) -> None:
    """From here on everything the process says goes to the run's own log."""
    path = run.folder / "engine.log"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(handle, 2)
    os.close(handle)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.INFO, force=True)
    faulthandler.enable()


def main(start: Start) -> int:
    """Run an engine process to its end."""
    forget_the_current_folder()
    process = EngineProcess(start)
    process.ladder.listen()
    code = asyncio.run(_main(process))
    sys.stderr.flush()
    return code


async def _main(process: EngineProcess) -> int:
    code = await process.run()
    process.ladder.leave_within(code)  # asyncio and the interpreter would wait for whatever a job has left behind
    return code
