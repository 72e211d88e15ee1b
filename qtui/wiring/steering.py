"""One command for a live run from the command line: found, understood, sent, answered."""

from __future__ import annotations

import asyncio
import getpass
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from qtui.core.commands import Acknowledge, Command, Reply, Request, RetryGroup, SetAsideGroup
from qtui.core.eta import Forecast
from qtui.core.snapshot import FailureGroup, Snapshot
from qtui.core.spelling import Misspelt, parse
from qtui.core.verdict import Judge
from qtui.errors import LinkError
from qtui.journal.place import state_dir
from qtui.link.client import LinkPort
from qtui.link.protocol import VERSION, Hello
from qtui.plain.report import status_report
from qtui.text import clean
from qtui.wiring.host import live_socket

ANSWER_S = 5.0
"""How long an engine may take to show itself."""
DONE_S = 30.0
"""How long it may take to carry a command out: some ask the journal first."""
STATUS = ["status"]


def steer(run: str, words: Sequence[str], *, state: str, dry_run: bool, reason: str) -> Reply:
    """Carry out the command that `words` spell on a live run; `status` only looks.

    Raises:
        UsageError: when there is no such live run or no such command.
        LinkError: when the engine does not answer.
    """
    socket = live_socket(state_dir(Path(state) if state else None), run)
    return asyncio.run(_steer(socket, list(words), dry_run=dry_run, reason=reason))


async def _steer(socket: Path, words: list[str], *, dry_run: bool, reason: str) -> Reply:
    async with visit(socket, ANSWER_S) as (port, snap):
        if words == STATUS:
            return Reply(True, status_report(snap, Judge().step(snap), Forecast().step(snap)))
        command = understood(words, snap)
        try:
            async with asyncio.timeout(DONE_S):
                reply = await port.send(Request(command, by=f"{user()} via ctl", reason=clean(reason), dry_run=dry_run))
        except TimeoutError:
            raise LinkError(f"the engine has not answered for {DONE_S:.0f} s; it may still do it") from None
        if port.lost:
            raise LinkError(reply.text)
        return reply


@asynccontextmanager
async def visit(socket: Path, patience_s: float) -> AsyncIterator[tuple[LinkPort, Snapshot]]:
    """A short connection to an engine, with its snapshot of now.

    Raises:
        LinkError: when it does not answer within `patience_s`. Refusal, when it has no room for another face.
    """
    port: LinkPort | None = None
    try:
        try:
            async with asyncio.timeout(patience_s):
                port = await LinkPort.connect(socket, Hello(VERSION, name="ctl", hz=0))
                snap = await anext(aiter(port.snapshots()))
        except TimeoutError:
            raise LinkError(
                f"the engine does not answer: it is stopped, or busy for more than {patience_s:g} s"
            ) from None
        except StopAsyncIteration:
            raise LinkError("the engine has just gone") from None
        yield port, snap
    finally:
        if port is not None:
            await port.close()


def understood(words: list[str], snap: Snapshot) -> Command:
    """The command that words spell for this run. Raises Misspelt, with what there is."""
    command = parse(words, [producer.name for producer in snap.producers], STATUS)
    if isinstance(command, RetryGroup | SetAsideGroup | Acknowledge):
        return msgspec.structs.replace(command, signature=_group(command.signature, snap.failures))
    return command


def _group(said: str, groups: Sequence[FailureGroup]) -> str:
    """The one failure group that is called so, or whose title and message hold what was said."""
    if any(group.signature == said for group in groups):
        return said
    wanted = said.casefold()
    found = [group for group in groups if wanted in f"{group.signature} {group.title} {group.message}".casefold()]
    if len(found) == 1:
        return found[0].signature
    if not found and not groups:
        raise Misspelt("no job has failed; there is no failure group")
    told = "; ".join(clean(f"{group.title} {group.message}".strip(), 60) for group in (found or groups)[:5])
    how_many = f"{len(found)} failure groups match" if found else "no failure group matches"
    raise Misspelt(f"{how_many} `{clean(said, 60)}`: {told}")


def user() -> str:
    """Who is at the keyboard, for the log."""
    try:
        return clean(getpass.getuser(), 25)
    except (OSError, KeyError):
        return f"uid {os.getuid()}"
