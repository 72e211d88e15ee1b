"""What the screen may ask for besides a run: presets, past runs, and starting or joining one.

Journal, presets and link are imported when they are asked for: the first frame of a screen should not wait for them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from qtui.core import stall
from qtui.core.port import (
    Change,
    Checked,
    Correction,
    Draft,
    Port,
    PresetEntry,
    Problem,
    RunEntry,
    Template,
    Unfinished,
)
from qtui.core.snapshot import Snapshot
from qtui.errors import QtuiError, UsageError
from qtui.text import clean
from qtui.wiring.finding import bundled, locate

if TYPE_CHECKING:
    from qtui.link.client import LinkPort

SCREEN_HZ = 10.0
_WORDS = {"ask": "--ask-plan", "resume": "--accept-plan", "fresh": "--fresh"}


class LocalHost:
    """The `Host` of a screen on this machine; runs are kept below `state`."""

    def __init__(
        self,
        state: str = "",
        source: str = "",
        arguments: list[str] | None = None,
        *,
        retry: Sequence[str] = (),
        watch: bool = False,
        socket: Path | None = None,
    ) -> None:
        """`arguments` are the options that the preset `source` was started with, `retry` those for going on with it.

        `socket` is where the engine listens that is shown first.
        """
        self._socket = socket
        self._state = state
        self._retry = {source: retry}
        self._arguments = {source: arguments or []}
        self._watch = watch

    def presets(self) -> list[PresetEntry]:
        from qtui.wiring.shelves import bundled_presets, own_presets

        return [*bundled_presets(), *own_presets()]

    def entry(self, source: str) -> PresetEntry:
        from qtui.wiring.shelves import own_entry

        path = locate(source)
        known = next((each for each in self.presets() if each.file == str(path.resolve())), None)
        return known or own_entry(path)

    def runs(self) -> list[RunEntry]:
        from qtui.journal.runs import list_runs

        return list_runs(self._where)

    def check(self, source: str) -> Checked:
        from qtui.wiring.checking import checked
        from qtui.wiring.presets import load

        try:
            return checked(load(source))
        except QtuiError as error:
            return Checked(source, problems=[Problem("", str(error))])

    def foresee(self, source: str, goes_on: Callable[[str, float], bool]) -> str:
        from qtui.wiring.reports import check

        return check(source, "", (), plan=True, tell=goes_on).text()

    def templates(self) -> list[Template]:
        from qtui.wiring.authoring import templates

        return templates()

    def write_new(self, template: str, path: str) -> str:
        from qtui.wiring.authoring import write_new

        write_new(template, path)
        return str(Path(path).expanduser())

    def correct(self, source: str, problem: Problem) -> Correction:
        from qtui.wiring.mending import correct

        return correct(source, problem)

    def write_correction(self, correction: Correction) -> None:
        from qtui.wiring.mending import write_correction

        write_correction(correction)

    async def open(self, source: str, unfinished: Unfinished = "ask") -> Port:
        from qtui.wiring.spawn import spawn_engine

        told = [*self._arguments.get(source, []), _WORDS[unfinished]]
        if unfinished == "resume":
            told += self._retry.pop(source, ())  # once: the next start of this preset is another wish
        spawned = spawn_engine(source, told, state=self._state)
        self._socket = spawned.socket
        return await connect(spawned.socket, started=lambda: spawned.process.pid)

    async def attach(self, run_id: str) -> Port:
        socket = await asyncio.to_thread(live_socket, self._where, run_id)
        return await connect(socket, watch=self._watch)

    def stalled(self, run_id: str) -> stall.Stall | None:
        try:
            folder = self._where / run_id if run_id else self._run_of_socket()
            said = (folder / stall.FILE).read_text("utf-8", "replace")
        except (OSError, ValueError, QtuiError):
            return None
        return stall.read(said, time.time())

    def _run_of_socket(self) -> Path:
        """The run of an engine that had no time to say which it is. Raises FileNotFoundError."""
        from qtui.journal.runs import read_record

        for file in self._where.glob(f"*/{stall.FILE}"):
            if self._socket is not None and read_record(file.parent).socket == str(self._socket):
                return file.parent
        raise FileNotFoundError

    def watch(self, source: str) -> Path | None:
        try:
            path = locate(source)
        except QtuiError:
            return Path(source)
        return None if path in bundled() else path

    def draft(self, snap: Snapshot, path: str) -> Draft:
        from qtui.wiring.editing import draft

        return draft(self._where / snap.run_id, snap, path)

    def save(self, draft: Draft, *, replace: bool) -> str:
        from qtui.wiring.editing import save

        return save(draft.path, draft.text, replace=replace)

    def reload(self, snap: Snapshot) -> list[Change]:
        from qtui.wiring.editing import reload

        words = self._arguments.get(snap.preset, [])
        pairs = [word.partition("=") for option, word in pairwise(words) if option == "--set"]
        return reload(self._where / snap.run_id, snap, [(key, value) for key, _, value in pairs])

    @property
    def _where(self) -> Path:
        from qtui.journal.place import state_dir

        return state_dir(Path(self._state) if self._state else None)


def live_socket(state: Path, run: str) -> Path:
    """Where the engine of a live run listens; `run` is its id, the beginning of it, or the name of its preset.

    Raises:
        UsageError: when there is no such run, or none of them is live.
    """
    from qtui.journal.lock import is_held
    from qtui.journal.runs import DESCRIPTION, find, list_runs, read_record

    whole = state / run
    if whole.parent == state and (whole / DESCRIPTION).exists():
        folder = whole  # a face that asks again and again must not make us look at every run
    else:
        live = [entry.run_id for entry in list_runs(state) if entry.state == "running"]
        named = [run_id for run_id in live if run_id.startswith(run) or read_record(state / run_id).name == run]
        folder = state / named[0] if named else find(state, run)
    record = read_record(folder)
    if not record.socket or not is_held(folder):
        told = record.state if record.state != "running" else "crashed"
        raise UsageError(f"run {clean(folder.name)} is not live but {told}; `qtui ls` lists the runs")
    return Path(record.socket)


async def connect(socket: Path, *, watch: bool = False, started: Callable[[], int] | None = None) -> LinkPort:
    """A port to the engine behind a socket; who has started it can name its process. Raises LinkError."""
    from qtui.link.client import LinkPort
    from qtui.link.protocol import VERSION, Hello

    return await LinkPort.connect(socket, Hello(VERSION, watch=watch, hz=SCREEN_HZ), started)
