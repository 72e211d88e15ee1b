"""What of the failures still needs a person: the part of the fold that knows who was set aside and who fails again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qtui.core import events as ev
from qtui.core.attention import Attention
from qtui.core.lifecycle import State
from qtui.core.snapshot import Triage

if TYPE_CHECKING:
    from qtui.core.ledger import Ledger


class Outstanding:
    """A part of the ledger; reads it, and changes only what is its own and the groups' counts of a round."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.attention = Attention()
        self._ever = 0
        """First failures in this life."""
        self._before = 0
        """Jobs that were failed when this life began."""

    def requeued(self, seq: int) -> None:
        """A final job was given another round."""
        self.attention.left(seq)

    def ended(self, to: State, from_group: str) -> None:
        """A job has ended; it may have come out of a failure group."""
        if to is State.FAILED and not from_group:
            self._ever += 1
        group = self._ledger.groups.get(from_group)
        if group is not None:
            group.ok_again += to is State.DONE
            group.failed_again += to is State.FAILED

    def began_with(self, failed: int) -> None:
        """A life of the run begins with so many failed jobs."""
        self._before = failed

    def view(self) -> Triage:
        """How much needs a person."""
        attention, failed = self.attention, self._ledger.counts[State.FAILED]
        groups = ((name, self._ledger.groups.get(name)) for name in attention.groups)
        aside = sum(group.jobs - attention.jobs_of(name) for name, group in groups if group is not None)
        aside = min(failed, aside + len(attention.jobs))
        return Triage(failed - aside, aside, max(failed, self._before + self._ever))

    def open_of(self, signature: str, jobs: int) -> int:
        """How many of the failed jobs of a group are not set aside."""
        if signature in self.attention.groups:
            return 0
        return max(0, jobs - self.attention.jobs_of(signature))


def _aside_changed(ledger: Ledger, event: ev.AsideChanged) -> None:
    ledger.outstanding.attention.set_aside(event.signature, event.jobs, aside=event.aside)
    ledger.say(event)


def _acknowledged(ledger: Ledger, event: ev.Acknowledged) -> None:
    ledger.outstanding.attention.acknowledge(event.signature, event.attempts)
    ledger.say(event)


def _round_began(ledger: Ledger, event: ev.RoundBegan) -> None:
    group = ledger.groups.get(event.signature)
    if group is not None:
        group.ok_again = group.failed_again = group.held_back = 0


def _held_back(ledger: Ledger, event: ev.HeldBack) -> None:
    group = ledger.groups.get(event.signature)
    if group is not None:
        group.held_back = event.jobs
    ledger.say(event)


def _attention_restored(ledger: Ledger, event: ev.AttentionRestored) -> None:
    ledger.outstanding.attention.restore(event.facts)


HANDLERS: dict[type, Callable[[Ledger, Any], None]] = {
    ev.AsideChanged: _aside_changed,
    ev.Acknowledged: _acknowledged,
    ev.RoundBegan: _round_began,
    ev.HeldBack: _held_back,
    ev.AttentionRestored: _attention_restored,
}
"""What folds each of these events into a ledger."""
