"""The help: says what the keys do, finds them by typing, and closes with esc."""

from __future__ import annotations

import pytest

from qtui.tui.canvas import length
from qtui.tui.screens.help import HelpScreen, help_columns, matching
from tests.tui.stage import HOSTILE, Stage

SECTIONS = [
    (
        "Steer",
        [
            ("p", "Pause the producers, or let them go on; what is queued still runs"),
            ("+ =", "One worker more"),
            ("-", "One worker fewer; it finishes its job first"),
            ("z", "Take the last of these changes back"),
        ],
    ),
    ("Jobs", [("r", "Give the chosen job another round of attempts"), ("x", "Cancel the chosen job")]),
    ("Look", [("1", "The overview"), ("/", "Filter the list by text"), ("pgup ctrl+u", "One page up")]),
    ("Leave", [("q", "Leave: keep running in the background, drain, or stop")]),
]


def stage() -> Stage:
    return Stage(screen=lambda: HelpScreen(SECTIONS))


async def test_shows_every_key_with_its_sentence() -> None:
    app = stage()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        screen = " ".join(app.text().split())
    for _, rows in SECTIONS:
        for keys, sentence in rows:
            assert f"{keys} {sentence[:20]}" in screen


async def test_typing_searches() -> None:
    app = stage()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"cancel")
        assert "Cancel the chosen job" in app.text()
        assert "overview" not in app.text()
        await pilot.press(*"xyz")
        assert "no key does that here" in app.text()
    assert app.keys == []


@pytest.mark.parametrize("key", ["escape", "question_mark", "enter"])
async def test_closes(key: str) -> None:
    app = stage()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(key)
        await pilot.pause()
        assert app.answers == [None]


async def test_scrolls_on_a_small_screen() -> None:
    app = stage()
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        assert "LEAVE" not in app.text()
        await pilot.press(*["pagedown"] * 9)
        assert "drain" in app.text()


def test_a_heading_matches_its_whole_section() -> None:
    assert [heading for heading, _ in matching(SECTIONS, "steer")] == ["Steer"]
    assert len(matching(SECTIONS, "steer")[0][1]) == 4


def test_two_columns_lose_nothing() -> None:
    one, two = help_columns(SECTIONS, 90), help_columns(SECTIONS, 110)
    assert len(one) == 1
    assert len(two) == 2
    words = [
        " ".join("".join(s.text for s in line) for column in columns for line in column).split()
        for columns in (one, two)
    ]
    assert words[0] == words[1]


@pytest.mark.parametrize("width", [1, 5, 20, 99, 100, 200])
def test_columns_fit(width: int) -> None:
    hostile = [(name, [(name, name), ("k", name)]) for name in HOSTILE]
    for column in help_columns(hostile, width):
        assert all(length(line) <= max(width, 5) for line in column)


@pytest.mark.parametrize("size", [(1, 1), (9, 4), (40, 10), (200, 60)])
async def test_fits_any_screen(size: tuple[int, int]) -> None:
    app = stage()
    async with app.run_test(size=size) as pilot:
        await pilot.press("down", "x")
