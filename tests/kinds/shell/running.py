"""What the tests of the shell kind share: a kind that is open, and what the system says of processes."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from qtui.kinds.context import KindContext
from qtui.kinds.shell.kind import ShellKind
from qtui.kinds.shell.options import ShellTable
from tests.kinds.running import real

ENVIRON = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp"}


def table(**keys: Any) -> ShellTable:
    return msgspec.convert(keys, ShellTable)


def made(context: KindContext | None = None, environ: Mapping[str, str] | None = None, **keys: Any) -> ShellKind:
    return ShellKind(table(**keys), context or real(environ={**ENVIRON, **(environ or {})}))


@contextlib.asynccontextmanager
async def shell(
    context: KindContext | None = None, environ: Mapping[str, str] | None = None, **keys: Any
) -> AsyncIterator[ShellKind]:
    kind = made(context, environ, **keys)
    await kind.open(4)
    try:
        yield kind
    finally:
        await kind.close()


def script(text: str) -> list[str]:
    """A command of the tests themselves; nothing foreign is put into it."""
    return ["/bin/sh", "-c", text]


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
