"""The engine's own eye on the run: raises alerts, tells them to the log, and to whoever wants to be told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from qtui.core.alerts import Alarm, Severity
from qtui.core.eta import Forecast
from qtui.core.events import Event, Halted, Notice
from qtui.core.snapshot import AlertView
from qtui.core.verdict import Judge
from qtui.engine.engine import Engine

EVERY_S = 1.0
LEVELS = {Severity.NOTICE: "info", Severity.WARNING: "warning", Severity.CRITICAL: "error"}


class Alarms:
    """Looks once a second, whether a face is there or not, and at once when the run halts: it may soon be stopped."""

    def __init__(self, engine: Engine, on_alert: Callable[[AlertView], None] = lambda alert: None) -> None:
        self._engine = engine
        self._on_alert = on_alert
        self._alarm, self._judge, self._forecast = Alarm(), Judge(), Forecast()

    async def run(self) -> None:
        self._engine.subscribe(self._hear)
        try:
            while True:
                await asyncio.sleep(EVERY_S)
                self._look()
        finally:
            self._engine.unsubscribe(self._hear)

    def _hear(self, event: Event) -> None:
        if isinstance(event, Halted):
            asyncio.get_running_loop().call_soon(self._look)  # others hear of the halt before they hear of its alert

    def _look(self) -> None:
        engine = self._engine
        snap = engine.snapshot()
        raised = self._alarm.step(snap, self._judge.step(snap), self._forecast.step(snap))
        engine.audience.alerts = self._alarm.open
        for alert in raised:
            engine.emit(Notice(engine.now(), alert.text, LEVELS[Severity(alert.severity)]))
            self._on_alert(alert)
