"""What concerns this screen alone: alerts, news, help, the palette and its looks."""

from __future__ import annotations

from qtui.tui.actions.action import EVERYWHERE, LIVE, Action, Context

ACTIONS = (
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
    Action("mouse", (), "", "", "", title="Leave the mouse to the terminal, or take it back"),
    Action("why", (), "", "", "", title="Why does nothing new start?"),
    Action("copy_status", (), "", "", "", title="Copy the status of the run as one line"),
    Action("about", (), "", "", "", title="About this run: where its results and its journal are"),
    Action(
        "help", ("question_mark",), "?", "help", "The keys of this view", rank=1, title="Show the keys of this view"
    ),
)
