"""What keys ask about jobs: which command, after which question, about the jobs that were meant at key-down."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING

from qtui.core.commands import (
    Acknowledge,
    CancelJob,
    CancelJobs,
    CancelMatching,
    Command,
    RetryFailed,
    RetryGroup,
    RetryJob,
    RetryJobs,
    RetryMatching,
    SetAsideGroup,
    SetAsideJobs,
    SetAsideMatching,
)
from qtui.core.job_filter import ASIDE, Condition, among, written
from qtui.core.queries import Jobs, JobsQuery, JobStory, Reproducer, ReproducerQuery
from qtui.core.snapshot import FailureGroup, SlotState, Snapshot
from qtui.text import clean, count, plural
from qtui.tui.clipboard import MOST, said_of
from qtui.tui.hints import with_key

if TYPE_CHECKING:
    from qtui.tui.app import QtuiApp
    from qtui.tui.screens.views import Stage

Asked = Coroutine[object, object, object]
_OPEN = ("pending", "running", "waiting")
_LOST = ("failed", "held", "cancelled")


class JobSteering:
    """What is meant is read off the screen before anything is awaited; rows may move afterwards."""

    def __init__(self, app: QtuiApp) -> None:
        self._app = app

    def asked(self, action_id: str, stage: Stage, snap: Snapshot) -> Asked | None:
        """What an action comes to for what is marked or chosen now; None when nothing is."""
        if action_id in ("retry_all", "cancel_all", "aside_all"):
            return self._all(action_id, stage, snap)
        marked, seq, group = stage.marked_jobs(), stage.selected_job(), stage.selected_group()
        if marked:
            return self._several(action_id, marked)
        if seq is not None:
            return self._one(action_id, seq, stage, snap)
        if group is not None:
            return self.of_group(action_id, group, snap)
        self._app.say("no job is chosen" if action_id == "cancel" else "nothing is chosen", ok=False)
        return None

    # -- one, several, a group

    def _one(self, action_id: str, seq: int, stage: Stage, snap: Snapshot) -> Asked:
        if action_id == "retry":
            return self._app.send(RetryJob(seq))
        if action_id == "cancel":
            return self.cancel(snap, seq)
        return self._app.send(SetAsideJobs([seq], not _is_aside(stage, seq)))

    def _several(self, action_id: str, seqs: Sequence[int]) -> Asked:
        """Marked jobs; more than one are asked about with their number."""
        jobs = plural(len(seqs), "marked job")
        commands: dict[str, tuple[str, str, Command]] = {
            "retry": (f"Retry {jobs}?", "those that are failed, held, cancelled or waiting", RetryJobs([*seqs])),
            "cancel": (
                f"Cancel {jobs}?",
                "those that are not finished; what they have done is lost",
                CancelJobs([*seqs]),
            ),
            "aside": (
                f"Set {jobs} aside?",
                "those that failed" + with_key("aside", "on one of them takes it back", before="; "),
                SetAsideJobs([*seqs]),
            ),
        }
        return self._confirmed(*commands[action_id])

    def of_group(self, action_id: str, signature: str, snap: Snapshot) -> Asked | None:
        """What an action comes to for a failure group."""
        group = next((group for group in snap.failures if group.signature == signature), None)
        if group is None:
            self._app.say("this group has no failed jobs any more", ok=False)
            return None
        if action_id == "retry":
            return self._retry_group(snap, group)
        if action_id == "aside":
            return self._app.send(SetAsideGroup(signature, not group.aside))
        if action_id == "acknowledge_group":
            return self._app.send(Acknowledge(signature, not group.acknowledged))
        self._app.say("no job is chosen", ok=False)
        return None

    async def cancel(self, snap: Snapshot, seq: int) -> None:
        """Cancel one job; a running one only after a question."""
        from qtui.tui.screens.confirm import Confirm

        busy = (SlotState.RUNNING, SlotState.LEAVING)
        slot = next((slot for slot in snap.slots if slot.seq == seq and slot.state in busy), None)
        if slot is not None:
            lines = [slot.name, f"It has run for {slot.elapsed_s:.1f} s in slot {slot.number}; its work is lost."]
            if not await self._app.push_screen_wait(Confirm(f"Cancel job #{count(seq)}?", lines, "Cancel it")):
                return
        await self._app.send(CancelJob(seq))

    async def _retry_group(self, snap: Snapshot, group: FailureGroup) -> None:
        """Ask how many of the group, then retry one and the others when it passes, or all."""
        from qtui.tui.screens.retry_dialog import RetryDialog

        answer = await self._app.push_screen_wait(RetryDialog(group, snap))
        if answer is not None:
            await self._app.send(RetryGroup(group.signature, probe=answer == "probe"))

    # -- all that match

    def _all(self, action_id: str, stage: Stage, snap: Snapshot) -> Asked | None:
        jobs = stage.jobs
        where = jobs.filter.conditions if jobs is not None else ()
        if where:
            return self._matching(action_id, where)
        if action_id == "retry_all":
            return self._retry_failed(snap)
        self._app.say("filter the list first: / and what the jobs have in common", ok=False)
        return None

    async def _retry_failed(self, snap: Snapshot) -> None:
        """Ask, then retry every failed job, or one of every group first."""
        from qtui.tui.screens.retry_dialog import RetryDialog

        if not open_failures(snap):
            self._app.say("every failed job is set aside" if snap.counts.failed else "no job has failed", ok=False)
            return
        answer = await self._app.push_screen_wait(RetryDialog(None, snap))
        if answer is not None:
            await self._app.send(RetryFailed(answer == "probe"))

    async def _matching(self, action_id: str, where: Sequence[Condition]) -> None:
        """Have them counted, ask with the exact number, then act on all that match."""
        allowed, otherwise = {
            "retry_all": ((*_LOST, ASIDE), _LOST[:2]),
            "cancel_all": (_OPEN, _OPEN),
            "aside_all": (("failed",), ("failed",)),
        }[action_id]
        try:
            meant = among(where, allowed, otherwise)
        except ValueError as error:
            self._app.say(f"{error} can be meant here", ok=False)
            return
        self._app.say("counting …")
        told = await self._app.ask(JobsQuery(0, 0, meant))
        if not isinstance(told, Jobs) or not told.total:
            kept = "" if action_id == "cancel_all" else " and is not set aside"
            none = f"no job that is {' or '.join(otherwise)}{kept} matches"
            self._app.say(getattr(told, "text", "") or none, ok=False)
            return
        jobs, chips = plural(told.total, "job"), clean(written(where), 120)
        titles: dict[str, tuple[str, Command]] = {
            "retry_all": (f"Retry {jobs} that match?", RetryMatching([*where])),
            "cancel_all": (f"Cancel {jobs} that match?", CancelMatching([*where])),
            "aside_all": (f"Set {jobs} that match aside?", SetAsideMatching([*where])),
        }
        title, command = titles[action_id]
        await self._confirmed(title, chips, command)

    async def _confirmed(self, title: str, line: str, command: Command) -> None:
        from qtui.tui.screens.confirm import Confirm

        if await self._app.push_screen_wait(Confirm(title, [line], f"Yes, {title[0].lower()}{title[1:-1]}")):
            await self._app.send(command)

    # -- taking away

    async def copy(self, stage: Stage) -> None:
        """Copy lines, or in the inspector what is chosen of its job."""
        from qtui.tui.screens.copy_menu import CopyMenu

        text: str | None = None if stage.drawer is not None else stage.copied()
        if stage.drawer is not None:
            story = stage.drawer.story
            if story is None:
                self._app.say("its story has not arrived yet", ok=False)
                return
            told = await self._app.ask(ReproducerQuery(story.row.seq))
            reproducer = told if isinstance(told, Reproducer) else Reproducer("")
            text = await self._app.push_screen_wait(CopyMenu(story, reproducer))
            if text is None:
                return
        if not text:
            self._app.say("nothing here can be copied; shift+drag selects what is seen", ok=False)
            return
        self._app.copy_to_clipboard(text[:MOST])
        self._app.say(said_of(text[:MOST]))

    async def page(self, stage: Stage) -> None:
        """All that is known of the job in the person's pager."""
        from qtui.tui.pager import page
        from qtui.tui.screens.story import whole

        story: JobStory | None = stage.drawer.story if stage.drawer is not None else None
        if story is None:
            self._app.say("its story has not arrived yet", ok=False)
        else:
            trouble = await page(self._app, whole(story))
            if trouble:
                self._app.say(trouble, ok=False)


def open_failures(snap: Snapshot) -> int:
    """Failed jobs that are not set aside."""
    return snap.triage.open if snap.triage.ever else snap.counts.failed


def _is_aside(stage: Stage, seq: int) -> bool:
    if stage.drawer is not None:
        story = stage.drawer.story
        return story is not None and story.row.aside
    jobs = stage.jobs
    return jobs is not None and jobs.is_aside(seq)
