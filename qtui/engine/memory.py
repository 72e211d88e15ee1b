"""How much memory is in use, and of how much: of the control group where that has a limit, else of the machine."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import NamedTuple

CHUNK = 1 << 16


class Memory(NamedTuple):
    used: int
    """Bytes that could not be had by dropping files from the cache."""
    limit: int
    """More than none."""

    @property
    def share(self) -> float:
        return self.used / self.limit


class _Group(NamedTuple):
    """The files of one control group."""

    limit: Path
    used: Path
    stat: Path
    cache: bytes
    """What a file cache that can be dropped is called in `stat`."""


class MemoryReader:
    """Call it for the memory of now; None where the system does not tell it."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._machine = root / "proc/meminfo"
        self._groups = list(_groups(root))

    def __call__(self) -> Memory | None:
        machine = _fields(_read(self._machine))
        total = machine.get(b"MemTotal:", 0) * 1024
        found = [memory for group in self._groups if (memory := _of_group(group, total)) is not None]
        if found:
            return max(found, key=lambda memory: memory.share)
        free = machine.get(b"MemAvailable:")
        return Memory(total - free * 1024, total) if total and free is not None else None


def _groups(root: Path) -> list[_Group]:
    """Our control group and those around it, whose limits hold for us too; of version 2 and of version 1."""
    groups = []
    for line in _read(root / "proc/self/cgroup").decode("utf-8", "replace").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        new = not controllers
        if not new and "memory" not in controllers.split(","):
            continue
        top = root / ("sys/fs/cgroup" if new else "sys/fs/cgroup/memory")
        inside = PurePosixPath(path.strip("/"))
        for folder in [] if ".." in inside.parts else [inside, *inside.parents]:
            at = top / folder
            if new:
                group = _Group(at / "memory.max", at / "memory.current", at / "memory.stat", b"inactive_file")
            else:
                names = at / "memory.limit_in_bytes", at / "memory.usage_in_bytes", at / "memory.stat"
                group = _Group(*names, b"total_inactive_file")
            if group.used.exists():
                groups.append(group)
    return groups


def _of_group(group: _Group, total: int) -> Memory | None:
    """None where it has no limit, or one that is no limit to a machine of `total` bytes."""
    limit, used = _number(_read(group.limit)), _number(_read(group.used))
    if not limit or used is None or (total and limit >= total):
        return None
    return Memory(max(0, used - _fields(_read(group.stat)).get(group.cache, 0)), limit)


def _read(path: Path) -> bytes:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read(CHUNK) or b""
    except OSError:
        return b""


def _number(text: bytes) -> int | None:
    """None for what is no number, such as `max`."""
    return int(text) if text.strip().isdigit() else None


def _fields(text: bytes) -> dict[bytes, int]:
    """Lines of a name and a number."""
    words = (line.split() for line in text.splitlines())
    return {pair[0]: int(pair[1]) for pair in words if len(pair) >= 2 and pair[1].isdigit()}
