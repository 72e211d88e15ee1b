"""The picker: presets to learn from, presets for real work, runs to go on with, and live runs to attach to."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, cast

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen

from qtui.core.port import Checked, Host, PresetEntry, RunEntry
from qtui.text import clean
from qtui.tui.canvas import Canvas, Line, Span, cut, length
from qtui.tui.panel import Panel
from qtui.tui.screens.bad_preset import BadPresetScreen
from qtui.tui.screens.filter_bar import FilterBar
from qtui.tui.screens.help import HelpScreen
from qtui.tui.screens.key_table import ScreenKey, Table, draw_bar, help_of, press, shown
from qtui.tui.screens.picker_work import dry_run, edit, new, open_file
from qtui.tui.screens.preset_card import Card, draw_card, preset_lines, run_lines
from qtui.tui.screens.preset_list import Item, draw_list

if TYPE_CHECKING:
    from qtui.tui.app import QtuiApp

FIRST_CHOICE = "backpressure"
_ALL = 1_000_000
_GROUPS = (("learn", "LEARN", "runs offline, simulated work"), ("real", "REAL", "network or files"))


class PickerScreen(Screen[str | None]):
    """Dismisses with the source of a preset that can run, with `attach:RUN_ID`, or with None to quit."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    PickerScreen { layout: vertical; }
    PickerScreen #picker { height: 1fr; }
    """

    def __init__(self, host: Host, *, behind: bool = False, said: str = "", chosen: str = "") -> None:
        """`behind` says that it stands over a run, which is gone back to.

        `said` is why the person is here again, and `chosen` the preset it is about.
        """
        super().__init__()
        self._behind = behind
        self.host = host
        self.page = Panel(id="picker")
        self.text = ""
        self._said: Line | None = None
        self._presets: list[PresetEntry] = []
        self._elsewhere: list[PresetEntry] = []
        """Taken up by hand, from places that are not looked at."""
        self._runs: list[RunEntry] = []
        self._checked: dict[str, Checked] = {}
        self._chosen = chosen
        self._scroll = 0
        self._most = 0
        self._rows: dict[int, str] = {}
        if said:
            self.say(said, ok=False)

    def compose(self) -> ComposeResult:
        yield self.page
        yield FilterBar("name or description")

    def on_mount(self) -> None:
        self._presets = self.host.presets()
        self._runs = self._open_runs()
        self._chosen = self._chosen or self._used_last() or FIRST_CHOICE
        self._draw_now()
        self.set_timer(0.05, self._check_next)
        self.set_interval(2.0, self._look_for_runs)

    def on_resize(self) -> None:
        self._draw_now()

    def on_screen_resume(self) -> None:
        self._draw_now()

    # What there is

    def _open_runs(self) -> list[RunEntry]:
        """Those that live, then those that starting their preset would go on with."""
        runs = sorted(self.host.runs(), key=lambda run: run.started_at, reverse=True)
        newest = {run.identity or run.run_id: run for run in reversed(runs) if not run.aside}
        unfinished = [run for run in newest.values() if run.state in ("stopped", "crashed") and not run.given]
        return [*(run for run in runs if run.state == "running"), *unfinished[::-1]]

    def _used_last(self) -> str:
        """The preset that was run last of those that can be chosen, or nothing."""
        for run in sorted(self.host.runs(), key=lambda run: run.started_at, reverse=True):
            for entry in self._presets:
                if entry.source == run.preset or (entry.file and entry.file == run.file):
                    return entry.source
        return ""

    def take_up(self, entry: PresetEntry) -> None:
        """Offer a preset that may be new here, and choose it."""
        self._elsewhere = [*(each for each in self._elsewhere if each.source != entry.source), entry]
        self.text = ""
        self.look_again(entry.source)
        self._chosen, self._scroll = entry.source, 0
        self._draw_now()

    def look_again(self, source: str) -> None:
        """A file may have changed, or be new."""
        self._checked.pop(source, None)
        offered = self.host.presets()
        files = {entry.file for entry in offered}
        self._presets = [*offered, *(entry for entry in self._elsewhere if entry.file not in files)]
        self._draw_now()

    def _look_for_runs(self) -> None:
        if self.is_current and (runs := self._open_runs()) != self._runs:
            self._runs = runs
            self._draw_now()

    def _check_next(self) -> None:
        """Check one preset at a time, between frames, so that the list says which ones cannot run."""
        unknown = next((entry.source for entry in self._presets if entry.source not in self._checked), None)
        if unknown is not None:
            self.checked(unknown)
            self._draw_now()
            self.set_timer(0.02, self._check_next)

    def checked(self, source: str) -> Checked:
        """What checking it gives, as it was when it was checked first."""
        if source not in self._checked:
            self._checked[source] = self.host.check(source)
        return self._checked[source]

    def _items(self) -> list[Item]:
        items: list[Item] = []
        for group, heading, note in _GROUPS:
            found = [Item(preset=entry) for entry in self._presets if entry.group == group and self._matches(entry)]
            items += [Item(heading, note=note), *found] if found else []
        others = [entry for entry in self._presets if entry.group not in ("learn", "real") and self._matches(entry)]
        for folder in dict.fromkeys(entry.folder for entry in others):
            items += [Item("YOURS", note=clean(folder)), *(Item(preset=e) for e in others if e.folder == folder)]
        runs = [Item(run=run) for run in self._runs if self.text.casefold() in f"{run.name} {run.run_id}".casefold()]
        for heading, note, live in (
            ("RESUME", "not finished", False),
            ("RUNS", "live", True),
        ):
            found = [item for item in runs if item.is_live is live]
            items += [Item(heading, note=note), *found] if found else []
        return items

    def _matches(self, entry: PresetEntry) -> bool:
        return self.text.casefold() in f"{entry.name} {entry.description} {entry.source}".casefold()

    def _choices(self) -> list[Item]:
        return [item for item in self._items() if item.key]

    @property
    def chosen(self) -> Item | None:
        """The row the cursor is on."""
        choices = self._choices()
        return next((item for item in choices if item.key == self._chosen), choices[0] if choices else None)

    # Keys

    def on_key(self, event: events.Key) -> None:
        self._said = None
        if press(KEYS, self, event.key):
            event.stop()
            event.prevent_default()
        self._draw_now()

    def start(self, doing: Callable[[PickerScreen], Coroutine[object, object, None]]) -> None:
        """Do what asks a person or the disk, beside the drawing."""
        self.run_worker(doing(self), group="picker", exclusive=True)

    def say(self, text: str, *, ok: bool = True) -> None:
        """One sentence in place of the key bar, until the next key."""
        self._said = (Span("✓ " if ok else "× ", "done_text" if ok else "failed_text", True), Span(clean(text, 400)))
        self._draw_now()

    def scroll(self, rows: int) -> None:
        """Read on in the card."""
        self._scroll = max(0, min(self._most, self._scroll + rows))

    @property
    def page_rows(self) -> int:
        return max(1, self.size.height // 2)

    @property
    def reads_on(self) -> bool:
        """The card has more than it shows."""
        return self._most > 0

    @property
    def is_behind(self) -> bool:
        return self._behind

    def open_filter(self) -> None:
        self.query_one(FilterBar).open(self.text)

    def clear_filter(self) -> None:
        self._filter("")

    def leave(self) -> None:
        self.dismiss(None)

    def show_help(self) -> None:
        self.app.push_screen(HelpScreen(help_of(KEYS, self)))

    def choose_theme(self) -> None:
        from qtui.tui.screens.looks import choose

        choose(cast("QtuiApp", self.app), "theme")

    def move(self, step: int) -> None:
        """Choose the row `step` further down, stopping at the ends."""
        keys = [item.key for item in self._choices()]
        if keys:
            at = keys.index(self._chosen) if self._chosen in keys else 0
            self._chosen = keys[max(0, min(len(keys) - 1, at + step))]
            self._scroll = 0
            self._draw_now()

    def take(self) -> None:
        """Run or attach what is chosen; a preset with problems is shown with them first."""
        item = self.chosen
        if item is None:
            return
        if item.run is not None:
            self.dismiss(item.key if item.is_live else item.run.preset)
            return
        assert item.preset is not None, "a heading cannot be chosen"
        source = item.preset.source
        self._checked.pop(source, None)  # the file may have changed since it was looked at
        if self.checked(source).problems:
            self.app.push_screen(
                BadPresetScreen(self.host, source, within=True), lambda valid: self._after_fixing(source, valid)
            )
        else:
            self.dismiss(source)

    def _after_fixing(self, source: str, valid: bool | None) -> None:
        self._checked.pop(source, None)
        if valid:
            self.dismiss(source)
        else:
            self._draw_now()

    def on_click(self, event: events.Click) -> None:
        key = self._rows.get(event.screen_y) if event.screen_x < self._list_width(self.size.width) else None
        if key:
            again = key == self._chosen and event.chain > 1
            self._chosen = key
            self._scroll = 0
            self._draw_now()
            if again:
                self.take()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event.screen_x, 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event.screen_x, -1)

    def _wheel(self, x: int, step: int) -> None:
        if x < self._list_width(self.size.width):
            self.move(step)
        else:
            self.scroll(3 * step)
            self._draw_now()

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        self._filter(event.text)

    def on_filter_bar_closed(self, event: FilterBar.Closed) -> None:
        self.set_focus(None)
        self._filter(event.text)

    def _filter(self, text: str) -> None:
        self.text = text
        item = self.chosen
        self._chosen = item.key if item is not None else self._chosen
        self._scroll = 0
        self._draw_now()

    # Drawing

    def _draw_now(self) -> None:
        if self.is_mounted:
            self.page.show(self.draw)

    @staticmethod
    def _list_width(width: int) -> int:
        if width < 64:
            return width
        return 30 if width < 100 else max(52, min(70, width * 2 // 5))

    def draw(self, canvas: Canvas) -> None:
        width, height = canvas.width, canvas.height
        top = 2 if height >= 30 else 1
        left = self._list_width(width)
        rows = height - top - (2 if height >= 30 else 1)
        chosen = self.chosen
        self._rows = draw_list(
            canvas,
            (0, top, left - (1 if width > left else 0), rows),
            self._items(),
            chosen=chosen.key if chosen is not None else "",
            problems={source: len(checked.problems) for source, checked in self._checked.items()},
            text=self.text,
            total=len(self._presets),
        )
        if width > left:
            self._draw_card(canvas, (left, top, width - left, rows))
        canvas.fill(0, 0, width, 1, "raised")
        canvas.spans(1, 0, cut((Span("qtui   ", "accent", True), Span("choose a preset")), width - 2))
        folders = list(dict.fromkeys(entry.folder for entry in self._presets if entry.folder))
        places = (Span("  ".join(["bundled", *map(clean, folders)]), "dim"),)
        if folders and length(places) + 26 < width:
            canvas.right(width - 2, 0, places)
        draw_bar(canvas, height - 1, shown(KEYS, self))
        if self._said is not None:
            canvas.fill(0, height - 1, width, 1, "raised")
            canvas.spans(1, height - 1, cut(self._said, width - 2))

    def _draw_card(self, canvas: Canvas, box: tuple[int, int, int, int]) -> None:
        item = self.chosen
        inner = box[2] - (6 if box[2] >= 60 else 4)
        hints = [pair for pair in shown(KEYS, self) if pair[0] in "de"]
        if item is None:
            canvas.box(*box)
        elif item.preset is not None:
            checked = self.checked(item.preset.source)
            group = "YOURS" if item.preset.group == "own" else clean(item.preset.group).upper()
            reach = "" if checked.problems else " · network" if checked.network else " · offline"
            action = "see the problems" if checked.problems else "run"
            card = Card(item.name, group + reach, preset_lines(item.preset, checked, inner), action, hints)
            self._scroll, self._most = draw_card(canvas, box, card, self._scroll)
        elif item.run is not None:
            right = "LIVE" if item.is_live else item.run.state.upper()
            card = Card(item.name, right, run_lines(item.run, inner), _action(item))
            self._scroll, self._most = draw_card(canvas, box, card, self._scroll)


def _action(item: Item | None) -> str:
    """What enter does with it."""
    return "attach" if item is not None and item.is_live else "go on" if item is not None and item.run else "run"


def _is_preset(screen: PickerScreen) -> bool:
    return screen.chosen is not None and screen.chosen.preset is not None


def _rows(rows: int) -> Callable[[PickerScreen], None]:
    return lambda screen: screen.move(rows)


def _reads(pages: int, rows: int = 0) -> Callable[[PickerScreen], None]:
    return lambda screen: screen.scroll(pages * screen.page_rows + rows)


KEYS: Table[PickerScreen] = (
    ScreenKey("↑↓", ("up", "k"), "Choose.", _rows(-1), lambda _: "choose"),
    ScreenKey("↓", ("down", "j"), "", _rows(1)),
    ScreenKey(
        "enter", ("enter",), "Run it, go on with it, or attach to it.", PickerScreen.take, lambda s: _action(s.chosen)
    ),
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
        PickerScreen.open_filter,
        lambda _: "filter",
    ),
    ScreenKey("n", ("n",), "Write a new preset from a template.", lambda s: s.start(new), lambda _: "new preset"),
    ScreenKey("o", ("o",), "Open a preset from elsewhere.", lambda s: s.start(open_file), lambda _: "open file…"),
    ScreenKey("t", ("t",), "Choose the theme.", PickerScreen.choose_theme, lambda _: "theme"),
    ScreenKey("pgdn", ("pagedown", "ctrl+d"), "Read on.", _reads(1), lambda s: "read on" if s.reads_on else ""),
    ScreenKey("pgup", ("pageup", "ctrl+u"), "Read back.", _reads(-1)),
    ScreenKey("J", ("J", "shift+down"), "Read on, three lines.", _reads(0, 3)),
    ScreenKey("K", ("K", "shift+up"), "Read back, three lines.", _reads(0, -3)),
    ScreenKey("home", ("home", "g"), "Choose the first.", _rows(-_ALL)),
    ScreenKey("end", ("end", "G"), "Choose the last.", _rows(_ALL)),
    ScreenKey(
        "esc", ("escape",), "Show all again.", PickerScreen.clear_filter, lambda _: "show all", lambda s: bool(s.text)
    ),
    ScreenKey("?", ("question_mark",), "This help.", PickerScreen.show_help, lambda _: "help"),
    ScreenKey(
        "esc",
        ("escape", "q", "ctrl+c", "ctrl+q"),
        "Back to the run.",
        PickerScreen.leave,
        lambda _: "back",
        lambda s: s.is_behind,
    ),
    ScreenKey("q", ("q", "ctrl+c", "ctrl+q"), "Quit.", PickerScreen.leave, lambda _: "quit", lambda s: not s.is_behind),
)
"""Every key of the picker; the key bar, the help and the keys themselves are this table."""
