"""The screen side of a terminal: turns a program's output into cells and the terminal's answers."""

import codecs
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
_IGNORED_MODES = frozenset({3, 5, 6})
"""132 columns, reverse screen, origin: full-screen programs do without, and pyte gets them wrong."""
_LONGEST_SEQUENCE = 64 * 1024

_PARAMETERS = {"H": 2, "f": 2, "r": 2, "m": 64, "h": 64, "l": 64}
"""How many parameters a sequence takes; 1 if not named. More than it takes make pyte raise."""

_ERASURES = ("", "0", "1", "2", "3")
_EIGHT_BIT_CONTROLS = dict.fromkeys(range(0x80, 0xA0))

_PALETTE = [f"#{colour}" for colour in FG_BG_256]

_SEQUENCE = re.compile(
    r"""\x1b(?:
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
        super().set_mode(*(set(modes) - _IGNORED_MODES if private else modes), **kwargs)

    def reset_mode(self, *modes: int, **kwargs: Any) -> None:
        private = bool(kwargs.get("private"))
        if private and ALTERNATE_SCREEN in modes and self._main is not None:
            hidden = self.cursor.hidden
            self.buffer, self.cursor = self._main
            self.cursor.hidden = hidden
            self._main = None
            self.ensure_hbounds()
            self.ensure_vbounds()
        super().reset_mode(*(set(modes) - _IGNORED_MODES if private else modes), **kwargs)

    def has_mode(self, mode: int) -> bool:
        """Tell whether a private mode is set."""
        return mode << 5 in self.mode


class _Stream(pyte.Stream):
    csi = {**pyte.Stream.csi, "b": "repeat"}  # noqa: RUF012 (pyte's own class attribute)


class Emulator:
    """A terminal's screen of `columns` x `lines` cells, without a process or a pty behind it.

    No output can raise: sequences pyte would draw as text, or stumble over, do not reach it.
    """

    def __init__(self, columns: int, lines: int, *, background: str = "#0e131a", foreground: str = "#d5dee8"):
        self._screen = _Screen(columns, lines)
        self._stream = _Stream(self._screen)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._unfinished = ""
        self._colours = {"10": foreground, "11": background}

    def feed(self, data: bytes) -> bytes:
        """Interpret output and return what the terminal answers to the queries in it."""
        text = self._unfinished + self._decoder.decode(data)
        answers: list[str] = []
        position = 0
        for match in _SEQUENCE.finditer(text):
            self._stream.feed(text[position : match.start()].translate(_EIGHT_BIT_CONTROLS))
            position = match.end()
            # A query is answered when it is reached, so that a cursor report is true.
            answers.append(self._interpret(match))
        escape = text.find("\x1b", position)
        if escape < 0 or len(text) - escape > _LONGEST_SEQUENCE:
            escape = len(text)
        self._stream.feed(text[position:escape].translate(_EIGHT_BIT_CONTROLS))
        self._unfinished = text[escape:]
        return "".join(answers).encode()

    def _interpret(self, match: re.Match[str]) -> str:
        if match["final"] is not None:
            return self._control(match["prefix"], match["body"], match["final"])
        if match["osc"] is not None:
            return self._command(match["osc"])
        if match["short"] is not None:
            self._stream.feed(match[0])
        return ""

    def _control(self, prefix: str, body: str, final: str) -> str:
        match prefix, body, final:
            case "", ("" | "0"), "c":
                return "\x1b[?62;22c"
            case ">", ("" | "0"), "c":
                return "\x1b[>1;10;0c"
            case "", "5", "n":
                return "\x1b[0n"
            case (("" | "?"), "6", "n"):
                column = min(self._screen.cursor.x, self._screen.columns - 1)
                return f"\x1b[{prefix}{self._screen.cursor.y + 1};{column + 1}R"
            case "?", _, "p" if body.endswith("$") and body[:-1].isdecimal():
                return f"\x1b[?{body[:-1]};{self._mode_report(int(body[:-1]))}$y"
        if re.fullmatch(r"[0-9;]*", body) and (prefix == "" or (prefix == "?" and final in "hl")):
            body = ";".join(body.split(";")[: _PARAMETERS.get(final, 1)])
            if final not in "JK" or body in _ERASURES:
                self._stream.feed(f"\x1b[{prefix}{body}{final}")
        return ""

    def _mode_report(self, mode: int) -> int:
        """Give DECRPM's code: 0 unknown, 1 set, 2 not set. Resizing in band is unknown: SIGWINCH tells it."""
        if mode not in (ALTERNATE_SCREEN, SYNCHRONIZED_OUTPUT):
            return 0
        return 1 if self._screen.has_mode(mode) else 2

    def _command(self, command: str) -> str:
        number, _, value = command.partition(";")
        if number in ("0", "2"):
            self._screen.set_title(value)
        elif number in self._colours and value == "?":
            colour = self._colours[number]
            channels = "/".join(colour[index : index + 2] * 2 for index in (1, 3, 5))
            return f"\x1b]{number};rgb:{channels}\x1b\\"
        return ""

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
        return [[_cell(glyph) for glyph in line] for line in self._glyphs()]

    def _glyphs(self) -> Iterator[list[Any]]:
        columns = range(self._screen.columns)
        for number in range(self._screen.lines):
            line = self._screen.buffer[number]
            yield [line[column] for column in columns]


@lru_cache(maxsize=16384)
def _cell(g: Any) -> Cell:
    return Cell(g.data, g.fg, g.bg, g.bold, g.dim, g.italics, g.underscore, g.strikethrough, g.reverse)


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
