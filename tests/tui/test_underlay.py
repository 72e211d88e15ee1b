"""What is seen behind a dialog."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import cast

import pytest
from rich.style import Style
from textual.strip import Strip
from textual.visual import Visual, visualize

from qtui.tui.palettes import ANSI
from qtui.tui.screens.help import HelpScreen
from qtui.tui.theme import DARK, LIGHT, Palette
from qtui.tui.underlay import Underlay
from tests.tui.rig import running


def cells(rows: Iterable[Strip]) -> list[tuple[str, Style | None]]:
    return [(character, segment.style) for row in rows for segment in row for character in segment.text]


@pytest.mark.parametrize("palette", [DARK, LIGHT, ANSI, replace(DARK, colour=False)], ids=lambda palette: palette.name)
async def test_it_looks_as_textual_would_draw_it(palette: Palette) -> None:
    async with running(palette=palette) as rig:
        await rig.press("question_mark")
        await rig.shows("KEYS")
        screen = cast(HelpScreen, rig.app.screen)
        ours = screen._render()
        assert isinstance(ours, Underlay)

        drawn, wanted = (
            Visual.to_strips(screen, visual, *screen.size, screen.visual_style)
            for visual in (ours, visualize(screen, ours.below))
        )
        assert len(drawn) == len(wanted) == screen.size.height
        assert cells(drawn) == cells(wanted)
