"""The picker: presets to learn from, presets for real work, runs to go on with, and live runs to attach to."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen

from qtui.core.port import Checked, Host, PresetEntry, RunEntry
from qtui.tui.canvas import Canvas, Span, cut
from qtui.tui.panel import Panel
from qtui.tui.screens.bad_preset import BadPresetScreen
from qtui.tui.screens.filter_bar import FilterBar
from qtui.tui.screens.preset_card import Card, draw_card, preset_lines, run_lines
from qtui.tui.screens.preset_list import Item, draw_list

if TYPE_CHECKING:
    from qtui.tui.app import QtuiApp

FIRST_CHOICE = "backpressure"
_GROUPS = (("learn", "LEARN", "runs offline, simulated work"), ("real", "REAL", "network or files"))


class PickerScreen(Screen[str | None]):
    """Dismisses with the source of a preset that can run, with `attach:RUN_ID`, or with None to quit."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    PickerScreen { layout: vertical; }
    PickerScreen #picker { height: 1fr; }
    """

    def __init__(self, host: Host, *, behind: bool = False) -> None:
        """`behind` says that it stands over a run, which is gone back to."""
        super().__init__()
        self._behind = behind
        self.host = host
        self.page = Panel(id="picker")
        self.text = ""
        self._presets: list[PresetEntry] = []
        self._runs: list[RunEntry] = []
        self._checked: dict[str, Checked] = {}
        self._chosen = ""
        self._scroll = 0
        self._most = 0
        self._rows: dict[int, str] = {}

    def compose(self) -> ComposeResult:
        yield self.page
        yield FilterBar("name or description")

    def on_mount(self) -> None:
        self._presets = self.host.presets()
        self._runs = self._open_runs()
        first = next((entry for entry in self._presets if entry.name == FIRST_CHOICE), None)
        choices = self._choices()
        self._chosen = first.source if first is not None else choices[0].key if choices else ""
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

    def _look_for_runs(self) -> None:
        if self.is_current and (runs := self._open_runs()) != self._runs:
            self._runs = runs
            self._draw_now()

    def _check_next(self) -> None:
        """Check one preset at a time, between frames, so that the list says which ones cannot run."""
        unknown = next((entry.source for entry in self._presets if entry.source not in self._checked), None)
        if unknown is not None:
            self._check(unknown)
            self._draw_now()
            self.set_timer(0.02, self._check_next)

    def _check(self, source: str) -> Checked:
        if source not in self._checked:
            self._checked[source] = self.host.check(source)
        return self._checked[source]

    def _items(self) -> list[Item]:
        items: list[Item] = []
        for group, heading, note in _GROUPS:
            found = [Item(preset=entry) for entry in self._presets if entry.group == group and self._matches(entry)]
            items += [Item(heading, note=note), *found] if found else []
        other = [Item(preset=e) for e in self._presets if e.group not in ("learn", "real") and self._matches(e)]
        items += [Item("OTHER"), *other] if other else []
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
        page = max(1, self.size.height // 2)
        steps = {"up": -1, "k": -1, "down": 1, "j": 1, "home": -999, "g": -999, "end": 999, "G": 999}
        scrolls = {"pagedown": page, "pageup": -page, "ctrl+d": page, "ctrl+u": -page, "J": 3, "K": -3}
        scrolls |= {"shift+down": 3, "shift+up": -3}
        if event.key in steps:
            self.move(steps[event.key])
        elif event.key in scrolls:
            self._scroll = max(0, min(self._most, self._scroll + scrolls[event.key]))
            self._draw_now()
        elif event.key == "enter":
            self.take()
        elif event.key == "slash":
            self.query_one(FilterBar).open(self.text)
        elif event.key == "escape" and self.text:
            self._filter("")
        elif event.key in ("q", "ctrl+c", "ctrl+q") or (event.key == "escape" and self._behind):
            self.dismiss(None)
        elif event.key == "t":
            self._choose_theme()
        else:
            return
        event.stop()
        event.prevent_default()

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
        if self._check(source).problems:
            self.app.push_screen(BadPresetScreen(self.host, source), lambda valid: self._after_fixing(source, valid))
        else:
            self.dismiss(source)

    def _choose_theme(self) -> None:
        from qtui.tui.screens.looks import choose

        choose(cast("QtuiApp", self.app), "theme")

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
            self._scroll = max(0, min(self._most, self._scroll + 3 * step))
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
        _draw_keys(canvas, height - 1, self.chosen, self._behind)

    def _draw_card(self, canvas: Canvas, box: tuple[int, int, int, int]) -> None:
        item = self.chosen
        inner = box[2] - (6 if box[2] >= 60 else 4)
        if item is None:
            canvas.box(*box)
        elif item.preset is not None:
            checked = self._check(item.preset.source)
            group = item.preset.group.upper()
            reach = "" if checked.problems else " · network" if checked.network else " · offline"
            action = "see the problems" if checked.problems else "run"
            card = Card(item.name, group + reach, preset_lines(item.preset, checked, inner), action)
            self._scroll, self._most = draw_card(canvas, box, card, self._scroll)
        elif item.run is not None:
            right = "LIVE" if item.is_live else item.run.state.upper()
            card = Card(item.name, right, run_lines(item.run, inner), _action(item))
            self._scroll, self._most = draw_card(canvas, box, card, self._scroll)


def _action(item: Item) -> str:
    """What enter does with it."""
    return "run" if item.run is None else "attach" if item.is_live else "go on"


def _draw_keys(canvas: Canvas, y: int, item: Item | None, behind: bool) -> None:
    canvas.fill(0, y, canvas.width, 1, "raised")
    action = "run" if item is None else _action(item)
    keys = (("↑↓", "choose"), ("enter", action), ("/", "filter"), ("pgup pgdn", "read on"), ("t", "theme"))
    x = 1
    for key, words in (*keys, ("esc", "back") if behind else ("q", "quit")):
        if x + len(key) + len(words) + 1 >= canvas.width:
            break
        x = canvas.put(x, y, key, "accent", bold=True)
        x = canvas.put(x, y, f" {words}  ", "dim")
