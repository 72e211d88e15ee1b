"""Runs the command of `[alerts] on_alert`, once for every alert, one after the other and never for long."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path

from qtui.core.snapshot import AlertView
from qtui.core.tables import Alerts
from qtui.text import clean, seconds

WAITING = 20
"""Alerts that may wait for the command; a command that is so slow is told no more of them."""


class OnAlert:
    """`tell` hears, once, why the command does not work."""

    def __init__(self, table: Alerts, run_id: str, name: str, tell: Callable[[str], None]) -> None:
        self._table = table
        self._about = {"QTUI_RUN": run_id, "QTUI_NAME": clean(name)}
        self._tell = tell
        self._told = False
        self._waiting: asyncio.Queue[AlertView | None] = asyncio.Queue()
        """At most WAITING; None ends it."""
        self._task: asyncio.Task[None] | None = None

    def __call__(self, alert: AlertView) -> None:
        if not self._table.on_alert:
            return
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="on_alert")
        if self._waiting.qsize() < WAITING:
            self._waiting.put_nowait(alert)
        else:
            self._complain(f"is slower than the alerts come, {WAITING} wait for it")

    async def close(self, patience_s: float = 0.0) -> None:
        """The run is over: the last alerts may be why, so their commands may end. Nobody hears of their trouble now."""
        if self._task is not None:
            self._told = True
            self._waiting.put_nowait(None)
            if patience_s:
                await asyncio.wait([self._task], timeout=patience_s)
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        while (alert := await self._waiting.get()) is not None:
            await self._one(alert)

    async def _one(self, alert: AlertView) -> None:
        about = {
            **self._about,
            "QTUI_ALERT": clean(alert.text),
            "QTUI_ALERT_KIND": alert.kind,
            "QTUI_ALERT_SEVERITY": alert.severity,
        }
        nowhere = asyncio.subprocess.DEVNULL
        try:
            process = await asyncio.create_subprocess_exec(
                *self._table.on_alert,
                stdin=nowhere,
                stdout=nowhere,
                stderr=nowhere,
                env={**os.environ, **about},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self._complain(f"cannot be run: {why}")
            return
        try:
            async with asyncio.timeout(self._table.timeout):
                code = await process.wait()
        except TimeoutError:
            self._complain(f"took longer than {seconds(self._table.timeout)} and was ended")
        else:
            if code:
                self._complain(f"ended with code {code}" if code > 0 else f"was ended by signal {-code}")
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()

    def _complain(self, why: str) -> None:
        """Once: what fails for one alert fails for the next."""
        if not self._told:
            self._told = True
            self._tell(f"on_alert: {clean(Path(self._table.on_alert[0]).name, 60)} {why}")
