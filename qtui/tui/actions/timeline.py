"""What is done in the timeline: moving in time, zooming, finding failures, measuring."""

from __future__ import annotations

from qtui.tui.actions.action import TIMELINE, Action

ACTIONS = (
    Action(
        "finer",
        ("left_square_bracket",),
        "[",
        "zoom",
        "Narrower columns of time, to 0.1 s",
        TIMELINE,
        2,
        bar="[ ]",
        beside=("coarser",),
    ),
    Action("coarser", ("right_square_bracket",), "]", "", "Wider columns of time, up to a minute", TIMELINE),
    Action(
        "next_failure",
        ("n",),
        "n",
        "next failure",
        "To the next attempt that failed for good",
        TIMELINE,
        3,
        bar="n N",
        beside=("previous_failure",),
    ),
    Action("previous_failure", ("N",), "N", "", "To the failure before", TIMELINE),
    Action(
        "freeze", ("space",), "space", "freeze", "Freeze the picture while the run goes on, or let it go", TIMELINE, 4
    ),
    Action("range", ("v",), "v", "range", "Choose a range of time, from here to where the cursor goes", TIMELINE, 9),
    Action("sort_slots", ("s",), "s", "sort", "Sort the slots: number, busiest, slowest, most failures", TIMELINE, 9),
    Action("far_left", ("shift+left", "H"), "shift+← H", "", "Half a page back in time", TIMELINE),
    Action("far_right", ("shift+right",), "shift+→", "", "Half a page on in time", TIMELINE),
    Action("now", ("L",), "L", "", "Back to now", TIMELINE),
)
