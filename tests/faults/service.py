"""A small server in a process of its own; what it was asked for is the truth about what ran: one line per request.

    python -m tests.faults.service FOLDER

`/job/KEY?wait=S` notes KEY in FOLDER/served before it answers after S seconds; with `once=503` a key is answered so
the first time. A key that stands in FOLDER/poison kills the engine that asked, as often as it stands there. A number
in FOLDER/enough: what is asked for after so many requests is never answered.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from aiohttp import web

from tests.wiring.stage import ROOT


class Service:
    """`with Service(folder) as service:`; the server lives as long."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.base = ""
        (folder / "served").touch()

    def __enter__(self) -> Service:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.service", str(self.folder)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self.base = self._process.stdout.readline().decode().strip()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def served(self) -> list[str]:
        """Every request so far, in order."""
        return (self.folder / "served").read_text().splitlines()

    def settle(self) -> None:
        """Until everything that had been sent has been noted: what a dead engine asked for may still be on its way."""
        for _ in range(2):
            with urllib.request.urlopen(f"{self.base}/settle"):
                pass

    def times(self) -> Counter[str]:
        """How often each key was asked for."""
        return Counter(self.served())

    def answer_only(self, number: int | None) -> None:
        """Leave what is asked for after so many requests without an answer; None: answer all."""
        enough = self.folder / "enough"
        if number is None:
            enough.unlink()
        else:
            enough.write_text(str(number))

    def poison(self, key: str, times: int) -> None:
        """The next `times` requests for `key` kill the engine."""
        (self.folder / "poison").write_text(f"{key}\n" * times)


def _engine_of(request: web.BaseRequest) -> int:
    """The process on this machine that asks. Raises LookupError: number 0 would mean everybody in our group."""
    assert request.transport is not None
    its, ours = (b":%04X" % request.transport.get_extra_info(end)[1] for end in ("peername", "sockname"))
    sockets = set()
    for line in Path("/proc/net/tcp").read_bytes().splitlines()[1:]:
        words = line.split()
        if words[1].endswith(its) and words[2].endswith(ours):
            sockets.add(b"socket:[%s]" % words[9])
    for handle in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if os.fsencode(os.readlink(handle)) in sockets:
                return int(handle.parts[2])
    raise LookupError("nobody holds the other end of this connection")


class _Server:
    def __init__(self, folder: Path) -> None:
        self._poison = folder / "poison"
        self._enough = folder / "enough"
        self._asked: set[str] = set()
        self._number = 0
        self._served = os.open(folder / "served", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/settle":
            return web.Response()
        key = request.path.rpartition("/")[2]
        os.write(self._served, f"{key}\n".encode())
        self._number += 1
        if self._enough.exists() and self._number > int(self._enough.read_text()):
            await asyncio.Event().wait()
        if self._poison.exists() and key in (doses := self._poison.read_text().split()):
            doses.remove(key)
            self._poison.write_text("\n".join(doses))
            os.kill(_engine_of(request), signal.SIGKILL)
        if wait := float(request.query.get("wait", 0)):
            await asyncio.sleep(wait)
        first = key not in self._asked
        self._asked.add(key)
        return web.Response(text=f"answer to {key}\n", status=int(request.query.get("once", 200)) if first else 200)


async def _serve(folder: Path) -> None:
    runner = web.ServerRunner(web.Server(_Server(folder).answer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=2048)
    await site.start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    # Ends with whoever holds the other end, so that no server is left behind by a test that was killed.
    loop, gone = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(0, gone.set)
    await gone.wait()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
