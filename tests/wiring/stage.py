"""Real programs on a state directory of their own: screens on a pty, engines behind them, and a second pair of eyes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from qtui.core.commands import Command, Reply, Request
from qtui.core.snapshot import Snapshot
from qtui.journal.runs import RunRecord
from qtui.link.client import LinkPort
from qtui.link.protocol import VERSION, Hello
from tests.patience import PATIENCE_S
from tests.terminal import Terminal

ROOT = Path(__file__).parent.parent.parent
PRESET = """
[preset]
name = "bench"
[[source]]
kind = "range"
stop = {jobs}
line = "shop.example/p/{{n}}"
[queue]
capacity = 16
[workers]
concurrency = 4
[job]
kind = "simulate"
name = "{{line}}"
[job.simulate]
latency = "{latency}"
distribution = "constant"
fail = {fail}
retryable = 0.0
seed = 7
"""


class Stage:
    """Starts programs in `folder`; `end` kills every engine they left behind, each known by its socket in there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.env = {
            "PYTHONPATH": str(ROOT),
            "QTUI_STATE": str(self.state),
            "XDG_RUNTIME_DIR": str(folder),
            "HOME": str(folder),
        }

    def preset(self, *, jobs: int = 5000, latency: str = "50ms", fail: float = 0.0) -> str:
        return self.write("bench.toml", PRESET.format(jobs=jobs, latency=latency, fail=fail))

    def write(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "qtui", *words]

    def open(self, *words: str, size: tuple[int, int] = (120, 40), **env: str) -> Terminal:
        return Terminal.start(self.command(*words), size=size, env={**self.env, **env}, cwd=self.folder)

    def shell(self, script: str, size: tuple[int, int] = (120, 40)) -> Terminal:
        """A shell script on a pty, where `$QTUI` is the program."""
        told = {**self.env, "QTUI": f"{sys.executable} -m qtui"}
        return Terminal.start(["sh", "-c", script], size=size, env=told, cwd=self.folder)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """The program without a terminal, to its end."""
        return subprocess.run(
            self.command(*words),
            cwd=self.folder,
            env={**os.environ, **self.env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE_S,
            check=False,
        )

    # -- what became of the engines

    def records(self) -> list[RunRecord]:
        found = sorted(self.state.glob("*/run.json"))
        return [msgspec.json.decode(path.read_bytes(), type=RunRecord) for path in found]

    @property
    def record(self) -> RunRecord:
        (record,) = self.records()
        return record

    @property
    def engines(self) -> list[int]:
        """The process ids of the engines that live, those included that have not described themselves yet."""
        told = {record.pid for record in self.records()}
        return [pid for pid, words in processes() if b"_engine" in words and (pid in told or self._socket_in(words))]

    def all_end(self) -> None:
        """Wait until no engine lives: one whose run is over goes a moment after its last face."""
        for pid in self.engines:
            ends(pid)

    def _socket_in(self, words: list[bytes]) -> bool:
        return any(word.startswith(os.fsencode(self.folder) + b"/qtui/") for word in words)

    def end(self) -> None:
        for pid in self.engines:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    # -- a second face

    def picture(self, wanted: Callable[[Snapshot], bool] = lambda snap: True, timeout: float = PATIENCE_S) -> Snapshot:
        """The first snapshot of the run that is as wanted, seen by a face that only watches."""
        return asyncio.run(self._picture(wanted, timeout))

    async def _picture(self, wanted: Callable[[Snapshot], bool], timeout: float) -> Snapshot:
        port = await LinkPort.connect(Path(self.record.socket), Hello(VERSION, watch=True))
        try:
            async with asyncio.timeout(timeout):
                async for snap in port.snapshots():
                    if wanted(snap):
                        return snap
        finally:
            await port.close()
        raise AssertionError("the run ended without showing it")

    def tell(self, command: Command) -> Reply:
        """Steer the run from a second face."""
        return asyncio.run(self._tell(command))

    async def _tell(self, command: Command) -> Reply:
        port = await LinkPort.connect(Path(self.record.socket), Hello(VERSION, hz=0))
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await port.send(Request(command))
        finally:
            await port.close()

    def goes_on(self) -> None:
        """The engine lives and gets jobs done."""
        done = self.picture().counts.done
        self.picture(lambda snap: snap.counts.done > done)


def processes() -> Iterator[tuple[int, list[bytes]]]:
    """Every process with the words of its command line; what is dead has none."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            yield int(folder.name), (folder / "cmdline").read_bytes().split(b"\0")


def runs(pid: int) -> bool:
    """Whether a process lives; one that is dead and not yet waited for does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in ("Z", "X")


def ends(pid: int, timeout: float = PATIENCE_S) -> None:
    """Wait until a process that is not our child has ended; fail when it does not."""
    with suppress(ProcessLookupError), open_process(pid) as handle:
        asyncio.run(_readable(handle, timeout))


@contextmanager
def open_process(pid: int) -> Iterator[int]:
    handle = os.pidfd_open(pid)
    try:
        yield handle
    finally:
        os.close(handle)


async def _readable(handle: int, timeout: float) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(handle, ended.set)
    try:
        async with asyncio.timeout(timeout):
            await ended.wait()
    finally:
        loop.remove_reader(handle)


def descendants(pid: int) -> list[int]:
    """The process and everything it has started that is still its child."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in descendants(int(child)))]


def part(pid: int, name: str) -> int:
    """The one process below `pid` that is the `launcher` or the `screen`, which is a fork of it."""
    found = []
    for each in descendants(pid):
        words = Path(f"/proc/{each}/cmdline").read_bytes().split(b"\0")
        if b"qtui" in words and b"_engine" not in words:
            found.append(each)
    launcher, screen = found
    return launcher if name == "launcher" else screen


def restored(terminal: Terminal) -> None:
    """The program has left its modes: main screen, cursor, no mouse, paste or focus reports, no kitty keys."""
    raw = terminal.raw
    assert raw.rfind(b"\x1b[?1049l") > raw.rfind(b"\x1b[?1049h") >= 0
    assert raw.rfind(b"\x1b[?25h") > raw.rfind(b"\x1b[?25l")
    for mode in (1000, 1002, 1003, 1006, 1015, 2004, 1004, 2048, 2026):
        on, off = b"\x1b[?%dh" % mode, b"\x1b[?%dl" % mode
        assert raw.rfind(off) >= raw.rfind(on), f"mode {mode} is still on"
    assert raw.rfind(b"\x1b[<u") >= raw.rfind(b"\x1b[>1u")
