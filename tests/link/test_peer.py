"""The process behind a link: believed only when the system confirms it, and ended gently or hard."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qtui.link.address import listen
from qtui.link.peer import Peer

pytestmark = pytest.mark.skipif(not hasattr(socket, "SO_PEERCRED"), reason="only Linux names the process behind a link")

ENGINE = """
import signal, socket, sys
signal.signal(signal.SIGQUIT, lambda *_: sys.exit(7))
sock = socket.socket(fileno=int(sys.argv[1]))
sock.listen(4)
print("listens", flush=True)
signal.pause()
"""


class Engine:
    """A process in a session of its own that listens on a socket, made by itself or by this process."""

    def __init__(self, path: Path) -> None:
        self.made = listen(path)
        self.early = socket.socket(socket.AF_UNIX)
        self.early.connect(str(path))
        command = [sys.executable, "-c", ENGINE, str(self.made.fileno())]
        self.process = subprocess.Popen(
            command, pass_fds=[self.made.fileno()], stdout=subprocess.PIPE, start_new_session=True
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"listens\n"
        self.late = socket.socket(socket.AF_UNIX)
        self.late.connect(str(path))

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for each in (self.made, self.early, self.late, self.process.stdout):
            if each is not None:
                each.close()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = Engine(tmp_path / "engine.sock")
    yield engine
    engine.close()


@pytest.mark.parametrize("which", ["early", "late"])
def test_the_engine_is_known_whether_or_not_it_listened_before(engine: Engine, which: str) -> None:
    peer = Peer.find(getattr(engine, which), engine.process.pid)
    assert peer is not None
    assert peer.end(hard=False)
    assert engine.process.wait(10) == 7
    assert not peer.end(hard=True), "it has ended already"
    peer.close()


def test_hard_is_sigkill(engine: Engine) -> None:
    peer = Peer.find(engine.late, engine.process.pid)
    assert peer is not None
    os.kill(engine.process.pid, signal.SIGSTOP)
    assert peer.end(hard=True)
    assert engine.process.wait(10) == -signal.SIGKILL
    peer.close()


def test_another_process_is_not_taken_for_the_engine(engine: Engine) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        assert Peer.find(engine.late, other.pid) is None
        other.communicate(b"\n")


@pytest.mark.parametrize("pid", [-1, 0, 1])
def test_what_is_no_engine_is_not_known(engine: Engine, pid: int) -> None:
    assert Peer.find(engine.late, pid) is None


def test_a_peer_that_was_let_go_ends_nothing(engine: Engine) -> None:
    peer = Peer.find(engine.late, engine.process.pid)
    assert peer is not None
    peer.close()
    assert not peer.end(hard=True)
    assert engine.process.poll() is None
