"""The shapes of the characters a terminal draws itself, within one cell, so that neighbours meet exactly."""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

WIDTH, HEIGHT = 12, 26
_MIDDLE_X, _MIDDLE_Y = WIDTH / 2, HEIGHT / 2

_LIGHT, _HEAVY, _DOUBLE = 1.5, 3.5, 1.25
_DOUBLE_OFFSET = 2.25
_ARC = 5


class Box(NamedTuple):
    """A filled rectangle; `edge` means drawn without smoothing, `strength` is the share of ink."""

    x: float
    y: float
    width: float
    height: float
    edge: bool = True
    strength: float = 1.0


class Path(NamedTuple):
    """An SVG path of relative commands from a point; filled, or drawn with a pen if `pen` is not 0."""

    x: float
    y: float
    commands: str
    pen: float = 0.0


Shape = Box | Path


@lru_cache(maxsize=1024)
def shapes(char: str) -> tuple[Shape, ...]:
    """Give the shapes of a character, none if it is text for a font."""
    if char in _BLOCKS:
        return _BLOCKS[char]
    if char in _SIGNS:
        return _SIGNS[char]
    if len(char) == 1 and "\u2500" <= char <= "\u257f":
        return tuple(_line_drawing(unicodedata.name(char).removeprefix("BOX DRAWINGS ")))
    if len(char) == 1 and "\u2801" <= char <= "\u28ff":
        return tuple(_braille(ord(char) - 0x2800))
    return ()


def _eighths(x: int, y: int, width: int, height: int) -> Box:
    return Box(x * WIDTH / 8, y * HEIGHT / 8, width * WIDTH / 8, height * HEIGHT / 8)


def _quadrants(which: str) -> tuple[Shape, ...]:
    corners = {"a": (0, 0), "b": (4, 0), "c": (0, 4), "d": (4, 4)}
    return tuple(_eighths(*corners[corner], 4, 4) for corner in which)


_QUADRANTS = {
    **{"▖": "c", "▗": "d", "▘": "a", "▙": "acd", "▚": "ad"},
    **{"▛": "abc", "▜": "abd", "▝": "b", "▞": "bc", "▟": "bcd"},
}

_BLOCKS: dict[str, tuple[Shape, ...]] = {
    "█": (_eighths(0, 0, 8, 8),),
    "▀": (_eighths(0, 0, 8, 4),),
    "▐": (_eighths(4, 0, 4, 8),),
    "▔": (_eighths(0, 0, 8, 1),),
    "▕": (_eighths(7, 0, 1, 8),),
    **{char: (_eighths(0, 8 - size, 8, size),) for size, char in enumerate("▁▂▃▄▅▆▇", 1)},
    **{char: (_eighths(0, 0, size, 8),) for size, char in enumerate("▏▎▍▌▋▊▉", 1)},
    **{char: (Box(0, 0, WIDTH, HEIGHT, strength=step / 4),) for step, char in enumerate("░▒▓", 1)},
    **{char: _quadrants(corners) for char, corners in _QUADRANTS.items()},
}


def _circle(radius: float, pen: float = 0.0, x: float = _MIDDLE_X, y: float = _MIDDLE_Y) -> Path:
    half = f"a{radius:g} {radius:g} 0 1 0"
    return Path(x - radius, y, f"{half} {2 * radius:g} 0{half} {-2 * radius:g} 0z", pen)


def _diamond(radius: float, pen: float = 0.0) -> Path:
    r = f"{radius:g}"
    return Path(_MIDDLE_X, _MIDDLE_Y - radius, f"l{r} {r}l-{r} {r}l-{r}-{r}z", pen)


_WAVE = "c1.5-2.2 2.9-1.7 4.3-.5s2.8 1.7 4.3-.5"

_SIGNS: dict[str, tuple[Shape, ...]] = {
    "■": (Box(1, 8, 10, 10),),
    "□": (Path(1.75, 8.75, "h8.5v8.5h-8.5z", 1.5),),
    "▪": (Box(3, 10, 6, 6),),
    "●": (_circle(4.9),),
    "○": (_circle(4.15, 1.5),),
    "•": (_circle(2.6),),
    "·": (_circle(1.45),),
    "◆": (_diamond(5.3),),
    "◇": (_diamond(4.6, 1.4),),
    "▲": (Path(0.6, 18, "h10.8l-5.4-10z"),),
    "▼": (Path(0.6, 8, "h10.8l-5.4 10z"),),
    "►": (Path(1, 7.6, "v10.8l10.4-5.4z"),),
    "▶": (Path(1, 7.6, "v10.8l10.4-5.4z"),),
    "◄": (Path(11, 7.6, "v10.8l-10.4-5.4z"),),
    "◀": (Path(11, 7.6, "v10.8l-10.4-5.4z"),),
    "✓": (Path(1.9, 13.4, "l3 3.8l5.4-8.6", 1.9),),
    "×": (Path(2.5, 9.5, "l7 7m0-7l-7 7", 1.9),),
    "≈": (Path(1.7, 11.2, _WAVE, 1.6), Path(1.7, 15.8, _WAVE, 1.6)),
}


def _braille(dots: int) -> Iterator[Shape]:
    places = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]
    for bit, (column, line) in enumerate(places):
        if dots >> bit & 1:
            yield _circle(1.7, x=WIDTH * (2 * column + 1) / 4, y=HEIGHT * (2 * line + 1) / 8)


def _line_drawing(name: str) -> Iterator[Shape]:
    """Draw what a box-drawing character's Unicode name says, e.g. `HEAVY LEFT AND LIGHT RIGHT`."""
    if "DIAGONAL" in name:
        if "CROSS" in name or "UPPER RIGHT" in name:
            yield Path(WIDTH, 0, f"l{-WIDTH} {HEIGHT}", _LIGHT)
        if "CROSS" in name or "UPPER LEFT" in name:
            yield Path(0, 0, f"l{WIDTH} {HEIGHT}", _LIGHT)
    elif "DASH" in name:
        yield from _dashes(name)
    elif "ARC" in name:
        yield _arc(name)
    else:
        arms = _arms(name)
        for direction in arms:
            yield from _arm(direction, arms)


def _dashes(name: str) -> Iterator[Shape]:
    count = next(n for word, n in (("DOUBLE", 2), ("TRIPLE", 3), ("QUADRUPLE", 4)) if word in name)
    pen = _HEAVY if "HEAVY" in name else _LIGHT
    for dash in range(count):
        if "HORIZONTAL" in name:
            step = WIDTH / count
            yield Box((dash + 0.2) * step, _MIDDLE_Y - pen / 2, step * 0.6, pen, edge=False)
        else:
            step = HEIGHT / count
            yield Box(_MIDDLE_X - pen / 2, (dash + 0.2) * step, pen, step * 0.6, edge=False)


def _arc(name: str) -> Path:
    right, down = (1 if "RIGHT" in name else -1), (1 if "DOWN" in name else -1)
    turn = f"a{_ARC} {_ARC} 0 0 {0 if right == down else 1} {-right * _ARC} {down * _ARC}"
    commands = f"h{-right * (_MIDDLE_X - _ARC):g}{turn}v{down * (_MIDDLE_Y - _ARC):g}"
    return Path(WIDTH if right > 0 else 0, _MIDDLE_Y, commands, _LIGHT)


_WEIGHTS = {"LIGHT": _LIGHT, "SINGLE": _LIGHT, "HEAVY": _HEAVY, "DOUBLE": _DOUBLE}
_DIRECTIONS = {
    "LEFT": ((-1, 0),),
    "RIGHT": ((1, 0),),
    "UP": ((0, -1),),
    "DOWN": ((0, 1),),
    "HORIZONTAL": ((-1, 0), (1, 0)),
    "VERTICAL": ((0, -1), (0, 1)),
}
_Direction = tuple[int, int]


def _arms(name: str) -> dict[_Direction, float]:
    """Give the pen of every arm; a part without a weight of its own has that of the part before."""
    arms: dict[_Direction, float] = {}
    pen = _LIGHT
    for part in name.split(" AND "):
        words = part.split()
        pen = next((_WEIGHTS[word] for word in words if word in _WEIGHTS), pen)
        for word in words:
            arms.update(dict.fromkeys(_DIRECTIONS.get(word, ()), pen))
    return arms


def _arm(direction: _Direction, arms: dict[_Direction, float]) -> Iterator[Box]:
    """Draw an arm from the cell's edge to where it meets the others."""
    pen = arms[direction]
    dx, dy = direction
    crossing = {side: arms.get((side * abs(dy), side * abs(dx)), 0.0) for side in (-1, 1)}
    doubles = [side for side, other in crossing.items() if other == _DOUBLE]
    if pen != _DOUBLE:
        inner = -max(crossing.values()) / 2
        if doubles:
            inner = _DOUBLE_OFFSET if len(doubles) == 2 else -_DOUBLE_OFFSET - _DOUBLE / 2
        yield _bar(direction, inner, 0.0, pen)
        return
    for side in (-1, 1):
        inner = -max(crossing.values()) / 2
        if side in doubles:
            inner = _DOUBLE_OFFSET - _DOUBLE / 2
        elif doubles:
            inner = -_DOUBLE_OFFSET - _DOUBLE / 2
        yield _bar(direction, inner, side * _DOUBLE_OFFSET, pen)


def _bar(direction: _Direction, inner: float, offset: float, pen: float) -> Box:
    """Make a bar from `inner` past the middle to the cell's edge, `offset` beside the middle."""
    dx, dy = direction
    if dx:
        start, end = sorted((_MIDDLE_X + dx * inner, _MIDDLE_X + dx * _MIDDLE_X))
        return Box(start, _MIDDLE_Y + offset - pen / 2, end - start, pen, edge=False)
    start, end = sorted((_MIDDLE_Y + dy * inner, _MIDDLE_Y + dy * _MIDDLE_Y))
    return Box(_MIDDLE_X + offset - pen / 2, start, pen, end - start, edge=False)
