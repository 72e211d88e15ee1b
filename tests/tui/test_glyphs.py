"""Glyph sets: one cell each, nothing beyond ASCII where that was asked for, and states still told apart."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from qtui.tui.canvas import Canvas
from qtui.tui.glyphs import BY_CHARACTER, TABLE, Glyphs, drawn, known
from qtui.tui.theme import DARK

TUI = Path(__file__).parents[2] / "qtui" / "tui"
_EMOJI = set("▶◀⏸⚠✔✖▪⌛↔↕▫©®™☀☁☎☑☺♀♂♠♣♥♦♻⚡⭐")


@pytest.mark.parametrize("glyph", TABLE, ids=lambda glyph: unicodedata.name(glyph.full, "?"))
def test_every_glyph_is_one_cell_in_every_set_and_no_emoji(glyph: object) -> None:
    assert isinstance(glyph, tuple)
    full, basic, ascii_, meaning = glyph
    assert [cell_len(form) for form in (full, basic, ascii_)] == [1, 1, 1]
    assert ascii_.isascii()
    assert ascii_.isprintable()
    assert not {full, basic} & _EMOJI
    assert meaning


def test_the_basic_set_is_in_code_page_437() -> None:
    console = {*(bytes([code]).decode("cp437") for code in range(128, 256)), *"☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼◆"}
    for glyph in TABLE:
        assert glyph.basic.isascii() or glyph.basic in console | {"◊"}, glyph


def test_no_character_stands_twice_in_the_table() -> None:
    assert len(BY_CHARACTER) == len(TABLE)


@pytest.mark.parametrize(
    "path", sorted({*TUI.rglob("*.py")} - {TUI / "glyphs.py"}), ids=lambda path: str(path.relative_to(TUI))
)
def test_the_screen_draws_only_what_is_in_the_table(path: Path) -> None:
    code = re.sub(r'""".*?"""', "", path.read_text(), flags=re.DOTALL)
    strange = {ch for ch in code if not known(ch)}
    assert not strange, f"give {strange} a row in tui/glyphs.py"


@pytest.mark.parametrize("text", ["●", "写真.jpg", "a▆▄█b", "é", "⣿⠁", "�", "╭─ QUEUE ─╮", "e\u0301"])
def test_ascii_takes_as_many_cells(text: str) -> None:
    shown = drawn(text, Glyphs.ASCII)
    assert shown.isascii()
    assert len(shown) == cell_len(text)
    assert cell_len(drawn(text, Glyphs.BASIC)) == cell_len(text)


def test_columns_of_the_basic_set_have_no_gaps() -> None:
    canvas = Canvas(9, 2, replace(DARK, glyphs=Glyphs.BASIC))
    canvas.columns(0, 0, 2, range(17)[::2], 16, "done")
    assert [drawn(row, Glyphs.BASIC) for row in canvas.rows()] == ["     _▄██", " _▄██████"]


@pytest.mark.parametrize("glyphs", Glyphs)
def test_what_is_drawn_stays_as_it_is_when_drawn_again(glyphs: Glyphs) -> None:
    everything = "".join(BY_CHARACTER)
    assert drawn(drawn(everything, glyphs), glyphs) == drawn(everything, glyphs)


@pytest.mark.parametrize("glyphs", Glyphs)
def test_states_and_textures_are_told_apart_by_their_characters(glyphs: Glyphs) -> None:
    assert len(set(drawn("■●·▼≈✓◆×▲║", glyphs))) == 10
    assert len(set(drawn("▆▄█▒▓·─", glyphs))) == 7
    assert len(set(drawn("░▒▓█", glyphs))) == 4
    assert len(set(drawn("━─", glyphs))) == 2
