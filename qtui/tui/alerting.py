"""Tells a person who looks elsewhere: a bell and a notification of the terminal, once for every alert."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qtui.core.alerts import MUTE_S, Attention
from qtui.core.snapshot import AlertView, RunState, Snapshot
from qtui.core.verdict import Kind, Verdict
from qtui.text import clean, count

BODY = 200
"""Characters of a notification; terminals cut longer ones."""
UNREACHABLE = frozenset({Kind.LOST, Kind.SILENT, Kind.STALLED})
"""What only this face can know."""
SHOWN = {
    Kind.FAILING: "failing",
    Kind.HALTED: "halted",
    Kind.DISK_FULL: "disk",
    Kind.JOURNAL_BLOCKED: "disk",
    Kind.LAGGING: "lag",
}
"""Alerts that the verdict says already."""


def notification(text: str, name: str, environ: Mapping[str, str]) -> str:
    """Bell and notification, by the sequence that this terminal knows; nothing in the text can end it."""
    body = clean(text, BODY)
    title = clean(f"qtui {name}".strip(), 60)
    if environ.get("VTE_VERSION") or environ.get("TERM", "").startswith(("foot", "rxvt")):
        return f"\x07\x1b]777;notify;{title.replace(';', ',')};{body.replace(';', ',')}\x1b\\"
    return f"\x07\x1b]9;{title}: {body}\x07"


class Alerting:
    """One face's share in the alerts of a run; `now` is of the app's clock."""

    def __init__(self, write: Callable[[str], None], environ: Mapping[str, str]) -> None:
        self._write = write
        self._environ = environ
        self._attention = Attention()
        self._unreachable = False
        self._ended = True
        """The end of a run that was over when it was first seen is no news."""

    def look(self, snap: Snapshot, verdict: Verdict, now: float, *, focused: bool) -> None:
        """Tell what is new; a person who looks at the screen sees it there."""
        fresh = [alert.text for alert in self._attention.step(snap.run_id, snap.alerts, now)]
        away = verdict.kind in UNREACHABLE
        if away and not self._unreachable:
            fresh.append(f"{verdict.word.lower()}: {verdict.what}")
        self._unreachable = away
        over = snap.state in (RunState.FINISHED, RunState.STOPPED)
        if over and not self._ended:
            fresh.append(_said_at_end(snap))
        self._ended = over
        if fresh and not focused and not self._attention.muted(now):
            more = f" (and {len(fresh) - 1} more)" if len(fresh) > 1 else ""
            self._write(notification(fresh[0] + more, snap.name, self._environ))

    def pinned(self, snap: Snapshot, verdict: Verdict, now: float) -> AlertView | None:
        """What stays in the last row but one until it is over or acknowledged; what the verdict says is left out."""
        others = [alert for alert in snap.alerts if alert.kind != SHOWN.get(verdict.kind)]
        return self._attention.pinned(snap.run_id, others, now)

    def acknowledge(self, snap: Snapshot) -> str:
        """Take note of everything that holds; returns what to say."""
        number = self._attention.acknowledge(snap.run_id, snap.alerts)
        if not number:
            return "there is no alert to acknowledge"
        return "alert acknowledged" if number == 1 else f"{number} alerts acknowledged"

    def mute(self, now: float) -> str:
        """No alerts for ten minutes, or again from now on; returns what to say."""
        if self._attention.muted(now):
            self._attention.mute(now, 0.0)
            return "alerts are told again"
        self._attention.mute(now)
        return f"alerts muted for {MUTE_S / 60:.0f} min; the log keeps them"


def _said_at_end(snap: Snapshot) -> str:
    counts = snap.counts
    failed = f", {count(counts.failed)} failed" if counts.failed else ""
    return f"{snap.state.value}: {count(counts.done)} done{failed}"
