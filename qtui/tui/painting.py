"""The painting of the run: which picture, with what this face makes of it, how often, and in which colours."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from qtui.core.eta import Certainty, Eta, Forecast
from qtui.core.snapshot import Snapshot
from qtui.core.verdict import Judge, Verdict, unreachable
from qtui.text import clean
from qtui.tui.fading import dimmed, faded
from qtui.tui.motion import Motion
from qtui.tui.scene import Scene, before_the_first
from qtui.tui.theme import Palette
from qtui.tui.widgets.ticker import Answer

if TYPE_CHECKING:
    from qtui.tui.app import QtuiApp

ANSWER_S = 5.0
"""How long the answer to a key stays."""
ARROW_SPEED = 2.0
"""Cells a second that the arrows move at the run's best rate."""


class Painting:
    """One scene after the other; `scene` is what was drawn last, `painted_at` when it was."""

    def __init__(self, app: QtuiApp, hz: float) -> None:
        self._app, self._hz = app, hz
        self.judge, self.forecast = Judge(), Forecast()
        self.scene = before_the_first()
        self._verdict = self.scene.verdict
        """The last one on a picture of now."""
        self.answer: tuple[float, Answer] | None = None
        """What is said of the last key, and until when."""
        self.painted_at = 0.0
        self._phase = 0.0

    def begin(self) -> None:
        """Show a run nothing is known about yet."""
        self.judge, self.forecast = Judge(), Forecast()
        self.scene = before_the_first()
        self._app.main.show(self.scene)

    def say(self, text: str, *, ok: bool, undo: bool) -> None:
        """Say something in the ticker row, for a while."""
        self.answer = (self._app.now + ANSWER_S, Answer(clean(text), ok, undo))
        self.paint()

    @property
    def rest_s(self) -> float:
        """How long a picture is left standing: by who looks, and by how much may move."""
        return max(self._app.presence.rest_s(self._app.now), self._app.motion.rest_s)

    def paint_if_due(self) -> None:
        """Draw unless the last picture is still to be left standing."""
        spare = min(0.05, 0.2 / self._hz)  # the next tick would be later than that
        if self._app.now - self.painted_at >= self.rest_s - spare:
            self.paint()

    def paint(self) -> None:
        """Draw the newest snapshot, with what this face adds to it."""
        app = self._app
        app.feed.beat()
        snap, now = app.feed.newest, app.now
        if self.answer is not None and now > self.answer[0]:
            self.answer = None
        answer = self.answer[1] if self.answer is not None else None
        app.colour(self._palette(now))
        if snap is None:
            verdict = self._heard(self.scene.snap, self.scene.verdict)
            app.main.show(Scene(self.scene.snap, verdict, self.scene.eta, "", app.feed.trouble, answer))
            return
        eta = self._understand(snap, now)
        verdict = self._heard(snap, self._verdict)
        self.scene = Scene(
            snap,
            verdict,
            eta,
            f"{datetime.now() + timedelta(seconds=eta.left_s):%H:%M}" if eta.certainty is Certainty.KNOWN else "",
            app.feed.trouble,
            answer,
            app.steering.dial.target,
            int(self._phase) if app.motion is Motion.FULL else 0,
            app.watches,
            app.presence.blurred,
            app.alerting.pinned(snap, verdict, now),
        )
        self.painted_at = now
        app.main.show(self.scene)
        app.title_row.show(self.scene)
        app.away.look(snap, eta)
        app.alerting.look(snap, verdict, now, focused=not app.presence.blurred)

    def _palette(self, now: float) -> Palette:
        """The chosen one; an old picture fades, and one that nobody looks at is dimmed."""
        app = self._app
        return faded(app.look) if app.feed.stale else dimmed(app.look) if app.presence.idle(now) else app.look

    def _understand(self, snap: Snapshot, now: float) -> Eta:
        """Judge a snapshot that is new; one that is drawn again is understood already."""
        if snap is self.scene.snap:
            return self.scene.eta
        if snap.elapsed_s < self.scene.snap.elapsed_s:  # another engine has taken the run up
            self.judge, self.forecast = Judge(), Forecast()
        self._verdict, eta = self.judge.step(snap), self.forecast.step(snap)
        self._app.steering.dial.settle(snap.control.concurrency)
        best = max(snap.rates.done_peak, snap.rates.started, 0.1)
        self._phase += ARROW_SPEED * min(1.0, snap.rates.started / best) * min(1.0, now - self.painted_at)
        return eta

    def _heard(self, snap: Snapshot, verdict: Verdict) -> Verdict:
        """The verdict, or what is to be said of an engine that cannot be heard."""
        feed = self._app.feed
        if not feed.stale and feed.stall is None:
            return verdict
        return unreachable(snap, verdict, feed.age_s, lost=feed.lost, gone=feed.gone, stall=feed.stall)
