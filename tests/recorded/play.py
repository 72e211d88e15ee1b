"""Play a recorded run: its pictures at any moment, and a port whose journal holds what had happened until then."""

from __future__ import annotations

import lzma
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path

import msgspec

from qtui.core import picture
from qtui.core.events import Event, Recorded
from qtui.core.ledger import Ledger
from qtui.core.queries import Answer, GroupQuery, Query, Unknown
from qtui.core.snapshot import Health, Snapshot
from qtui.journal import queries, schema
from qtui.journal.rows import Fold
from qtui.journal.store import Store
from tests.recorded.record import HERE, WALL
from tests.tui.fake_port import FakePort

RECORDED = Recorded.__args__  # type: ignore[attr-defined]
HEALTH = Health(0.001, 61_000_000, 64_000_000)


@cache
def events(name: str) -> list[Event]:
    """Everything that happened in a recorded run."""
    decoder = msgspec.json.Decoder(Event)
    return [decoder.decode(line) for line in lzma.decompress((HERE / f"{name}.jsonl.xz").read_bytes()).split(b"\n")]


class Played:
    """A recorded run, folded as its engine did."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ledger = Ledger()
        self.at = 0.0
        self._around = picture.Surroundings(f"{name}-1", HEALTH)
        self._next = 0

    def to(self, at: float) -> Snapshot:
        """The picture at a later moment, seconds since the start of the run."""
        told = events(self.name)
        while self._next < len(told) and told[self._next].at <= at:
            self.ledger.apply(told[self._next], self._next + 1)
            self.ledger.commit(self._next + 1, told[self._next].at)
            self._next += 1
        self.at = at
        return picture.take(self.ledger, at, self._around)

    def pictures(self, until: float, lasting: float = 30.0, every: float = 0.5) -> Iterator[Snapshot]:
        """The pictures that lead to a moment, as a face would have got them."""
        steps = int(min(lasting, until) / every)
        for step in range(steps, -1, -1):
            yield self.to(until - step * every)

    def port(self, folder: Path, *first: Snapshot) -> PlayedPort:
        """What answers questions as the engine would have at that moment."""
        return PlayedPort(self, folder, *first)


class PlayedPort(FakePort):
    """Its journal is a real one, and nothing happens any more."""

    def __init__(self, played: Played, folder: Path, *first: Snapshot) -> None:
        super().__init__(*first)
        self._played = played
        self._folder = folder
        if not (folder / schema.FILE).exists():
            self._write()

    def again(self, *first: Snapshot) -> PlayedPort:
        """Another one on the same journal."""
        return PlayedPort(self._played, self._folder, *first)

    def _write(self) -> None:
        played, folder = self._played, self._folder
        schema.create(folder / schema.FILE, {"run_id": f"{played.name}-1", "started_at": WALL, "results": ""})
        fold, store = Fold(WALL, lines=False), Store(folder, None)
        store.begin()
        records = [(n, event) for n, event in enumerate(events(played.name), 1) if event.at <= played.at]
        store.save(fold.fold([record for record in records if isinstance(record[1], RECORDED)]))
        store.close()

    async def query(self, query: Query) -> Answer:
        if isinstance(query, GroupQuery):
            group = self._played.ledger.groups.get(query.signature)
            names = {index: producer.name for index, producer in self._played.ledger.producers.items()}
            return group.story(query.signature, names) if group else Unknown("this failure group is not known")
        with closing(schema.open_readonly(self._folder / schema.FILE)) as db:
            told = queries.answer(db, query, WALL + self._played.at)
        return await super().query(query) if isinstance(told, Unknown) else told
