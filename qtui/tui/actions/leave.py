"""Ways out of this screen."""

from __future__ import annotations

from qtui.tui.actions.action import LIVE, Action

ACTIONS = (
    Action(
        "leave",
        ("q",),
        "q",
        "quit",
        "Leave: keep running in the background, drain, or stop; a finished run is left at once",
        rank=0,
        title="Leave…",
    ),
    Action(
        "leave_now",
        ("ctrl+c",),
        "ctrl+c",
        "",
        "Leave; once more in the dialog: stop now; after that: kill",
    ),
    Action("leave_softly", ("ctrl+q",), "ctrl+q", "", "Leave; once more in the dialog: keep running"),
    Action("stay", ("ctrl+z",), "ctrl+z", "", "Only says how to leave, and that the run goes on"),
    Action("detach", (), "", "", "", LIVE, title="Leave; the run goes on in the background"),
    Action("elsewhere", (), "", "", "", LIVE, title="Show another run or preset; this one goes on…"),
)
