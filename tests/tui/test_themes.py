"""Every theme can be read, and the states of our own are told apart by every eye."""

from __future__ import annotations

import pytest
from textual.theme import BUILTIN_THEMES

from qtui.tui.colour import contrast, grey, readable
from qtui.tui.fading import faded
from qtui.tui.palettes import OWN, derived, named, theme_names
from qtui.tui.theme import PLAIN, Palette, style, textual_theme
from qtui.wiring import looks
from tests.tui.colour_science import MACHADO, worst_pair

COLOURED = [name for name in theme_names() if not named(name).ansi]
STATES = ("queued", "running", "done", "retry", "failed", "pressure", "idle")
TEXTS = ("text", "dim", "accent", "done_text", "failed_text", "retry_text")
MARKS = ("queued", "running", "done", "retry", "failed", "pressure")


def faint_ones(palette: Palette, names: tuple[str, ...], ground: str, least: float) -> dict[str, float]:
    """Those with less contrast than they need."""
    found = {name: contrast(palette.of(name), ground) for name in names}
    return {name: value for name, value in found.items() if value < least}


@pytest.mark.parametrize("name", COLOURED)
def test_texts_and_marks_have_the_contrast_they_need(name: str) -> None:
    palette = named(name)
    assert faint_ones(palette, TEXTS, palette.bg, 4.5) == {}
    assert faint_ones(palette, ("faint",), palette.bg, 4.0) == {}
    assert faint_ones(palette, MARKS, palette.bg, 3.0) == {}
    assert contrast(palette.badge_text, palette.badge) >= 4.5


@pytest.mark.parametrize("name", COLOURED)
def test_texts_can_be_read_in_dialogs_and_on_the_chosen_row(name: str) -> None:
    palette = named(name)
    for ground in (palette.panel, palette.raised):
        assert faint_ones(palette, TEXTS, ground, 4.5) == {}


@pytest.mark.parametrize("name", COLOURED)
@pytest.mark.parametrize("ground", ["done", "failed", "queued", "accent"])
def test_what_stands_on_a_state_can_be_read(name: str, ground: str) -> None:
    palette = named(name)
    assert contrast(palette.inverse, palette.of(ground)) >= 4.5


@pytest.mark.parametrize("eye", MACHADO)
@pytest.mark.parametrize("name", [name for name in OWN if not OWN[name].ansi])
def test_the_states_of_our_own_themes_are_told_apart_by_every_eye(name: str, eye: str) -> None:
    worst, one, other = worst_pair({state: OWN[name].of(state) for state in STATES}, eye)
    assert worst >= 12, f"{one} and {other}"


def test_the_measure_of_difference_is_that_of_the_published_pairs() -> None:
    from qtui.tui.colour import ciede2000

    assert ciede2000((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485)) == pytest.approx(2.0425, abs=1e-4)
    assert ciede2000((50.0, 2.5, 0.0), (73.0, 25.0, -18.0)) == pytest.approx(27.1492, abs=1e-4)
    assert ciede2000((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514)) == pytest.approx(0.9082, abs=1e-4)


def test_the_projector_shows_no_grey_below_seven_to_one() -> None:
    palette = OWN["qtui-projector"]
    assert faint_ones(palette, ("text", "dim", "faint", "line", "idle", "running"), palette.bg, 7.0) == {}


def test_a_theme_of_textual_keeps_its_colours_where_they_can_be_read() -> None:
    dracula = derived(BUILTIN_THEMES["dracula"])
    assert dracula.bg == "#282A36"
    assert dracula.done == "#50FA7B"
    assert dracula.pressure == "#FFB86C"


def test_a_colour_that_can_be_read_is_left_alone_and_another_is_moved_as_little_as_needed() -> None:
    assert readable("#FFFFFF", ("#000000",), 4.5) == "#FFFFFF"
    moved = readable("#BA3C5B", ("#121212",), 4.5)
    assert 4.5 <= contrast(moved, "#121212") < 4.8


@pytest.mark.parametrize("name", theme_names())
def test_every_theme_is_one_for_textual_too_and_can_fade(name: str) -> None:
    palette = named(name)
    assert textual_theme(palette).name == name
    old = faded(palette)
    assert old.bg in (grey(palette.bg) if palette.bg.startswith("#") else "default", palette.bg)
    assert old.badge == palette.badge


def test_the_terminals_own_colours_are_sent_as_such() -> None:
    ansi = OWN["qtui-ansi"]
    assert str(style(ansi, "done_text", "bg", False, False)) == "green on default"
    assert style(ansi, "text", "running", False, False).reverse
    assert style(ansi, "faint", "bg", False, False).dim
    assert not style(ansi, "dim", "bg", False, False).dim


def test_names_known_before_anything_is_drawn_are_those_there_are() -> None:
    assert tuple(OWN) == looks.OWN
    assert named(PLAIN.name) is PLAIN
