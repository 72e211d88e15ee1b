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
from qtui.tui.screens.key_table import draw_foot, help_of, press, said_of_key, shown
from qtui.tui.screens.picker_keys import KEYS
from qtui.tui.screens.preset_card import Card, draw_card, preset_lines, run_lines
from qtui.tui.screens.preset_choice import offered, open_runs, used_last
from qtui.tui.screens.preset_list import Item, draw_list

if TYPE_CHECKING:
    from qtui.tui.app import QtuiApp

FIRST_CHOICE = "backpressure"


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
        self.text: str = ""
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
        self._runs = open_runs(self.host.runs())
        self._chosen = self._chosen or used_last(self._presets, self.host.runs()) or FIRST_CHOICE
        self._draw_now()
        self.set_timer(0.05, self._check_next)
        self.set_interval(2.0, self._look_for_runs)

    def on_resize(self) -> None:
        self._draw_now()

    def on_screen_resume(self) -> None:
        self._draw_now()

    # What there is

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
        found = self.host.presets()
        files = {entry.file for entry in found}
        self._presets = [*found, *(entry for entry in self._elsewhere if entry.file not in files)]
        self._draw_now()

    def _look_for_runs(self) -> None:
        if self.is_current and (runs := open_runs(self.host.runs())) != self._runs:
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
        return offered(self._presets, self._runs, self.text)

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
        self._said = said_of_key(text, ok=ok)
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
        draw_foot(canvas, self._said, shown(KEYS, self))

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
            card = Card(item.name, right, run_lines(item.run, inner), item.action)
            self._scroll, self._most = draw_card(canvas, box, card, self._scroll)
