"""Which look is meant: options before variables, variables before what the terminal lets expect."""

from __future__ import annotations

import pytest

from qtui.errors import UsageError
from qtui.tui.glyphs import Glyphs
from qtui.tui.motion import Motion
from qtui.wiring.ground import Ground
from qtui.wiring.looks import asks_terminal, choice, glyph_set, motion, palette, theme_name

UTF8 = {"LANG": "de_DE.UTF-8", "TERM": "xterm-256color"}


@pytest.mark.parametrize(
    ("wanted", "name"),
    [("", ""), ("light", "qtui-light"), ("qtui-ansi", "qtui-ansi"), ("nord", "nord"), ("projector", "qtui-projector")],
)
def test_a_theme_is_found_by_its_name_or_without_ours_before_it(wanted: str, name: str) -> None:
    assert theme_name(wanted) == name


@pytest.mark.parametrize(
    ("wanted", "meant"), [("drak", "dark"), ("draculla", "dracula"), ("tokio-night", "tokyo-night"), ("NORD", "nord")]
)
def test_a_wrong_theme_is_refused_with_the_nearest_spelling(wanted: str, meant: str) -> None:
    with pytest.raises(UsageError, match=f"there is no theme {wanted}; did you mean {meant}"):
        theme_name(wanted)


def test_a_wrong_set_of_glyphs_or_amount_of_motion_is_refused() -> None:
    with pytest.raises(UsageError, match="glyphs cannot be asci; did you mean ascii"):
        choice("glyphs", "asci")
    with pytest.raises(UsageError, match="motion cannot be cal; did you mean calm"):
        choice("motion", "cal")


@pytest.mark.parametrize(
    ("option", "environ", "light", "name"),
    [
        ("", {}, None, "qtui-dark"),
        ("", {}, True, "qtui-light"),
        ("", {"QTUI_THEME": "nord"}, True, "nord"),
        ("contrast", {"QTUI_THEME": "nord"}, True, "qtui-contrast"),
        ("contrast", {"NO_COLOR": "1"}, True, "qtui-plain"),
    ],
)
def test_what_was_asked_for_comes_before_what_the_terminal_says(
    option: str, environ: dict[str, str], light: bool | None, name: str
) -> None:
    assert palette(option, "", {**UTF8, **environ}, light=light).name == name


@pytest.mark.parametrize(
    ("environ", "glyphs"),
    [
        (UTF8, Glyphs.FULL),
        ({}, Glyphs.FULL),
        ({"LANG": "C.utf8"}, Glyphs.FULL),
        ({"LANG": "en_US.ISO-8859-1"}, Glyphs.ASCII),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, Glyphs.ASCII),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, Glyphs.ASCII),
        ({"LANG": "en_US", "LC_CTYPE": "en_US.UTF-8"}, Glyphs.FULL),
        ({**UTF8, "TERM": "linux"}, Glyphs.BASIC),
        ({**UTF8, "TERM": "linux", "QTUI_GLYPHS": "full"}, Glyphs.FULL),
    ],
)
def test_the_glyphs_are_those_that_locale_and_terminal_let_expect(environ: dict[str, str], glyphs: Glyphs) -> None:
    assert glyph_set("", environ) is glyphs


@pytest.mark.parametrize(
    ("wanted", "environ", "amount"),
    [
        ("", {}, Motion.FULL),
        ("", {"TEXTUAL_ANIMATIONS": "basic"}, Motion.CALM),
        ("", {"TEXTUAL_ANIMATIONS": "none"}, Motion.NONE),
        ("full", {"TEXTUAL_ANIMATIONS": "none"}, Motion.FULL),
        ("", {"TEXTUAL_ANIMATIONS": "none", "QTUI_MOTION": "calm"}, Motion.CALM),
    ],
)
def test_motion_follows_textuals_variable_until_it_is_chosen(
    wanted: str, environ: dict[str, str], amount: Motion
) -> None:
    assert motion(wanted, environ) is amount


def test_the_terminal_is_asked_only_when_nobody_has_chosen() -> None:
    assert asks_terminal("", UTF8)
    assert not asks_terminal("qtui-dark", UTF8)
    assert not asks_terminal("", {**UTF8, "QTUI_THEME": "dark"})
    assert not asks_terminal("", {**UTF8, "NO_COLOR": "1"})
    assert not asks_terminal("", {**UTF8, "TERM": "linux"})


@pytest.mark.parametrize(
    ("answer", "light"),
    [
        ("\x1b]11;rgb:0e0e/1313/1a1a\x1b\\", False),
        ("\x1b]11;rgb:ffff/ffff/ffff\x07", True),
        ("\x1b]11;rgba:fd/f6/e3/ff\x1b\\", True),
    ],
)
def test_an_answer_is_heard_between_keys_and_taken_out(answer: str, light: bool) -> None:
    ground = Ground()
    assert ground.listen(f"p{answer}+") == "p+"
    assert ground._light is light
