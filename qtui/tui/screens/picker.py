"""The picker: presets to learn from, presets for real work, and live runs to attach to."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen

from qtui.core.port import Checked, Host, PresetEntry, RunEntry
from qtui.text import clean, count, percent, plural
from qtui.tui.canvas import Canvas, Line, Span, cut, length
from qtui.tui.panel import Panel
from qtui.tui.prose import bar
from qtui.tui.screens.bad_preset import BadPresetScreen
from qtui.tui.screens.preset_card import preset_lines, run_lines, share
from qtui.tui.screens.prompt import FilterBar

FIRST_CHOICE = "backpressure"
_NAME = 20
_GROUPS = (("learn", "LEARN", "runs offline, simulated work"), ("real", "REAL", "network or files"))


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the list: a heading, or something that can be chosen."""

    heading: str = ""
    preset: PresetEntry | None = None
    run: RunEntry | None = None
    note: str = ""

    @property
    def key(self) -> str:
        """What choosing it gives; empty for a heading."""
        if self.run is not None:
            return f"attach:{self.run.run_id}"
        return self.preset.source if self.preset is not None else ""

    @property
    def name(self) -> str:
        return self.run.name if self.run is not None else self.preset.name if self.preset is not None else ""


class PickerScreen(Screen[str | None]):
    """Dismisses with the source of a preset that can run, with `attach:RUN_ID`, or with None to quit."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    PickerScreen { layout: vertical; }
    PickerScreen #picker { height: 1fr; }
    """

    def __init__(self, host: Host) -> None:
        super().__init__()
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
        self._runs = self._live_runs()
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

    def _live_runs(self) -> list[RunEntry]:
        return [run for run in self.host.runs() if run.state == "running"]

    def _look_for_runs(self) -> None:
        if self.is_current and (runs := self._live_runs()) != self._runs:
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
        items += [Item("RUNS", note="live, enter attaches"), *runs] if runs else []
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
        elif event.key in ("q", "ctrl+c", "ctrl+q"):
            self.dismiss(None)
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
        if item.preset is None:
            self.dismiss(item.key)
            return
        source = item.preset.source
        self._checked.pop(source, None)  # the file may have changed since it was looked at
        if self._check(source).problems:
            self.app.push_screen(BadPresetScreen(self.host, source), lambda valid: self._after_fixing(source, valid))
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
        self._draw_list(canvas, top, left - (1 if width > left else 0), height - top - (2 if height >= 30 else 1))
        if width > left:
            self._draw_card(canvas, left, top, width - left, height - top - (2 if height >= 30 else 1))
        canvas.fill(0, 0, width, 1, "raised")
        canvas.spans(1, 0, cut((Span("qtui   ", "accent", True), Span("choose a preset")), width - 2))
        _draw_keys(canvas, height - 1, self.chosen)

    def _draw_list(self, canvas: Canvas, y: int, width: int, height: int) -> None:
        items = self._items()
        right: Line = (Span("/", "accent", True), Span(" filter", "dim"))
        if self.text:
            right = (Span(f" {clean(self.text, 20)} ", "text", True, "raised"),)
        title = (Span("PRESETS ", bold=True), Span(str(len(self._presets)), "dim"))
        canvas.box(0, y, width, height, title=title, right=right)
        self._rows = {}
        room = height - 2
        if not items and room > 0:
            words = "nothing matches the filter" if self.text else "there are no presets"
            canvas.spans(3, y + 1, cut((Span(words, "dim"),), width - 5))
        roomy = len(items) + sum(bool(item.heading) for item in items) + 1 <= room
        rows: list[Item | None] = [None] if roomy else []
        for number, item in enumerate(items):
            rows += [None] if roomy and item.heading and number else []
            rows.append(item)
        chosen = self.chosen
        at = next(
            (i for i, item in enumerate(rows) if item is not None and chosen is not None and item.key == chosen.key), 0
        )
        top = max(0, min(at - room // 2, len(rows) - room))
        for at_y, shown in enumerate(rows[top : top + max(0, room)], y + 1):
            if shown is not None:
                self._draw_item(canvas, at_y, width, shown, chosen is not None and shown.key == chosen.key)

    def _draw_item(self, canvas: Canvas, y: int, width: int, item: Item, chosen: bool) -> None:
        if item.heading:
            canvas.spans(2, y, cut((Span(item.heading, "dim", True), Span(f"  {item.note}", "faint")), width - 3))
            return
        self._rows[y] = item.key
        if chosen:
            canvas.fill(1, y, width - 2, 1, "raised")
            canvas.put(1, y, "▌", "accent")
        sign = Span("●", "done_text", True) if item.run is not None else Span("►", "faint")
        canvas.spans(3, y, (sign,) if width > 4 else ())
        wide = width >= 40
        name = cut((Span(clean(item.name, 100), "text", chosen),), min(_NAME, width - 7) if wide else width - 7)
        canvas.spans(5, y, name)
        note = self._note(item, short=not wide)
        if wide:
            canvas.spans(5 + _NAME + 1, y, cut(note, width - _NAME - 8))
        elif note and length(name) + length(note) + 8 <= width:
            canvas.right(width - 2, y, note)

    def _note(self, item: Item, *, short: bool) -> list[Span]:
        if item.run is not None:
            run = item.run
            done = percent(share(run)) if run.total else f"{count(run.done)} done"
            failed = [Span(f", {count(run.failed)} failed", "failed_text")] if run.failed and not short else []
            gauge = [] if short or not run.total else [*bar(6, share(run), "done"), Span(" ")]
            return [*gauge, Span(f"{done}", "dim"), *failed]
        problems = len(self._checked[item.key].problems) if item.key in self._checked else 0
        if problems:
            return [Span(f"× {problems}" if short else f"× {plural(problems, 'problem')}", "failed_text", True)]
        description = clean(item.preset.description) if item.preset is not None else ""
        return [] if short else [Span(description, "dim")]

    def _draw_card(self, canvas: Canvas, x: int, y: int, width: int, height: int) -> None:
        item = self.chosen
        if item is None:
            canvas.box(x, y, width, height)
            return
        inner = width - 6 if width >= 60 else width - 4
        if item.preset is not None:
            checked = self._check(item.preset.source)
            lines = preset_lines(item.preset, checked, inner)
            right = f"{item.preset.group.upper()} · {'network' if checked.network else 'offline'}"
            action = "see the problems" if checked.problems else "run"
        else:
            lines = run_lines(item.run, inner) if item.run is not None else []
            right, action = "LIVE", "attach"
        canvas.box(
            x, y, width, height, title=(Span(clean(item.name, 60), bold=True),), right=(Span(clean(right, 40), "dim"),)
        )
        top = 2 if height >= 24 else 1
        room = max(0, height - 1 - top - (3 if height >= 24 else 0))
        self._most = max(0, len(lines) - room)
        self._scroll = min(self._scroll, self._most)
        for row, line in enumerate(lines[self._scroll : self._scroll + room]):
            canvas.spans(x + (3 if width >= 60 else 2), y + top + row, line)
        if height >= 24:
            canvas.put(x + 3, y + height - 3, f" enter {action} "[: width - 5], "inverse", bold=True, bg="accent")
        if self._most:
            left = self._most - self._scroll
            canvas.right(
                x + width - 2, y + height - 1, (Span(f" ▼ {left} more  pgdn " if left else " end  pgup ", "faint"),)
            )


def _draw_keys(canvas: Canvas, y: int, item: Item | None) -> None:
    canvas.fill(0, y, canvas.width, 1, "raised")
    action = "attach" if item is not None and item.run is not None else "run"
    x = 1
    for key, words in (("↑↓", "choose"), ("enter", action), ("/", "filter"), ("pgup pgdn", "read on"), ("q", "quit")):
        if x + len(key) + len(words) + 1 >= canvas.width:
            break
        x = canvas.put(x, y, key, "accent", bold=True)
        x = canvas.put(x, y, f" {words}  ", "dim")
