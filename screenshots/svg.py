"""Draws a grid of terminal cells as an SVG that looks the same in every viewer.

Blocks, lines and signs are vectors, merged across cells; text has one x per character. The same cells give
the same bytes.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from screenshots.glyphs import HEIGHT, WIDTH, Box, shapes

if TYPE_CHECKING:
    from tests.emulator import Cell

PADDING = 14
BAR = 34
_FONT_SIZE = 20
_BASELINE = 19.25
_UNDERLINE = Box(0, 22, WIDTH, 1.5, edge=False)
_STRIKE = Box(0, 12.5, WIDTH, 1.5, edge=False)
_DIM = 0.4
_FONTS = '"JetBrains Mono","Fira Code","DejaVu Sans Mono",Menlo,Consolas,monospace'


class _Pen(NamedTuple):
    colour: str
    bold: bool
    italic: bool


class _Canvas:
    """What is drawn so far, by colour: an SVG element per colour and not per cell keeps the file small."""

    def __init__(self) -> None:
        self.backgrounds: dict[str, list[Box]] = defaultdict(list)
        self.blocks: dict[str, list[Box]] = defaultdict(list)
        self.lines: dict[str, list[Box]] = defaultdict(list)
        self.fills: dict[str, list[str]] = defaultdict(list)
        self.strokes: dict[tuple[str, float], list[str]] = defaultdict(list)
        self.texts: list[str] = []

    def box(self, box: Box, x: float, y: float, colour: str) -> None:
        layer = self.blocks if box.edge else self.lines
        layer[colour].append(box._replace(x=x + box.x, y=y + box.y))

    def elements(self) -> Iterable[str]:
        """Give the layers from back to front."""
        for boxes_by_colour, rendering in (
            (self.backgrounds, ' shape-rendering="crispEdges"'),
            (self.blocks, ' shape-rendering="crispEdges"'),
            (self.lines, ""),
        ):
            for colour, boxes in boxes_by_colour.items():
                outline = "".join(_outline(box) for box in _merged(boxes))
                yield f'<path{rendering} fill="{colour}" d="{outline}"/>'
        for colour, paths in self.fills.items():
            yield f'<path fill="{colour}" d="{"".join(paths)}"/>'
        for (colour, pen), paths in self.strokes.items():
            yield f'<path fill="none" stroke="{colour}" stroke-width="{_number(pen)}" d="{"".join(paths)}"/>'
        yield from self.texts


def to_svg(
    cells: Sequence[Sequence["Cell"]],
    *,
    title: str = "",
    background: str = "#0E131A",
    foreground: str = "#D5DEE8",
) -> str:
    """Draw a grid of cells as a window with a title bar; the two colours stand for `default` in the cells."""
    columns = max((len(line) for line in cells), default=0)
    width, height = columns * WIDTH + 2 * PADDING, len(cells) * HEIGHT + BAR + PADDING
    canvas = _Canvas()
    for number, line in enumerate(cells):
        _draw_line(canvas, line, BAR + number * HEIGHT, background, foreground)
    faint, label = _mixed(background, foreground, 0.14), _mixed(background, foreground, 0.55)
    dots = "".join(f'<circle cx="{18 + 18 * dot}" cy="17" r="5" fill="{faint}"/>' for dot in range(3))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}">',
            f"<style>text{{font:{_FONT_SIZE}px {_FONTS};font-variant-ligatures:none}}"
            ".b{font-weight:700}.i{font-style:italic}</style>",
            f'<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="10" '
            f'fill="{background}" stroke="{faint}"/>',
            dots,
            f'<text x="{width / 2:g}" y="22" text-anchor="middle" fill="{label}" '
            f'style="font-size:14px">{escape(title)}</text>',
            *canvas.elements(),
            "</svg>\n",
        ]
    )


def _draw_line(canvas: _Canvas, line: Sequence["Cell"], y: float, background: str, foreground: str) -> None:
    texts: dict[_Pen, list[tuple[float, str]]] = defaultdict(list)
    for column, cell in enumerate(line):
        x = PADDING + column * WIDTH
        ink = foreground if cell.fg == "default" else cell.fg
        paper = background if cell.bg == "default" else cell.bg
        if cell.reverse:
            ink, paper = paper, ink
        if cell.dim:
            ink = _mixed(ink, paper, _DIM)
        if paper.lower() != background.lower():
            canvas.backgrounds[paper].append(Box(x, y, WIDTH, HEIGHT))
        for wanted, mark in ((cell.underline, _UNDERLINE), (cell.strike, _STRIKE)):
            if wanted:
                canvas.box(mark, x, y, ink)
        if cell.char.strip() and not _draw_shapes(canvas, cell.char, (x, y), ink, paper):
            texts[_Pen(ink, cell.bold, cell.italic)].append((x, cell.char))
    for pen, placed in texts.items():
        canvas.texts.extend(_text_elements(pen, placed, y + _BASELINE))


def _draw_shapes(canvas: _Canvas, char: str, at: tuple[float, float], ink: str, paper: str) -> bool:
    x, y = at
    drawn = shapes(char)
    for shape in drawn:
        if isinstance(shape, Box):
            canvas.box(shape, x, y, _mixed(paper, ink, shape.strength))
            continue
        path = f"M{_number(x + shape.x)} {_number(y + shape.y)}{shape.commands}"
        if shape.pen:
            canvas.strokes[ink, shape.pen].append(path)
        else:
            canvas.fills[ink].append(path)
    return bool(drawn)


def _text_elements(pen: _Pen, placed: list[tuple[float, str]], y: float) -> Iterable[str]:
    kind = " ".join(name for name, on in (("b", pen.bold), ("i", pen.italic)) if on)
    attributes = f' class="{kind}"' if kind else ""
    # Viewers disagree on how many places a combined or astral character uses up: it has its own element.
    simple = [(x, char) for x, char in placed if len(char) == 1 and char <= "\uffff"]
    special = [(x, char) for x, char in placed if len(char) > 1 or char > "\uffff"]
    for group in [simple, *([each] for each in special)]:
        if group:
            places = " ".join(_number(x) for x, _ in group)
            letters = escape("".join(char for _, char in group), quote=False)
            yield f'<text{attributes} fill="{pen.colour}" y="{_number(y)}" x="{places}">{letters}</text>'


def _outline(box: Box) -> str:
    x, y, width, height = (_number(value) for value in box[:4])
    return f"M{x} {y}h{width}v{height}h-{width}z"


def _merged(boxes: list[Box]) -> list[Box]:
    """Join boxes that touch along a whole side, into rows and then areas: no seams, fewer bytes."""
    rows: list[Box] = []
    for box in sorted(boxes, key=lambda b: (b.y, b.height, b.x)):
        last = rows[-1] if rows else None
        if last and (last.y, last.height) == (box.y, box.height) and last.x + last.width >= box.x:
            rows[-1] = last._replace(width=max(last.width, box.x + box.width - last.x))
        else:
            rows.append(box)
    areas: list[Box] = []
    for box in sorted(rows, key=lambda b: (b.x, b.width, b.y)):
        last = areas[-1] if areas else None
        if last and (last.x, last.width) == (box.x, box.width) and last.y + last.height >= box.y:
            areas[-1] = last._replace(height=max(last.height, box.y + box.height - last.y))
        else:
            areas.append(box)
    return sorted(areas, key=lambda b: (b.y, b.x))


def _mixed(start: str, end: str, share: float) -> str:
    """Mix two `#rrggbb` colours; a share of 0 is the start, of 1 the end."""
    if share in (0, 1):
        return end if share else start
    pairs = ((int(start[i : i + 2], 16), int(end[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
