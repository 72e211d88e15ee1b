"""A disk as it may stand after a power cut, replayed from a recording of system calls.

What was synced is there; of what was not, any part: writes kept, dropped, or torn at 512 bytes, with or without the
length they gave the file. Names made, removed or changed in a folder survive up to some moment when the folder was
not synced since.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import msgspec

SECTOR = 512
CALLS = ("openat", "pwrite64", "write", "fdatasync", "fsync", "ftruncate", "unlink", "rename", "mkdir")
_LINE = re.compile(rb"^(\d+) +(?:(\w+)\((.*)|<\.\.\. \w+ resumed>(.*))$")
_PATH = re.compile(rb"\"((?:\\x[0-9a-f]{2})*)\"")
_HANDLE = re.compile(rb"^\d+<((?:\\x[0-9a-f]{2})*)>")


class Call(msgspec.Struct):
    """A system call that succeeded; what it says is about `path`."""

    name: str
    path: PurePosixPath
    data: bytes = b""
    at: int = -1
    """Offset of a write or length of a truncation; -1 means behind the last write."""
    flags: bytes = b""
    target: PurePosixPath | None = None
    """Of a rename."""


class Moment(msgspec.Struct):
    """A call begins or ends."""

    call: Call
    begins: bool


def recorded(trace: Path, folder: Path) -> Iterator[Moment]:
    """The calls below `folder` and on standard output in a recording made with `-f -y -xx`, as moments in order."""
    lines = trace.read_bytes().splitlines()
    open_: dict[bytes, Call | None] = {}
    for line in lines:
        if not (found := _LINE.match(line)):
            continue  # the end of a thread or a signal
        thread, name, told = found[1], found[2], found[3] or found[4]
        if name is not None:
            call = _call(name.decode(), told, folder)
            if call is not None:
                yield Moment(call, True)
            if told.endswith(b"<unfinished ...>"):
                open_[thread] = call
                continue
        else:
            call = open_.pop(thread)
        if call is not None:
            result = told.rpartition(b"= ")[2]
            assert not result.startswith(b"-") or call.name in ("openat", "unlink"), line[:200]
            if not result.startswith(b"-"):
                yield Moment(call, False)


def _call(name: str, told: bytes, folder: Path) -> Call | None:
    if name in ("openat", "unlink", "rename", "mkdir"):
        paths = [PurePosixPath(_bytes(text).decode()) for text in _PATH.findall(told)]
        flags = told.partition(b'", ')[2]
        call = Call(name, paths[0], flags=flags, target=paths[-1])
    else:
        handle = _HANDLE.match(told)
        assert handle is not None, told[:200]
        call = Call(name, PurePosixPath(_bytes(handle[1]).decode()))
        if name in ("write", "pwrite64"):
            data = _PATH.search(told)
            assert data is not None, told[:200]
            call.data = _bytes(data[1])
            call.at = _last_number(told) if name == "pwrite64" else -1
        elif name == "ftruncate":
            call.at = _last_number(told)
        if told.startswith(b"1<"):
            return Call("stdout", PurePosixPath("stdout"), call.data)
    return call if call.path.is_relative_to(folder) else None


def _bytes(text: bytes) -> bytes:
    return bytes.fromhex(text.replace(b"\\x", b"").decode())


def _last_number(told: bytes) -> int:
    arguments = told.rpartition(b" = ")[0] or told
    numbers = re.findall(rb", (\d+)(?=\)| <unfinished|\s*$)", arguments)
    return int(numbers[-1])


class _File:
    """One file: what is on the disk, and what was told to the system since the last sync."""

    def __init__(self) -> None:
        self.synced = bytearray()
        self.told: list[tuple[int, bytes | None]] = []
        """Offset and data of a write, or a length and None."""
        self.end = 0
        """Behind the last write without an offset."""

    def sync(self, count: int) -> None:
        for at, data in self.told[:count]:
            _apply(self.synced, at, data)
        del self.told[:count]

    def after_a_cut(self, chance: random.Random, manner: str) -> bytes:
        content = bytearray(self.synced)
        for at, data in self.told:
            if data is None:
                if manner == "all" or (manner != "none" and chance.random() < 0.5):
                    _apply(content, at, None)
            else:
                for start, part in _kept(at, data, chance, manner):
                    _apply(content, start, part)
        return bytes(content)


def _kept(at: int, data: bytes, chance: random.Random, manner: str) -> Iterator[tuple[int, bytes]]:
    """The parts of a write that reached the disk."""
    if manner == "all" or (manner == "some" and chance.random() < 0.5):
        yield at, data
    elif manner in ("torn", "holes"):
        start = 0
        while start < len(data):
            end = min(len(data), start + SECTOR - (at + start) % SECTOR)
            if chance.random() < 0.5:
                yield at + start, data[start:end]
            elif manner == "holes":
                yield at + end, b""  # the length has reached the disk and the data has not
            start = end


def _apply(content: bytearray, at: int, data: bytes | None) -> None:
    end = at if data is None else at + len(data)
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    if data is None:
        del content[at:]
    else:
        content[at:end] = data


MANNERS = ("none", "all", "some", "torn", "holes")


class Disk:
    """The files below one folder while a recording is replayed."""

    def __init__(self) -> None:
        self._now: dict[PurePosixPath, _File] = {}
        """As running programs see them."""
        self._names: dict[PurePosixPath, _File] = {}
        """As the disk has them."""
        self._unsynced: dict[PurePosixPath, list[tuple[PurePosixPath, _File | None]]] = {}
        """By folder, in order: a name and what it means since then, None for nothing."""
        self._syncing: dict[int, int] = {}
        """Calls of sync that have begun → how much of the file they make durable."""

    def replay(self, moment: Moment) -> None:
        """A write may be on the disk as soon as it begins; a sync has done its work only when it ends."""
        call = moment.call
        if call.name in ("fsync", "fdatasync"):
            self._sync(call, moment.begins)
        elif moment.begins and call.name in ("write", "pwrite64", "ftruncate"):
            self._write(call)
        elif not moment.begins and call.name in ("openat", "unlink", "rename"):
            self._name(call)

    def now(self) -> dict[PurePosixPath, bytes]:
        """The files as running programs see them."""
        return {path: file.after_a_cut(random.Random(0), "all") for path, file in self._now.items()}

    def after_a_cut(self, chance: random.Random) -> dict[PurePosixPath, bytes]:
        """The files as they may stand when the power is cut now."""
        manner = chance.choice(MANNERS)
        names = dict(self._names)
        for changes in self._unsynced.values():
            survived = {"none": 0, "all": len(changes)}.get(manner, chance.randint(0, len(changes)))
            for path, file in changes[:survived]:
                _rename(names, path, file)
        return {path: file.after_a_cut(chance, manner) for path, file in names.items()}

    def _write(self, call: Call) -> None:
        file = self._now[call.path]
        at = file.end if call.at < 0 else call.at
        file.told.append((at, None if call.name == "ftruncate" else call.data))
        if call.at < 0:
            file.end = at + len(call.data)

    def _sync(self, call: Call, begins: bool) -> None:
        file = self._now.get(call.path)
        known = file.told if file else self._unsynced.setdefault(call.path, [])
        if begins:
            self._syncing[id(call)] = len(known)
            return
        count = self._syncing.pop(id(call))
        if file:
            file.sync(count)
            return
        changes = self._unsynced[call.path]
        for path, meant in changes[:count]:
            _rename(self._names, path, meant)
        del changes[:count]

    def _name(self, call: Call) -> None:
        if call.name == "openat":
            if b"O_CREAT" in call.flags and call.path not in self._now:
                self._means(call.path, _File())
            elif b"O_TRUNC" in call.flags:
                self._now[call.path].told.append((0, None))
            if call.path in self._now:
                self._now[call.path].end = 0
        elif call.name == "unlink":
            self._means(call.path, None)
        elif call.target is not None:
            file = self._now[call.path]
            self._means(call.target, file)
            self._means(call.path, None)

    def _means(self, path: PurePosixPath, file: _File | None) -> None:
        _rename(self._now, path, file)
        self._unsynced.setdefault(path.parent, []).append((path, file))


def _rename(names: dict[PurePosixPath, _File], path: PurePosixPath, file: _File | None) -> None:
    if file is None:
        names.pop(path, None)
    else:
        names[path] = file
