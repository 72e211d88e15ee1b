"""Which rows of a list are seen, in which order, and how one moves among them."""

from __future__ import annotations

from qtui.tui.actions.action import EVERYWHERE, LISTS, SEEN_IN_TIME, Action, Context

ROWS = EVERYWHERE - {Context.CHARTS, Context.FINISHED}
"""Where there are rows, and a cursor or a page among them."""

ACTIONS = (
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
        "control_events",
        ("left_square_bracket",),
        "[",
        "logs",
        "The log of control events and notices",
        frozenset({Context.EVENTS}),
        5,
        "Show control events and notices",
        bar="[ ]",
        beside=("job_log",),
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
    Action("up", ("up", "k"), "↑ k", "", "One row up", ROWS),
    Action("down", ("down", "j"), "↓ j", "", "One row down", ROWS),
    Action("left", ("left", "h"), "← h", "", "One column left", SEEN_IN_TIME),
    Action("right", ("right", "l"), "→ l", "", "One column right", SEEN_IN_TIME),
    Action("page_up", ("pageup",), "pgup", "", "One page up", ROWS),
    Action("page_down", ("pagedown",), "pgdn", "", "One page down", ROWS),
    Action("half_up", ("ctrl+u",), "ctrl+u", "", "Half a page up", ROWS),
    Action("half_down", ("ctrl+d",), "ctrl+d", "", "Half a page down", ROWS),
    Action("first", ("home", "g"), "g", "", "To the first row", ROWS),
    Action("last", ("end", "G"), "G", "", "To the last row", ROWS),
    Action("details_up", ("shift+up", "K"), "shift+↑ K", "", "Scroll the details up", frozenset({Context.FAILURES})),
    Action(
        "details_down", ("shift+down", "J"), "shift+↓ J", "", "Scroll the details down", frozenset({Context.FAILURES})
    ),
)
