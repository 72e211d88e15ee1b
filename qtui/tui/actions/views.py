"""Which view is seen, and how the overview and the charts are drawn."""

from __future__ import annotations

from qtui.tui.actions.action import EVERYWHERE, Action, Context

ACTIONS = (
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
        beside=("timeline", "jobs", "failures", "charts", "events"),
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
        "events",
        ("6",),
        "6",
        "",
        "What was done to the run, and how attempts ended",
        EVERYWHERE,
        title="Show events and the job log",
    ),
    Action("next_view", ("tab",), "tab", "", "The next view"),
    Action("previous_view", ("shift+tab",), "shift+tab", "", "The view before"),
    Action(
        "density",
        ("w",),
        "w",
        "",
        "Draw the slots as cards, rows, columns, cells or blocks, or as what fits",
        frozenset({Context.OVERVIEW}),
        title="Draw the slots in another density",
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
        beside=("whole_run",),
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
)
