"""Where the sockets of running engines are: a directory that only their owner may enter."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

from qtui.errors import CannotWrite

MAX_PATH = 100
"""A unix socket's path has at most 107 bytes; some systems allow 103."""


def socket_path(run_id: str) -> Path:
    """The socket of a run. Raises CannotWrite when its directory is not ours alone."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(runtime) / "qtui" if runtime else _without_runtime_dir()
    path = folder / f"{run_id}.sock"
    if len(os.fsencode(path)) > MAX_PATH:
        path = Path("/tmp") / f"qtui-{os.getuid()}" / f"{run_id}.sock"
    _own(path.parent)
    return path


def _without_runtime_dir() -> Path:
    from tempfile import gettempdir  # slow to load, and few systems need it

    return Path(gettempdir()) / f"qtui-{os.getuid()}"


def _own(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise CannotWrite(f"{folder} cannot be made for the engine's socket: {error.strerror}") from None
    if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):
        raise CannotWrite(f"{folder} belongs to somebody else; set XDG_RUNTIME_DIR to a directory of your own")
    if found.st_mode & 0o077:
        folder.chmod(0o700)


def listen(path: Path) -> socket.socket:
    """A listening socket at `path`, mode 0600 from its first moment; faces may connect before the engine accepts."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    old = os.umask(0o177)
    try:
        path.unlink(missing_ok=True)
        sock.bind(os.fspath(path))
    except OSError as error:
        sock.close()
        raise CannotWrite(f"{path} cannot be made for the engine's socket: {error.strerror}") from None
    finally:
        os.umask(old)
    sock.listen(128)  # an engine that hangs is asked again and again
    return sock
