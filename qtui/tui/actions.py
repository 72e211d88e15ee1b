"""The one list of what a key can do: bindings, key bar, help, palette and the README's key table are made from it.

It is light: a keymap file is checked against it before anything of the screen is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from qtui.core.snapshot import RunState, Snapshot
from qtui.tui.key_names import printed

if TYPE_CHECKING:
    from textual.binding import Binding

    from qtui.tui.widgets.keybar import Hint


class Context(StrEnum):
    """Where the eyes are."""

    OVERVIEW = "overview"
    TIMELINE = "timeline"
    JOBS = "jobs"
    FAILURES = "failures"
    CHARTS = "charts"
    EVENTS = "events"
    FINISHED = "finished"
    INSPECTOR = "inspector"


EVERYWHERE = frozenset(Context)
LIVE = EVERYWHERE - {Context.FINISHED}
LISTS = frozenset({Context.JOBS, Context.FAILURES})
TIMELINE = frozenset({Context.TIMELINE})
SEEN_IN_TIME = frozenset({Context.OVERVIEW, Context.TIMELINE})


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person can do."""

    id: str
    keys: tuple[str, ...]
    """As Textual names them; none where only the palette offers it."""
    label: str
    """The keys as people read them."""
    short: str
    """For the key bar, one or two words; empty leaves it out."""
    help: str
    """One sentence, without a full stop; empty leaves it out of the help."""
    contexts: frozenset[Context] = EVERYWHERE
    rank: int = 99
    """Its place in the fight for room in the key bar: 0 stays to the last."""
    title: str = ""
    """In the command palette; empty leaves it out."""
    bar: str = ""
    """The keys in the key bar where they differ from `label`, e.g. `+ -` for two actions."""
    group: str = "Look"
    """The heading in the help and the README."""
    changes: bool = False
    """Whether it asks the engine for a change; such keys are refused while the engine is away."""


ACTIONS = (
    Action(
        "pause",
        ("p",),
        "p",
        "pause",
        "Pause the producers, or let them go on; what is queued still runs",
        LIVE,
        2,
        "Pause or resume the producers",
        group="Steer",
        changes=True,
    ),
    Action(
        "hold",
        ("P",),
        "P",
        "",
        "Hold the workers, or release them: running jobs finish, nothing new starts",
        LIVE,
        title="Hold or release the workers",
        group="Steer",
        changes=True,
    ),
    Action(
        "more",
        ("plus", "equals_sign"),
        "+ =",
        "workers",
        "One worker more",
        LIVE,
        3,
        "One worker more",
        bar="+ -",
        group="Steer",
        changes=True,
    ),
    Action(
        "fewer",
        ("minus",),
        "-",
        "",
        "One worker fewer; it finishes its job first",
        LIVE,
        title="One worker fewer",
        group="Steer",
        changes=True,
    ),
    Action(
        "double",
        ("right_curly_bracket",),
        "}",
        "",
        "Twice as many workers",
        LIVE,
        title="Double the workers",
        group="Steer",
        changes=True,
    ),
    Action(
        "halve",
        ("left_curly_bracket",),
        "{",
        "",
        "Half as many workers",
        LIVE,
        title="Halve the workers",
        group="Steer",
        changes=True,
    ),
    Action(
        "workers",
        ("c",),
        "c",
        "",
        "Type the number of workers",
        LIVE,
        title="Set the number of workers…",
        group="Steer",
        changes=True,
    ),
    Action(
        "bound",
        ("b",),
        "b",
        "bound",
        "Type how many jobs the queue may hold",
        LIVE,
        8,
        "Set the bound of the queue…",
        group="Steer",
        changes=True,
    ),
    Action(
        "limit",
        ("t",),
        "t",
        "rate limit",
        "Type how many jobs may start a second, or lift the limit",
        LIVE,
        12,
        "Set the rate limit…",
        group="Steer",
        changes=True,
    ),
    Action(
        "adaptive",
        ("T",),
        "T",
        "",
        "Freeze the adaptive limit, let it go on, or turn it on where it is off",
        LIVE,
        title="Freeze the adaptive limit, or let it go on",
        group="Steer",
        changes=True,
    ),
    Action(
        "undo",
        ("z",),
        "z",
        "undo",
        "Take the last of these changes back",
        LIVE,
        11,
        "Undo the last change",
        group="Steer",
        changes=True,
    ),
    Action(
        "drain",
        ("D",),
        "D",
        "",
        "Drain: nothing new is taken in, what was accepted is finished, then the run ends; asks first",
        LIVE,
        title="Drain, then end…",
        group="Steer",
        changes=True,
    ),
    Action("per_host", (), "", "", "", LIVE, title="Set how many may run at once for one host…", changes=True),
    Action("per_host_rate", (), "", "", "", LIVE, title="Set how many may start a second for one host…", changes=True),
    Action("pause_one", (), "", "", "", LIVE, title="Pause or resume one producer…", changes=True),
    Action("reload", (), "", "", "", LIVE, title="Reload the preset, showing what would change…", changes=True),
    Action("save", (), "", "", "", title="Save the preset with the values in force as…"),
    Action(
        "redo",
        ("Z",),
        "Z",
        "",
        "Do again what was taken back",
        LIVE,
        title="Redo the change that was undone",
        group="Steer",
        changes=True,
    ),
    Action(
        "retry",
        ("r",),
        "r",
        "retry",
        "Give the chosen or marked jobs, or the chosen group of failures, another round of attempts",
        frozenset({Context.JOBS, Context.FAILURES, Context.INSPECTOR}),
        4,
        group="Jobs",
        changes=True,
    ),
    Action(
        "retry_all",
        ("R",),
        "R",
        "retry failed",
        "Retry every failed job, in a filtered list every one that matches; asks first and offers to probe",
        EVERYWHERE,
        10,
        "Retry all failed jobs…",
        group="Jobs",
        changes=True,
    ),
    Action(
        "cancel",
        ("x",),
        "x",
        "cancel",
        "Cancel the chosen job, or those marked; asks first when it is running, and when there are several",
        frozenset({Context.OVERVIEW, Context.JOBS, Context.INSPECTOR}),
        13,
        group="Jobs",
        changes=True,
    ),
    Action(
        "cancel_all",
        ("X",),
        "X",
        "",
        "Cancel every job of the filtered list that is not finished; asks first",
        frozenset({Context.JOBS}),
        title="Cancel all that match…",
        group="Jobs",
        changes=True,
    ),
    Action(
        "aside",
        ("i",),
        "i",
        "set aside",
        "Set the chosen or marked failed jobs, or the chosen group, aside: kept, and not counted as open; again: back",
        frozenset({Context.JOBS, Context.FAILURES, Context.INSPECTOR}),
        9,
        group="Jobs",
        changes=True,
    ),
    Action(
        "aside_all",
        ("I",),
        "I",
        "",
        "Set every failed job of the filtered list aside; asks first",
        frozenset({Context.JOBS}),
        title="Set aside all that match…",
        group="Jobs",
        changes=True,
    ),
    Action(
        "acknowledge_group",
        ("a",),
        "a",
        "ack",
        "Acknowledge the chosen group: no alert until it has twice as many failures; again: take that back",
        frozenset({Context.FAILURES}),
        9,
        group="Jobs",
        changes=True,
    ),
    Action("mark", ("space",), "space", "mark", "Mark the job, or take its mark away", frozenset({Context.JOBS}), 9),
    Action("mark_range", ("v",), "v", "", "Begin a range; again: mark all jobs up to here", frozenset({Context.JOBS})),
    Action("unmark", ("M",), "M", "", "Take all marks away", frozenset({Context.JOBS})),
    Action(
        "copy",
        ("y",),
        "y",
        "copy",
        "Copy the chosen or marked lines; in the inspector choose what of the job",
        LIVE,
        13,
        group="Jobs",
    ),
    Action(
        "next_job",
        ("n",),
        "n",
        "next",
        "The next job of the list under the drawer",
        frozenset({Context.INSPECTOR}),
        8,
        bar="n N",
        group="Jobs",
    ),
    Action(
        "previous_job",
        ("N",),
        "N",
        "",
        "The job before it",
        frozenset({Context.INSPECTOR}),
        group="Jobs",
    ),
    Action(
        "open_job",
        ("o",),
        "o",
        "open",
        "Open all that is known of the job in your pager ($PAGER)",
        frozenset({Context.INSPECTOR}),
        9,
        group="Jobs",
    ),
    Action(
        "inspect",
        ("enter",),
        "enter",
        "inspect",
        "Open the story of the chosen job, or the jobs of the chosen group",
        LIVE - {Context.INSPECTOR, Context.CHARTS},
        5,
        group="Jobs",
    ),
    Action(
        "another",
        ("n",),
        "n",
        "new run",
        "Choose another preset to run",
        frozenset({Context.FINISHED}),
        5,
        "Run another preset…",
        group="Jobs",
    ),
    Action("elsewhere", (), "", "", "", LIVE, title="Show another run or preset; this one goes on…"),
    Action("detach", (), "", "", "", LIVE, title="Leave; the run goes on in the background"),
    Action("copy_status", (), "", "", "", title="Copy the status of the run as one line"),
    Action("about", (), "", "", "", title="About this run: where its results and its journal are"),
    Action("mouse", (), "", "", "", title="Leave the mouse to the terminal, or take it back"),
    Action(
        "filter",
        ("slash",),
        "/",
        "filter",
        "Filter the list: words, and keys such as state:failed",
        LISTS | {Context.EVENTS},
        5,
    ),
    Action(
        "sort",
        ("s",),
        "s",
        "sort",
        "Sort the groups again, then by the next criterion",
        frozenset({Context.FAILURES}),
        14,
    ),
    Action(
        "order",
        ("o",),
        "o",
        "order",
        "Newest, oldest, finished, longest, most attempts, or the order of the results",
        frozenset({Context.JOBS}),
        14,
    ),
    Action(
        "follow",
        ("f",),
        "f",
        "follow",
        "Stay on the newest, or stop doing so",
        frozenset({Context.JOBS, Context.EVENTS}),
        14,
    ),
    Action(
        "level",
        ("l",),
        "l",
        "level",
        "Show all lines, only warnings and errors, or only errors",
        frozenset({Context.EVENTS}),
        6,
        "Show only worse lines, or all again",
    ),
    Action(
        "pager",
        ("o",),
        "o",
        "pager",
        "Open the whole log in $PAGER; the run goes on",
        frozenset({Context.EVENTS}),
        9,
        "Open the log in the pager",
    ),
    Action(
        "overview",
        ("1",),
        "1",
        "views",
        "The overview: slots, flow, latency, failures",
        EVERYWHERE,
        6,
        "Show the overview",
        bar="1-6",
    ),
    Action(
        "timeline", ("2",), "2", "", "Who ran where and when: slots against time", EVERYWHERE, title="Show the timeline"
    ),
    Action("jobs", ("3",), "3", "", "The list of all jobs", EVERYWHERE, title="Show the jobs"),
    Action("failures", ("4",), "4", "", "The failures, grouped by what went wrong", EVERYWHERE, title="Show failures"),
    Action(
        "charts",
        ("5",),
        "5",
        "",
        "Charts over time, the latency, and what explains them",
        EVERYWHERE,
        title="Show the charts and explain them",
    ),
    Action(
        "recent",
        ("left_square_bracket",),
        "[",
        "range",
        "The charts of the last three minutes",
        frozenset({Context.CHARTS}),
        5,
        "Chart the last three minutes",
        bar="[ ]",
    ),
    Action(
        "whole_run",
        ("right_square_bracket",),
        "]",
        "",
        "The charts of the whole run",
        frozenset({Context.CHARTS}),
        title="Chart the whole run",
    ),
    Action(
        "events",
        ("6",),
        "6",
        "",
        "What was done to the run, and how attempts ended",
        EVERYWHERE,
        title="Show events and the job log",
    ),
    Action(
        "control_events",
        ("left_square_bracket",),
        "[",
        "logs",
        "The log of control events and notices",
        frozenset({Context.EVENTS}),
        5,
        "Show control events and notices",
        bar="[ ]",
    ),
    Action(
        "job_log",
        ("right_square_bracket",),
        "]",
        "",
        "The log of how attempts ended",
        frozenset({Context.EVENTS}),
        title="Show the log of attempts",
    ),
    Action("next_view", ("tab",), "tab", "", "The next view"),
    Action("previous_view", ("shift+tab",), "shift+tab", "", "The view before"),
    Action("up", ("up", "k"), "↑ k", "", "One row up"),
    Action("down", ("down", "j"), "↓ j", "", "One row down"),
    Action("left", ("left", "h"), "← h", "", "One column left", SEEN_IN_TIME),
    Action("right", ("right", "l"), "→ l", "", "One column right", SEEN_IN_TIME),
    Action(
        "density",
        ("w",),
        "w",
        "",
        "Draw the slots as cards, rows, columns, cells or blocks, or as what fits",
        frozenset({Context.OVERVIEW}),
        title="Draw the slots in another density",
    ),
    Action("far_left", ("shift+left", "H"), "shift+← H", "", "Half a page back in time", TIMELINE),
    Action("far_right", ("shift+right",), "shift+→", "", "Half a page on in time", TIMELINE),
    Action("now", ("L",), "L", "", "Back to now", TIMELINE),
    Action(
        "finer", ("left_square_bracket",), "[", "zoom", "Narrower columns of time, to 0.1 s", TIMELINE, 2, bar="[ ]"
    ),
    Action("coarser", ("right_square_bracket",), "]", "", "Wider columns of time, up to a minute", TIMELINE),
    Action(
        "next_failure", ("n",), "n", "next failure", "To the next attempt that failed for good", TIMELINE, 3, bar="n N"
    ),
    Action("previous_failure", ("N",), "N", "", "To the failure before", TIMELINE),
    Action(
        "freeze", ("space",), "space", "freeze", "Freeze the picture while the run goes on, or let it go", TIMELINE, 4
    ),
    Action("range", ("v",), "v", "range", "Choose a range of time, from here to where the cursor goes", TIMELINE, 9),
    Action("sort_slots", ("s",), "s", "sort", "Sort the slots: number, busiest, slowest, most failures", TIMELINE, 9),
    Action("page_up", ("pageup",), "pgup", "", "One page up"),
    Action("page_down", ("pagedown",), "pgdn", "", "One page down"),
    Action("half_up", ("ctrl+u",), "ctrl+u", "", "Half a page up"),
    Action("half_down", ("ctrl+d",), "ctrl+d", "", "Half a page down"),
    Action("first", ("home", "g"), "g", "", "To the first row"),
    Action("last", ("end", "G"), "G", "", "To the last row"),
    Action("details_up", ("shift+up", "K"), "shift+↑ K", "", "Scroll the details up", frozenset({Context.FAILURES})),
    Action(
        "details_down", ("shift+down", "J"), "shift+↓ J", "", "Scroll the details down", frozenset({Context.FAILURES})
    ),
    Action("back", ("escape",), "esc", "back", "Close what is open; while draining: keep running", rank=3),
    Action(
        "acknowledge",
        ("a",),
        "a",
        "",
        "Take note of the alerts that hold; they go from the screen and stay in the log",
        LIVE - {Context.FAILURES},
        title="Acknowledge the alerts",
    ),
    Action(
        "mute",
        ("M",),
        "M",
        "",
        "Hear of no alerts for ten minutes, or hear of them again",
        contexts=EVERYWHERE - {Context.JOBS},
        title="Mute the alerts for 10 min, or hear them again",
    ),
    Action(
        "since",
        ("A",),
        "A",
        "",
        "What has changed since a while ago, most important first",
        title="What changed since…",
    ),
    Action("palette", ("colon", "ctrl+p"), ":", "command", "Find any of these by typing a part of its name", rank=7),
    Action("theme", (), "", "", "Choose the colours", title="Choose a theme…"),
    Action("glyphs", (), "", "", "Choose the characters that are drawn with", title="Choose the glyphs…"),
    Action("motion", (), "", "", "Choose how much may move", title="Choose the motion…"),
    Action(
        "help", ("question_mark",), "?", "help", "The keys of this view", rank=1, title="Show the keys of this view"
    ),
    Action(
        "leave",
        ("q",),
        "q",
        "quit",
        "Leave: keep running in the background, drain, or stop; a finished run is left at once",
        rank=0,
        title="Leave…",
        group="Leave",
    ),
    Action(
        "leave_now",
        ("ctrl+c",),
        "ctrl+c",
        "",
        "Leave; once more in the dialog: stop now; after that: kill",
        group="Leave",
    ),
    Action("leave_softly", ("ctrl+q",), "ctrl+q", "", "Leave; once more in the dialog: keep running", group="Leave"),
    Action("stay", ("ctrl+z",), "ctrl+z", "", "Only says that q leaves and the run goes on", group="Leave"),
)
BY_ID = {action.id: action for action in ACTIONS}
ON_APP = frozenset({"leave_now", "leave_softly", "stay"})
"""Bound by the app, before anything else sees the key."""


_IN_FORCE = dict(BY_ID)


def use(keys: Mapping[str, tuple[str, ...]]) -> None:
    """Put a person's own keys in force, by the ids of actions; checked by `keymap`. Called once, before the screen."""
    _IN_FORCE.update((action.id, _with(action, keys[action.id]) if action.id in keys else action) for action in ACTIONS)


def _with(action: Action, keys: tuple[str, ...]) -> Action:
    return replace(action, keys=keys, label=" ".join(map(printed, keys)), bar="")


def valid(context: Context) -> list[Action]:
    """What works there, in the order of the list."""
    return [action for action in _IN_FORCE.values() if context in action.contexts]


def action_of(key: str, context: Context) -> str | None:
    """The action that a key, named as Textual does, stands for there."""
    return next((action.id for action in valid(context) if key in action.keys), None)


def key_of(action_id: str) -> str:
    """The first key of an action as people read it, for words on the screen; empty where it has none."""
    return _IN_FORCE[action_id].label.partition(" ")[0]


def action_shown_as(label: str) -> str:
    """The action whose key is written so where nobody has changed it, or nothing."""
    return next((action.id for action in ACTIONS if label and label in action.label.split()), "")


def shown(label: str) -> str:
    """The key that stands today for what is written so by default."""
    action_id = action_shown_as(label)
    return key_of(action_id) if action_id and _IN_FORCE[action_id] is not BY_ID[action_id] else label


def sections(context: Context) -> list[tuple[str, list[tuple[str, str]]]]:
    """The keys that work there under their headings, for the help: (heading, [(keys, sentence)])."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for action in valid(context):
        if action.help:
            groups.setdefault(action.group, []).append((action.label, action.help))
    return list(groups.items())


def entries(context: Context) -> list[tuple[str, str, str]]:
    """What the command palette offers there: (id, title, keys)."""
    return [(action.id, action.title, action.label) for action in valid(context) if action.title]


def app_bindings() -> list[Binding]:
    """The keys that work everywhere, dialogs and inputs included; each runs the action of its id."""
    from textual.binding import Binding

    return [
        Binding(",".join(action.keys), action.id, action.help, show=False, id=action.id, priority=True)
        for action in ACTIONS
        if action.id in ON_APP
    ]


def hints(context: Context, snap: Snapshot | None) -> list[Hint]:
    """The key bar there and now: only what would do something."""
    from qtui.tui.widgets.keybar import Hint

    return [
        Hint(action.bar or action.label, _short(action, context, snap), action.id, action.rank)
        for action in valid(context)
        if action.short and action.keys and _useful(action, context, snap)
    ]


def _short(action: Action, context: Context, snap: Snapshot | None) -> str:
    match action.id, context:
        case "pause", _ if snap is not None and snap.state is RunState.PAUSED:
            return "resume"
        case "inspect", Context.FAILURES:
            return "jobs"
        case "back", Context.INSPECTOR:
            return "close"
        case "back", Context.OVERVIEW:
            return "keep running"
        case _:
            return action.short


def _useful(action: Action, context: Context, snap: Snapshot | None) -> bool:
    if snap is None:
        return action.id in ("palette", "help", "leave")
    match action.id:
        case "undo":
            return bool(snap.control.undo)
        case "retry_all":
            return max(snap.triage.open, snap.counts.failed if not snap.triage.aside else 0) > 0
        case "back":
            draining = snap.state is RunState.DRAINING and context is Context.OVERVIEW
            return draining or context not in (Context.OVERVIEW, Context.FINISHED)
        case _:
            return True
