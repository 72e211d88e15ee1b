"""The keys of the picker."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qtui.tui.screens.key_table import ScreenKey, Table
from qtui.tui.screens.picker_work import dry_run, edit, new, open_file

if TYPE_CHECKING:
    from qtui.tui.screens.picker import PickerScreen

_ALL = 1_000_000


def _is_preset(screen: PickerScreen) -> bool:
    return screen.chosen is not None and screen.chosen.preset is not None


def _take_words(screen: PickerScreen) -> str:
    return screen.chosen.action if screen.chosen is not None else "run"


def _rows(rows: int) -> Callable[[PickerScreen], None]:
    return lambda screen: screen.move(rows)


def _reads(pages: int, rows: int = 0) -> Callable[[PickerScreen], None]:
    return lambda screen: screen.scroll(pages * screen.page_rows + rows)


KEYS: Table[PickerScreen] = (
    ScreenKey("↑↓", ("up", "k"), "Choose.", _rows(-1), lambda _: "choose"),
    ScreenKey("↓", ("down", "j"), "", _rows(1)),
    ScreenKey("enter", ("enter",), "Run it, go on with it, or attach to it.", lambda s: s.take(), _take_words),
    ScreenKey(
        "d",
        ("d",),
        "Dry run: the plan and the first jobs; nothing is started.",
        dry_run,
        lambda _: "dry run",
        _is_preset,
    ),
    ScreenKey(
        "e", ("e",), "Edit its file, then check it again.", lambda s: s.start(edit), lambda _: "edit", _is_preset
    ),
    ScreenKey(
        "/",
        ("slash",),
        "Show only what has this in its name or description.",
        lambda s: s.open_filter(),
        lambda _: "filter",
    ),
    ScreenKey("n", ("n",), "Write a new preset from a template.", lambda s: s.start(new), lambda _: "new preset"),
    ScreenKey("o", ("o",), "Open a preset from elsewhere.", lambda s: s.start(open_file), lambda _: "open file…"),
    ScreenKey("t", ("t",), "Choose the theme.", lambda s: s.choose_theme(), lambda _: "theme"),
    ScreenKey("pgdn", ("pagedown", "ctrl+d"), "Read on.", _reads(1), lambda s: "read on" if s.reads_on else ""),
    ScreenKey("pgup", ("pageup", "ctrl+u"), "Read back.", _reads(-1)),
    ScreenKey("J", ("J", "shift+down"), "Read on, three lines.", _reads(0, 3)),
    ScreenKey("K", ("K", "shift+up"), "Read back, three lines.", _reads(0, -3)),
    ScreenKey("home", ("home", "g"), "Choose the first.", _rows(-_ALL)),
    ScreenKey("end", ("end", "G"), "Choose the last.", _rows(_ALL)),
    ScreenKey(
        "esc", ("escape",), "Show all again.", lambda s: s.clear_filter(), lambda _: "show all", lambda s: bool(s.text)
    ),
    ScreenKey("?", ("question_mark",), "This help.", lambda s: s.show_help(), lambda _: "help"),
    ScreenKey(
        "esc",
        ("escape", "q", "ctrl+c", "ctrl+q"),
        "Back to the run.",
        lambda s: s.leave(),
        lambda _: "back",
        lambda s: s.is_behind,
    ),
    ScreenKey(
        "q", ("q", "ctrl+c", "ctrl+q"), "Quit.", lambda s: s.leave(), lambda _: "quit", lambda s: not s.is_behind
    ),
)
"""Every key of the picker; the key bar, the help and the keys themselves are this table."""
