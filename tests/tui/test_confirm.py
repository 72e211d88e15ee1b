"""The yes-or-no question: the safe answer is selected, and yes needs its own key."""

from __future__ import annotations

import pytest

from qtui.tui.screens.confirm import Confirm
from tests.tui.stage import HOSTILE, Stage


@pytest.mark.parametrize(
    ("keys", "result"),
    [(["enter"], False), (["escape"], False), (["n"], False), (["y"], True), (["down", "enter"], True)],
)
async def test_keys_answer(keys: list[str], result: bool) -> None:
    app = Stage(screen=lambda: Confirm("Cancel 12 jobs?", ["They are running."], "Cancel them"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
    assert app.answers == [result]


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_names_are_shown_harmlessly(name: str) -> None:
    app = Stage(screen=lambda: Confirm(f"Cancel {name}?", [name, name], name))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        text = app.text()
    assert "Cancel" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
