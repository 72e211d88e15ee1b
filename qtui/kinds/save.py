"""Answers written to files whose names come from foreign text, and that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import unicodedata
from collections.abc import Mapping
from functools import partial
from hashlib import sha256
from itertools import count

from qtui.core.job import Job, Value
from qtui.core.template import Template
from qtui.errors import CannotWrite
from qtui.kinds.threads import Threads
from qtui.text import clean

MAX_NAME = 200
"""Bytes of a file name; file systems allow 255."""
_parts = count()
"""An attempt that was cancelled may still be writing; the next one needs a part of its own."""
_FORBIDDEN = frozenset('/\\:*?"<>|')


class Saver:
    """Writes into one directory, which is held open: whatever happens to its path, files land in it."""

    def __init__(self, template: str, directory: str, run_fields: Mapping[str, Value]) -> None:
        folder, slash, name = template.rpartition("/")
        self._folder = (Template(folder).fill() or "/") if slash else ""
        self._name = Template(name)
        self._run_fields = run_fields
        self._path = os.path.join(directory, os.path.expanduser(self._folder))
        self._threads = Threads("qtui-save", 2)
        self._directory = -1

    def open(self) -> None:
        """Make the directory. Raises CannotWrite."""
        try:
            os.makedirs(self._path, exist_ok=True)
            self._directory = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except (OSError, ValueError) as error:
            raise CannotWrite(f"{clean(self._path)} cannot be made: {_reason(error)}") from error
        if not os.access(self._path, os.W_OK | os.X_OK):
            self.close()
            raise CannotWrite(f"{clean(self._path)} may not be written to by this user")

    def close(self) -> None:
        self._threads.close()
        if self._directory >= 0:
            os.close(self._directory)
            self._directory = -1

    async def save(self, job: Job, content: bytes) -> str:
        """Write the file of a job in place of an earlier one; gives its path as the preset writes it.

        Raises:
            TemplateError: when the row lacks a field of the name.
            OSError: when it cannot be written.
        """
        name = safe_name(self._name.fill(job.row, self._run_fields))
        await self._threads.call(
            partial(_write, self._directory, name, f".qtui-{os.getpid()}-{next(_parts)}.part", content)
        )
        return os.path.join(self._folder, name)

    def begin(self, job: Job, limit: int) -> Part:
        """A file of a job that is written bit by bit, `limit` bytes at most. Raises TemplateError, OSError."""
        name = safe_name(self._name.fill(job.row, self._run_fields))
        return Part(self._directory, name, os.path.join(self._folder, name), limit)


class Part:
    """A file that is being written; it gets its name when it is whole. Its methods may block on a slow disk."""

    def __init__(self, directory: int, name: str, path: str, limit: int) -> None:
        """Raises OSError."""
        self.path = path
        """As the preset writes it."""
        self._directory, self._name, self._left = directory, name, limit
        self._part = f".qtui-{os.getpid()}-{next(_parts)}.part"
        self._fd = _new_part(directory, self._part)

    def write(self, content: bytes) -> None:
        """Add to it, up to the limit; then once the word that something is missing. Raises OSError."""
        if self._left < 0:
            return
        view = memoryview(content)[: self._left]
        self._left -= len(content)
        self._put(view)
        if self._left < 0:
            self._put(memoryview("\n…truncated\n".encode()))

    def keep(self) -> None:
        """It is whole. Raises OSError."""
        os.close(self._fd)
        self._fd = -1
        os.replace(self._part, self._name, src_dir_fd=self._directory, dst_dir_fd=self._directory)

    def discard(self) -> None:
        """Nobody wants it; does nothing after `keep`."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
            with contextlib.suppress(OSError):
                os.unlink(self._part, dir_fd=self._directory)

    def _put(self, view: memoryview) -> None:
        while view:
            view = view[os.write(self._fd, view) :]


def safe_name(wanted: str) -> str:
    """One path component made of foreign text; altered names end in a hash of what was wanted, so that none collide."""
    name = unicodedata.normalize("NFC", wanted)
    name = "".join("_" if ch in _FORBIDDEN or not ch.isprintable() else ch for ch in name)
    name = name.strip(" ")
    if name.startswith((".", "-", "~")):
        name = f"_{name[1:]}"
    if name == wanted and name and len(_octets(name)) <= MAX_NAME and not name.endswith("."):
        return name
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix) > 10:
        stem, dot, suffix = name, "", ""
    ending = f"-{sha256(_octets(wanted)).hexdigest()[:12]}{dot}{suffix}"
    kept = _octets(stem)[: MAX_NAME - len(_octets(ending))].decode(errors="ignore")
    return (kept or "_") + ending.rstrip(".")


def _octets(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _new_part(directory: int, part: str) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(part, flags, 0o666, dir_fd=directory)
    except FileExistsError:  # left by a process that was killed
        os.unlink(part, dir_fd=directory)
        return os.open(part, flags, 0o666, dir_fd=directory)


def _write(directory: int, name: str, part: str, content: bytes) -> None:
    fd = _new_part(directory, part)
    try:
        with open(fd, "wb", buffering=0) as file:
            view = memoryview(content)
            while view:
                view = view[file.write(view) :]
        os.replace(part, name, src_dir_fd=directory, dst_dir_fd=directory)
    except OSError:
        os.unlink(part, dir_fd=directory)
        raise


def _reason(error: Exception) -> str:
    return clean(error.strerror or type(error).__name__) if isinstance(error, OSError) else "not a path"
