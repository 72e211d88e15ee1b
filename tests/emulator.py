"""The screen side of a terminal: turns a program's output into cells and the terminal's answers."""

import copy
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import pyte
from pyte.graphics import FG_BG_256
from pyte.screens import Cursor, wcwidth

ALTERNATE_SCREEN = 1049
SYNCHRONIZED_OUTPUT = 2026
_COLUMN_SWITCH = 3
_LONGEST_SEQUENCE = 64 * 1024

_PALETTE = [f"#{colour}" for colour in FG_BG_256]

_SEQUENCE = re.compile(
    rb"""\x1b(?:
        \[(?P<prefix>[<-?]?)(?P<body>[ -?]*)(?P<final>[@-~])   # CSI
      | \[[ -?]*(?=[^ -~])                                     # CSI cut short by a byte that cannot be in one
      | \](?P<osc>[^\x07\x1b]*)(?:\x07|\x1b\\|(?=\x1b[^\\]))   # OSC
      | [PX^_][^\x1b]*(?:\x1b\\|(?=\x1b[^\\]))                 # DCS, SOS, PM, APC
      | [ -/]+[0-~]                                            # character sets
      | (?P<short>[^\x1b\[\]PX^_ -/])
      | (?=\x1b)
    )""",
    re.VERBOSE,
)

_RENDITION: dict[int, dict[str, Any]] = {
    1: {"bold": True},
    2: {"dim": True},
    3: {"italics": True},
    4: {"underscore": True},
    5: {"blink": True},
    7: {"reverse": True},
    9: {"strikethrough": True},
    22: {"bold": False, "dim": False},
    23: {"italics": False},
    24: {"underscore": False},
    25: {"blink": False},
    27: {"reverse": False},
    29: {"strikethrough": False},
    39: {"fg": "default"},
    49: {"bg": "default"},
    **{30 + index: {"fg": _PALETTE[index]} for index in range(8)},
    **{40 + index: {"bg": _PALETTE[index]} for index in range(8)},
    **{90 + index: {"fg": _PALETTE[8 + index]} for index in range(8)},
    **{100 + index: {"bg": _PALETTE[8 + index]} for index in range(8)},
}


class Cell(NamedTuple):
    """One character cell; a wide character's second cell has an empty `char`."""

    char: str
    fg: str = "default"
    """`#rrggbb`, or `default` for the terminal's own colour."""
    bg: str = "default"
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    strike: bool = False
    reverse: bool = False


class _Glyph(NamedTuple):
    """What pyte keeps per cell, with its field names, plus `dim`, which pyte lacks."""

    data: str = " "
    fg: str = "default"
    bg: str = "default"
    bold: bool = False
    italics: bool = False
    underscore: bool = False
    strikethrough: bool = False
    reverse: bool = False
    blink: bool = False
    dim: bool = False


_BLANK = _Glyph()


class _Screen(pyte.Screen):
    """pyte's screen with faint text, hexadecimal colours, repeats and a real alternate screen."""

    @property
    def default_char(self) -> Any:
        return _BLANK

    def reset(self) -> None:
        self._main: tuple[Any, Cursor] | None = None
        self._drawn = ""
        super().reset()
        self.cursor.attrs = self.default_char

    def draw(self, data: str) -> None:
        if not data.isascii():
            # pyte drops the rest of the text at the first character that takes no room.
            data = "".join(char for char in data if wcwidth(char) > 0 or unicodedata.combining(char))
        if data:
            self._drawn = data[-1]
            super().draw(data)

    def repeat(self, count: int = 1) -> None:
        """Draw the last character again (REP, used by curses programs)."""
        self.draw(self._drawn * max(1, count))

    def select_graphic_rendition(self, *attrs: int) -> None:
        self.cursor.attrs = _restyled(self.cursor.attrs, attrs)

    def set_mode(self, *modes: int, **kwargs: Any) -> None:
        private = bool(kwargs.get("private"))
        if private and ALTERNATE_SCREEN in modes and self._main is None:
            self._main = (self.buffer, copy.copy(self.cursor))
            self.buffer = copy.copy(self.buffer)
            self.buffer.clear()
        super().set_mode(*(mode for mode in modes if not (private and mode == _COLUMN_SWITCH)), **kwargs)

    def reset_mode(self, *modes: int, **kwargs: Any) -> None:
        private = bool(kwargs.get("private"))
        if private and ALTERNATE_SCREEN in modes and self._main is not None:
            hidden = self.cursor.hidden
            self.buffer, self.cursor = self._main
            self.cursor.hidden = hidden
            self._main = None
            self.ensure_hbounds()
            self.ensure_vbounds()
        super().reset_mode(*(mode for mode in modes if not (private and mode == _COLUMN_SWITCH)), **kwargs)

    def has_mode(self, mode: int) -> bool:
        """Tell whether a private mode is set."""
        return mode << 5 in self.mode


class _Stream(pyte.ByteStream):
    csi = {**pyte.ByteStream.csi, "b": "repeat"}  # noqa: RUF012 (pyte's own class attribute)


class Emulator:
    """A terminal's screen of `columns` x `lines` cells, without a process or a pty behind it."""

    def __init__(self, columns: int, lines: int, *, background: str = "#0e131a", foreground: str = "#d5dee8"):
        self._screen = _Screen(columns, lines)
        self._stream = _Stream(self._screen)
        self._unfinished = b""
        self._colours = {b"10": foreground, b"11": background}

    def feed(self, data: bytes) -> bytes:
        """Interpret output and return what the terminal answers to the queries in it."""
        data = self._unfinished + data
        answers: list[bytes] = []
        position = 0
        for match in _SEQUENCE.finditer(data):
            self._stream.feed(data[position : match.start()])
            position = match.end()
            # A query is answered when it is reached, so that a cursor report is true.
            answers.append(self._interpret(match))
        escape = data.find(b"\x1b", position)
        if escape < 0 or len(data) - escape > _LONGEST_SEQUENCE:
            escape = len(data)
        self._stream.feed(data[position:escape])
        self._unfinished = data[escape:]
        return b"".join(answers)

    def _interpret(self, match: re.Match[bytes]) -> bytes:
        if match["final"] is not None:
            return self._control(match)
        if match["osc"] is not None:
            return self._command(match["osc"])
        if match["short"] is not None:
            self._stream.feed(match[0])
        return b""

    def _control(self, match: re.Match[bytes]) -> bytes:
        prefix, body, final = match["prefix"], match["body"], match["final"]
        match prefix, body, final:
            case b"", (b"" | b"0"), b"c":
                return b"\x1b[?62;22c"
            case b">", (b"" | b"0"), b"c":
                return b"\x1b[>1;10;0c"
            case b"", b"5", b"n":
                return b"\x1b[0n"
            case ((b"" | b"?"), b"6", b"n"):
                return b"\x1b[%b%d;%dR" % (prefix, self._screen.cursor.y + 1, self._screen.cursor.x + 1)
            case b"?", _, b"p" if body.endswith(b"$") and body[:-1].isdigit():
                return b"\x1b[?%b;%d$y" % (body[:-1], self._mode_report(int(body[:-1])))
        plain = re.fullmatch(rb"[\d;]*", body) is not None
        # Everything else with a prefix or an intermediate would be drawn by pyte as text, or raise in it.
        if plain and (prefix == b"" or (prefix == b"?" and final in b"hl")):
            self._stream.feed(match[0])
        return b""

    def _mode_report(self, mode: int) -> int:
        """Give DECRPM's code: 0 unknown, 1 set, 2 not set. Resizing in band is unknown: SIGWINCH tells it."""
        if mode not in (ALTERNATE_SCREEN, SYNCHRONIZED_OUTPUT):
            return 0
        return 1 if self._screen.has_mode(mode) else 2

    def _command(self, command: bytes) -> bytes:
        number, _, value = command.partition(b";")
        if number in (b"0", b"2"):
            self._screen.set_title(value.decode("utf-8", "replace"))
        elif number in self._colours and value == b"?":
            colour = self._colours[number][1:].encode()
            channels = b"/".join(colour[index : index + 2] * 2 for index in (0, 2, 4))
            return b"\x1b]%b;rgb:%b\x1b\\" % (number, channels)
        return b""

    def resize(self, columns: int, lines: int) -> None:
        """Change the size; what no longer fits is lost, as in pyte."""
        self._screen.resize(lines, columns)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines."""
        return self._screen.columns, self._screen.lines

    @property
    def title(self) -> str:
        """The window title the program has set."""
        return self._screen.title

    @property
    def alternate(self) -> bool:
        """Whether the program is on the alternate screen."""
        return self._screen.has_mode(ALTERNATE_SCREEN)

    @property
    def mid_frame(self) -> bool:
        """Whether a synchronized update is open: the screen is half of one frame, half of another."""
        return self._screen.has_mode(SYNCHRONIZED_OUTPUT)

    def rows(self) -> list[str]:
        """Give the text of every line at its full width."""
        return ["".join(glyph.data for glyph in line) for line in self._glyphs()]

    def cells(self) -> list[list[Cell]]:
        """Give every line's cells."""
        return [
            [
                Cell(g.data, g.fg, g.bg, g.bold, g.dim, g.italics, g.underscore, g.strikethrough, g.reverse)
                for g in line
            ]
            for line in self._glyphs()
        ]

    def _glyphs(self) -> Iterator[list[Any]]:
        columns = range(self._screen.columns)
        for number in range(self._screen.lines):
            line = self._screen.buffer[number]
            yield [line[column] for column in columns]


@lru_cache(maxsize=4096)
def _restyled(style: Any, codes: tuple[int, ...]) -> Any:
    pending = iter(codes or (0,))
    for code in pending:
        if code == 0:
            style = _BLANK
        elif code in (38, 48):
            colour = _extended_colour(pending)
            if colour is not None:
                style = style._replace(**{"fg" if code == 38 else "bg": colour})
        else:
            style = style._replace(**_RENDITION.get(code, {}))
    return style


def _extended_colour(pending: Iterator[int]) -> str | None:
    kind = next(pending, None)
    if kind == 5:
        index = next(pending, -1)
        return _PALETTE[index] if 0 <= index < len(_PALETTE) else None
    if kind == 2:
        channels = [next(pending, -1) for _ in range(3)]
        if all(0 <= channel <= 255 for channel in channels):
            return "#{:02x}{:02x}{:02x}".format(*channels)
    return None
