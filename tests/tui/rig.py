"""The app on a fake run, driven by keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from textual.pilot import Pilot

from qtui.core.commands import Command
from qtui.core.snapshot import Snapshot
from qtui.tui.app import QtuiApp
from qtui.tui.ending import Ending
from qtui.tui.theme import DARK, Palette
from tests.patience import until
from tests.tui.fake_port import FakeHost, FakePort
from tests.tui.samples import sample

C = TypeVar("C", bound=Command)


class Rig:
    """One running app and the port it looks at."""

    def __init__(self, app: QtuiApp, port: FakePort, pilot: Pilot[Ending]) -> None:
        self.app = app
        self.port = port
        self.pilot = pilot

    def rows(self) -> list[str]:
        """The screen as rows of text."""
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip) for strip in strips]

    def text(self) -> str:
        return "\n".join(self.rows())

    async def shows(self, text: str) -> None:
        await until(lambda: text in self.text(), text)

    async def give(self, snap: Snapshot) -> None:
        """Deliver a snapshot and wait until it is drawn."""
        self.port.give(snap)
        await until(lambda: self.app.feed.newest is snap)
        self.app.paint()
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def asked(self, number: int = 1) -> list[Command]:
        """The commands sent, once there are so many."""
        await until(lambda: len(self.port.commands) >= number)
        return self.port.commands

    async def ended(self) -> Ending:
        await until(lambda: self.app.return_value is not None)
        ending = self.app.return_value
        assert ending is not None
        return ending


@asynccontextmanager
async def running(
    *snaps: Snapshot,
    size: tuple[int, int] = (120, 40),
    palette: Palette = DARK,
    port: FakePort | None = None,
    outward: Callable[[str], None] | None = None,
) -> AsyncIterator[Rig]:
    """The app on a fake run whose first snapshot is drawn."""
    port = port or FakePort(*(snaps or (sample(),)))
    app = QtuiApp(FakeHost(), port=port, palette=palette, hz=20, outward=outward)
    async with app.run_test(size=size) as pilot:
        rig = Rig(app, port, pilot)
        await until(lambda: app.feed.newest is not None)
        app.paint()
        await pilot.pause()
        yield rig
