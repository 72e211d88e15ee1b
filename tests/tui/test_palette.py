"""The command palette: finds commands by a few letters and shows their keys."""

from __future__ import annotations

import pytest

from qtui.tui.screens.palette import CommandPalette, search
from tests.tui.stage import HOSTILE, Stage

ENTRIES = [
    ("pause", "Pause or resume the producers", "p"),
    ("hold", "Hold or release the workers", "P"),
    ("workers", "Set the number of workers…", "c"),
    ("bound", "Set the bound of the queue…", "b"),
    ("limit", "Set the rate limit…", "t"),
    ("undo", "Undo the last change", "z"),
    ("retry_all", "Retry all failed jobs…", "R"),
    ("leave", "Leave…", "q"),
]


def stage() -> Stage:
    return Stage(screen=lambda: CommandPalette(ENTRIES))


def ids(text: str) -> list[str]:
    return [entry[0] for entry, _ in search(ENTRIES, text)]


def test_everything_is_listed_in_order_at_first() -> None:
    assert ids("") == [entry[0] for entry in ENTRIES]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("retry", "retry_all"),
        ("set q", "bound"),
        ("RATE", "limit"),
        ("wrk num", "workers"),
        ("rsm", "pause"),
        ("lea", "leave"),
    ],
)
def test_a_few_letters_find_it(typed: str, first: str) -> None:
    assert ids(typed)[0] == first


def test_the_beginning_of_a_word_comes_first() -> None:
    assert ids("re")[0] == "retry_all"
    assert ids("l")[:2] == ["leave", "undo"]


def test_what_does_not_fit_is_left_out() -> None:
    assert ids("zzz") == []


async def test_enter_gives_the_id() -> None:
    app = stage()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"undo", "enter")
        await pilot.pause()
    assert app.answers == ["undo"]
    assert app.keys == []


async def test_arrows_choose() -> None:
    app = stage()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "down", "up", "enter")
        await pilot.pause()
    assert app.answers == ["hold"]


async def test_escape_gives_nothing() -> None:
    app = stage()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("x", "escape")
        await pilot.pause()
    assert app.answers == [None]


async def test_enter_without_a_match_stays() -> None:
    app = stage()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"zzz", "enter")
        await pilot.pause()
        assert "no command is called like that" in app.text()
    assert app.answers == []


async def test_every_entry_shows_its_key() -> None:
    app = stage()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        for _, title, key in ENTRIES:
            row = next(line for line in app.rows() if title in line)
            assert row.rstrip(" │").endswith(key)


async def test_a_click_takes_the_entry() -> None:
    app = stage()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        row = next(y for y, line in enumerate(app.rows()) if "rate limit" in line)
        await pilot.click(offset=(30, row))
        await pilot.pause()
    assert app.answers == ["limit"]


@pytest.mark.parametrize("size", [(1, 1), (9, 4), (40, 10), (200, 60)])
async def test_hostile_titles_fit_any_screen(size: tuple[int, int]) -> None:
    app = Stage(screen=lambda: CommandPalette([(str(n), name, name) for n, name in enumerate(HOSTILE)]))
    async with app.run_test(size=size) as pilot:
        await pilot.press("down", "e", "pagedown", "x")
        assert "\x1b" not in app.text()
