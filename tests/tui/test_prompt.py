"""Typing numbers and filters: judged while typed, never out of bounds, nothing hostile gets in."""

from __future__ import annotations

import pytest
from textual.events import Paste
from textual.widget import Widget

from qtui.tui.screens.filter_bar import FilterBar
from qtui.tui.screens.prompt import NO_LIMIT, NumberPrompt, TextPrompt
from tests.tui.stage import HOSTILE, Stage


def capacity(current: int | None = 64) -> Stage:
    return Stage(screen=lambda: NumberPrompt("Bound of the queue", current, minimum=1, maximum=1_000_000, unit="jobs"))


def rate(current: float | None) -> Stage:
    return Stage(
        screen=lambda: NumberPrompt(
            "Rate limit", current, minimum=0.01, maximum=1e6, unit="starts a second", none_text="no limit"
        )
    )


async def answers(app: Stage, *keys: str) -> list[object]:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
    return app.answers


@pytest.mark.parametrize(
    ("keys", "result"),
    [
        (["enter"], [64]),
        (["1", "2", "8", "enter"], [128]),
        (["backspace", "enter"], [6]),
        (["up", "up", "enter"], [66]),
        (["down", "enter"], [63]),
        (["pageup", "enter"], [128]),
        (["pagedown", "enter"], [32]),
        (["escape"], [None]),
        (["0", "enter"], []),
        (["x", "enter"], []),
        (["2", "0", "0", "0", "0", "0", "0", "enter"], []),
    ],
)
async def test_whole_number(keys: list[str], result: list[object]) -> None:
    assert await answers(capacity(), *keys) == result


async def test_arrows_stop_at_the_bounds() -> None:
    assert await answers(capacity(1), "down", "down", "enter") == [1]


async def test_an_empty_rate_lifts_the_limit() -> None:
    assert await answers(rate(50.0), "ctrl+u", "enter") == [NO_LIMIT]


async def test_a_rate_may_be_a_fraction() -> None:
    assert await answers(rate(None), "0", ".", "5", "enter") == [0.5]


async def test_typing_after_a_step_begins_a_number_of_its_own() -> None:
    assert await answers(rate(None), "minus", "3", "enter") == [3]
    assert await answers(capacity(64), "up", "backspace", "7", "enter") == [67]


async def test_says_what_is_wrong_while_it_is_typed() -> None:
    app = capacity()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("0")
        assert "× at least 1" in app.text()
        await pilot.press("backspace", "9")
        assert "64 → 9" in app.text()


@pytest.mark.parametrize(
    ("keys", "result"),
    [(["enter"], ["mine"]), (["2", "enter"], ["mine2"]), (["ctrl+u", "enter"], []), (["escape"], [None])],
)
async def test_a_text_is_changed_and_never_empty(keys: list[str], result: list[object]) -> None:
    assert await answers(Stage(screen=lambda: TextPrompt("Save as", "mine", note="in this folder")), *keys) == result


@pytest.mark.parametrize(
    ("app", "text"),
    [
        (capacity(), "128"),
        (Stage(screen=lambda: TextPrompt("Save as", "mine")), "mine128"),
    ],
)
async def test_what_is_pasted_stands_in_for_what_was_proposed(app: Stage, text: str) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        app.screen.post_message(Paste("128\nand more"))
        await pilot.pause()
        assert text in app.text()
        assert "more" not in app.text()


@pytest.mark.parametrize("size", [(1, 1), (10, 3), (30, 5), (80, 24)])
async def test_fits_any_screen(size: tuple[int, int]) -> None:
    for app in (capacity(), Stage(screen=lambda: TextPrompt("Save as", "mine", note="in this folder"))):
        async with app.run_test(size=size) as pilot:
            await pilot.press("9", "9")


class Listening(Widget):
    """Keeps what its filter bar says."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[object] = []

    def compose(self):  # type: ignore[no-untyped-def]
        yield FilterBar("name or error")

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        self.heard.append(event.text)

    def on_filter_bar_closed(self, event: FilterBar.Closed) -> None:
        self.heard.append((event.text, event.kept))


async def heard(*keys: str, text: str = "") -> list[object]:
    view = Listening()
    app = Stage(view)
    async with app.run_test(size=(80, 24)) as pilot:
        view.query_one(FilterBar).open(text)
        await pilot.press(*keys)
        await pilot.pause()
        assert app.keys == []
    return view.heard


async def test_the_filter_says_every_change_and_the_end() -> None:
    assert await heard("q", "5", "enter") == ["q", "q5", ("q5", True)]


async def test_escape_takes_back_what_the_filter_was() -> None:
    assert await heard("x", "escape", text="old") == ["oldx", ("old", False)]


@pytest.mark.parametrize("name", HOSTILE)
async def test_pasted_text_is_harmless(name: str) -> None:
    view = Listening()
    app = Stage(view)
    async with app.run_test(size=(40, 5)) as pilot:
        bar = view.query_one(FilterBar)
        bar.open()
        bar.edit.insert(name)
        bar.refresh()
        await pilot.press("left", "left", "x", "ctrl+w", "end")
        assert "\x1b" not in app.text()
        assert len(bar.edit.text) <= 200
