"""README's pictures: what a terminal cell becomes in the SVG, and how a picture is taken."""

import re
import unicodedata
from collections.abc import Sequence
from xml.etree import ElementTree

import pytest

from screenshots.build import SHOTS, Press, Shot, Wait, Watch
from screenshots.glyphs import HEIGHT, WIDTH, Box, shapes
from screenshots.svg import to_svg
from tests.emulator import Cell, Emulator
from tests.terminal import Terminal

SVG = "{http://www.w3.org/2000/svg}"


def picture(output: str, columns: int = 10, lines: int = 2) -> ElementTree.Element:
    emulator = Emulator(columns, lines)
    emulator.feed(output.encode())
    return ElementTree.fromstring(to_svg(emulator.cells(), background="#000000", foreground="#ffffff"))


def texts(svg: ElementTree.Element) -> list[tuple[str, list[float]]]:
    found = svg.findall(f"{SVG}text")[1:]
    return [(each.text or "", [float(x) for x in each.attrib["x"].split()]) for each in found]


def fills(svg: ElementTree.Element) -> dict[str, str]:
    return {path.attrib["fill"]: path.attrib["d"] for path in svg.findall(f"{SVG}path")}


def test_every_character_has_its_own_place() -> None:
    assert texts(picture("ab  c")) == [("abc", [14, 14 + WIDTH, 14 + 4 * WIDTH])]


def test_a_wide_or_combined_character_does_not_shift_the_others() -> None:
    assert texts(picture("漢a\U0001f680b")) == [
        ("漢ab", [14, 14 + 2 * WIDTH, 14 + 5 * WIDTH]),
        ("\U0001f680", [14 + 3 * WIDTH]),
    ]


def test_markup_in_the_text_stays_text() -> None:
    assert texts(picture("<&>"))[0][0] == "<&>"


def test_touching_blocks_become_one_area() -> None:
    assert fills(picture("███\r\n███", columns=3))["#ffffff"] == f"M14 34h{3 * WIDTH}v{2 * HEIGHT}h-{3 * WIDTH}z"


def test_a_background_run_becomes_one_area() -> None:
    svg = picture("\x1b[48;2;1;2;3mab  c")
    assert fills(svg)["#010203"] == f"M14 34h{5 * WIDTH}v{HEIGHT}h-{5 * WIDTH}z"


def test_reverse_swaps_and_dim_mixes_the_colours() -> None:
    svg = picture("\x1b[7mr\x1b[27;2md")
    assert fills(svg)["#ffffff"].startswith("M14 34h12")
    assert [each.attrib["fill"] for each in svg.findall(f"{SVG}text")[1:]] == ["#000000", "#999999"]


def test_bold_and_italic_are_classes_and_lines_are_drawn_under_blanks() -> None:
    svg = picture("\x1b[1;3mx\x1b[0;4m a")
    assert svg.findall(f"{SVG}text")[1].attrib["class"] == "b i"
    assert fills(svg)["#ffffff"] == f"M{14 + WIDTH} 56h{2 * WIDTH}v1.5h-{2 * WIDTH}z"


def test_shades_mix_ink_and_paper() -> None:
    assert set(fills(picture("░▒▓"))) == {"#404040", "#808080", "#bfbfbf"}


def test_the_same_cells_give_the_same_bytes() -> None:
    cells = [[Cell(char, fg="#123456", bold=char.isupper()) for char in "aB■│漢"]]
    assert to_svg(cells, title="t") == to_svg([list(line) for line in cells], title="t")


def test_a_picture_loads_nothing_from_elsewhere() -> None:
    svg = to_svg([[Cell("x")]], title="qtui <main>")
    assert "qtui &lt;main&gt;" in svg
    assert not re.search(r"url\(|href|@import", svg)


DRAWN = [
    *[chr(code) for code in (*range(0x2500, 0x25A0), *range(0x2801, 0x2900))],
    *"■□▪●○•◆◇▲▼►◄▶◀✓×·≈",
]


def test_every_block_line_sign_and_braille_character_is_drawn() -> None:
    assert [unicodedata.name(char) for char in DRAWN if not shapes(char)] == []


@pytest.mark.parametrize("char", ["a", "漢", "…", "→", "e\u0301", "\u2800", ""])
def test_other_characters_are_left_to_the_font(char: str) -> None:
    assert shapes(char) == ()


def test_boxes_stay_inside_their_cell() -> None:
    for char in DRAWN:
        for shape in shapes(char):
            if isinstance(shape, Box):
                assert shape.width > 0
                assert shape.height > 0
                assert 0 <= shape.x <= shape.x + shape.width <= WIDTH, unicodedata.name(char)
                assert 0 <= shape.y <= shape.y + shape.height <= HEIGHT, unicodedata.name(char)


def reached(char: str) -> set[str]:
    boxes = [shape for shape in shapes(char) if isinstance(shape, Box)]
    sides = {
        "left": any(box.x == 0 for box in boxes),
        "right": any(box.x + box.width == WIDTH for box in boxes),
        "up": any(box.y == 0 for box in boxes),
        "down": any(box.y + box.height == HEIGHT for box in boxes),
    }
    return {side for side, touched in sides.items() if touched}


@pytest.mark.parametrize(
    ("chars", "sides"),
    [
        ("─━═╾╼", ["left", "right"]),
        ("│┃║╿╽", ["up", "down"]),
        ("┌┏╔╓╒┎┍", ["right", "down"]),
        ("┘┛╝╜╛", ["left", "up"]),
        ("├┣╠╟╞┡┢", ["up", "right", "down"]),
        ("┼╋╬╫╪╃", ["left", "up", "right", "down"]),
        ("╴╸", ["left"]),
    ],
)
def test_lines_reach_the_neighbours_they_join(chars: str, sides: list[str]) -> None:
    for char in chars:
        assert reached(char) == set(sides), unicodedata.name(char)


def test_steps_are_performed_in_order() -> None:
    steps: Sequence[Wait | Press | Watch] = [Wait("ready"), Press(["x", "enter"]), Wait("got x"), Watch(0)]
    with Terminal.start(["sh", "-c", "stty -echo; echo ready; read x; echo got $x; cat"]) as terminal:
        for step in steps:
            step.perform(terminal)


def test_every_shot_has_a_name_of_its_own() -> None:
    assert all(isinstance(shot, Shot) for shot in SHOTS)
    assert len({shot.name for shot in SHOTS}) == len(SHOTS) > 0
