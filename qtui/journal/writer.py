"""The writer's thread: it gathers records, saves them in batches, and never dies unnoticed.

It knows nothing of asyncio; what it has to say goes through three callbacks, called in its thread.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, final

import msgspec

from qtui.core.events import Event
from qtui.errors import QtuiError
from qtui.journal.rows import Fold, Record
from qtui.journal.schema import reason
from qtui.journal.store import Store
from qtui.text import clean, plural

GATHER_S = 0.020
"""A batch is saved when so long has passed since its first record …"""
GATHER = 500
"""… or so many records have come."""
HURRY_S = 0.001
"""… or so long, when somebody waits for it: still a few records share a commit under load."""
LARGEST_BATCH = 10_000
SLOW_S = 1.0
"""The journal is slow when its oldest record has waited so long."""
RETRY_S = 1.0
"""How long a full disk is left alone."""
PATIENCE_S = 10.0
"""How long the end of a run waits for a full disk."""

T = TypeVar("T")
_LOG = logging.getLogger(__name__)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class Voice(msgspec.Struct, frozen=True):
    """What the writer tells, from its thread."""

    saved: Callable[[int], None]
    """The position up to which everything is durable."""
    state: Callable[[str, str], None]
    """ok, blocked or failed, and a sentence about it."""
    over: Callable[[str], None]
    """The thread is ending; what is lost, as a sentence, or empty."""


class _Lost(Exception):
    """The journal cannot be written any more."""


@final
class Writer:
    """One thread, one connection. `put` is called by one other thread only."""

    def __init__(self, folder: Path, store: Callable[[], Store], fold: Fold, voice: Voice) -> None:
        self.state = "ok"
        """ok, blocked or failed."""
        self.problem = ""
        """The sentence that goes with it."""
        self.newest = (0.0, 0.0)
        """Wall clock of the newest record saved, and the monotonic clock when it was."""
        self.found: dict[int, int] = {}
        """Durable rows for new jobs by producer."""
        self.head: tuple[int, int] | None = None
        """What `Store.head` was after the last commit."""
        self._folder = folder
        self._open = store
        self._fold = fold
        self._voice = voice
        self._waiting: list[Record] = []
        self._in_hand = 0
        self._since = 0.0
        """Monotonic clock of the oldest record in hand, 0 when there is none."""
        self._wake = threading.Event()
        self._hurried = False
        self._ending = threading.Event()
        self._how = ""
        self._deadline = 0.0
        self._retry_at = 0.0
        self._thread = threading.Thread(target=self._live, name="qtui-journal", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, position: int, event: Event) -> None:
        """Take a record; costs an append, and a wake-up for the first and the last of a batch."""
        waiting = self._waiting
        waiting.append((position, event))
        if (count := len(waiting)) == 1 or count == GATHER:
            self._wake.set()

    def hurry(self) -> None:
        """Save what has been put without waiting for more."""
        self._hurried = True
        self._wake.set()

    @property
    def backlog(self) -> int:
        """Records put and not yet saved."""
        return len(self._waiting) + self._in_hand

    @property
    def slow(self) -> bool:
        since = self._since
        return since > 0 and time.monotonic() - since > SLOW_S

    def end(self, how: str) -> None:
        """Save everything, note how the run ended, and let the thread go."""
        self._how = how
        self._deadline = time.monotonic() + PATIENCE_S
        self._ending.set()
        self._wake.set()

    def join(self) -> None:
        self._thread.join()

    def _live(self) -> None:
        try:
            store = self._open()
        except (sqlite3.Error, OSError, QtuiError) as error:
            self._fail(f"the journal in {clean(self._folder)} cannot be opened: {clean(reason(error))}")
        else:
            try:
                self._work(store)
            except _Lost as lost:
                self._fail(str(lost))
            except Exception as error:  # the fence of this thread: a writer that dies of a bug must say so
                _LOG.exception("the journal's writer has stopped")
                self._fail(f"the journal has stopped by a fault of qtui: {clean(repr(error))}")
            finally:
                store.close()
        self._voice.over(self.problem if self.state == "failed" else "")

    def _work(self, store: Store) -> None:
        self._persist(store, store.begin)
        while self._waiting or store.behind or not self._ending.is_set():
            if records := self._gather(idle=not store.behind):
                self._save(store, records)
            elif store.behind:
                self._persist(store, store.release)
                self.head = store.head
            if self.state == "blocked":
                self._unblock(store)
        self._persist(store, lambda: store.end(self._how))

    def _gather(self, *, idle: bool) -> list[Record]:
        """The next batch; only when there is nothing else to do it is waited for."""
        waiting = self._waiting
        # Cleared before it is looked whether there is work: a wake-up in between is kept.
        self._wake.clear()
        if not waiting and idle and not self._ending.is_set():
            self._wake.wait(RETRY_S if self.state == "blocked" else None)
        if not waiting:
            return []
        self._since = time.monotonic()
        self._wake.clear()
        if len(waiting) < GATHER and not self._ending.is_set():
            if not self._hurried:
                self._wake.wait(GATHER_S)
            if self._hurried:
                time.sleep(HURRY_S)  # not a wait for a condition: others that end at the same moment share the commit
        self._hurried = False  # before the records are taken: who hurries from here on is heard in the next round
        records = waiting[:LARGEST_BATCH]
        self._in_hand = len(records)
        del waiting[: len(records)]  # the other thread only appends, so these are still the same ones
        return records

    def _save(self, store: Store, records: list[Record]) -> None:
        fold = self._fold
        if again := fold.unknown(records):
            fold.learn(self._persist(store, lambda: store.states(again)))
        batch = fold.fold(records)
        self._persist(store, lambda: store.save(batch))
        self._in_hand = 0
        self._since = 0.0
        self.head = store.head
        self.newest = (batch.newest, time.monotonic())
        self.found = store.found
        self._voice.saved(batch.position)

    def _persist(self, store: Store, action: Callable[[], T]) -> T:
        """Do `action`, through full disks for as long as it takes, and once more after any other error."""
        failures = 0
        while True:
            try:
                if failures:
                    store.reopen()
                return action()
            except (sqlite3.Error, OSError, QtuiError) as error:
                store.rollback()
                if sentence := self._passing(store, error):
                    self._block(store, sentence)
                elif failures:
                    raise _Lost(f"{self._what(error)} cannot be written: {clean(reason(error))}") from error
                else:
                    _LOG.warning("the journal could not be written, trying once more: %s", clean(reason(error)))
                    failures += 1

    def _passing(self, store: Store, error: Exception) -> str:
        """What to say of an error that goes by itself when the cause does, or nothing."""
        if store.is_full(error):
            return f"disk full: nothing is lost, the run goes on when there is space for {self._where(error)}"
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _BUSY:
            return f"another program has locked the journal in {clean(self._folder)}; the run goes on when it lets go"
        return ""

    def _what(self, error: Exception) -> str:
        return f"the {'results file' if _place(error) else 'journal in'} {self._where(error)}"

    def _where(self, error: Exception) -> str:
        return clean(_place(error) or self._folder, 4096)

    def _block(self, store: Store, sentence: str) -> None:
        if self.state != "blocked":
            self.state, self.problem = "blocked", sentence
            self._voice.state("blocked", sentence)
            store.give_up_reserve()  # so much can be saved at once: what is running now
            return
        if not self._ending.is_set():
            self._ending.wait(RETRY_S)
        elif time.monotonic() < self._deadline:
            time.sleep(RETRY_S / 4)  # a disk does not tell when it has space again
        else:
            cause = sentence.partition(":")[0].partition(";")[0]
            raise _Lost(f"{cause}: {plural(self.backlog, 'record')} could not be saved; their jobs run again")

    def _unblock(self, store: Store) -> None:
        """Go on only when the reserve stands again: then there is more space than the last records needed."""
        now = time.monotonic()
        if now < self._retry_at:
            return
        self._retry_at = now + RETRY_S
        if store.restore_reserve():
            self.state, self.problem = "ok", ""
            self._voice.state("ok", "the journal is saved again")

    def _fail(self, sentence: str) -> None:
        self.state, self.problem = "failed", sentence
        self._voice.state("failed", sentence)


def _place(error: Exception) -> str:
    """The file that could not be written when it is not the journal, or empty."""
    return str(error.filename or "") if isinstance(error, OSError) else ""
