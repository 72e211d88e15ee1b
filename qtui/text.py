"""Text for people: foreign text made safe, and durations, rates, counts and sizes as people write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

MAX_FIELD = 300
"""The longest foreign string that is shown on one line; longer ones end in an ellipsis."""

_ESCAPES = re.compile(
    r"\x1b\][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC … BEL or ST: titles, clipboard, links
    r"|\x1b[PX^_][^\x1b\x9c]*(?:\x1b\\|\x9c)?"  # DCS, SOS, PM, APC strings
    r"|[\x9d\x90\x98\x9e\x9f][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # the same, 8 bit
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI: colours, cursor, modes
    r"|\x1b[ -/]*[0-~]?"  # any other escape
)
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


def clean(foreign: object, limit: int = MAX_FIELD) -> str:
    """One line of foreign text that can do no harm on a terminal.

    Escape sequences, bidirectional controls and invisible characters vanish, other control characters become
    pictures, surrogates become U+FFFD, and anything longer than `limit` characters ends in an ellipsis.
    """
    text = foreign if isinstance(foreign, str) else _as_text(foreign)
    if len(text) > limit:
        text = text[: limit * 4]  # enough to survive the removal of escapes, without working through megabytes
    if not (text.isascii() and text.isprintable()):
        text = _INVISIBLE.sub("", _ESCAPES.sub("", text))
        if not text.isprintable():
            text = "".join(ch if ch.isprintable() else _picture(ch) for ch in text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clean_block(foreign: object, limit: int = 20_000) -> str:
    """Foreign text of several lines: every line cleaned, line ends kept, tabs as spaces."""
    text = foreign if isinstance(foreign, str) else _as_text(foreign)
    text = text[: limit * 4].replace("\r\n", "\n").expandtabs(4)
    lines = [clean(line, 2_000) for line in text.split("\n")]
    joined = "\n".join(lines)
    return joined if len(joined) <= limit else joined[: limit - 1] + "…"


def _as_text(foreign: object) -> str:
    if isinstance(foreign, bytes | bytearray | memoryview):
        return bytes(foreign).decode("utf-8", "backslashreplace")
    try:
        return str(foreign)
    except Exception as error:  # a foreign __str__ may raise anything; its name is all we can say
        return f"<{type(foreign).__name__} that cannot be shown: {type(error).__name__}>"


def _picture(ch: str) -> str:
    code = ord(ch)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if unicodedata.category(ch) in ("Zs", "Zl", "Zp"):
        return " "
    return "\N{REPLACEMENT CHARACTER}"


def count(number: int) -> str:
    """12345 → `12,345`."""
    return f"{number:,}"


def short_count(number: float) -> str:
    """At most four characters and a unit: 950 → `950`, 12_345 → `12k`, 1_204_331 → `1.2M`."""
    return _in_unit(number, (("G", 1e9), ("M", 1e6), ("k", 1e3))) or f"{number:.0f}"


def _in_unit(number: float, units: Iterable[tuple[str, float]]) -> str:
    """Two digits at least, in the largest of the units, or empty where the number is smaller than all of them."""
    for unit, scale in units:
        if number >= scale:
            value = number / scale
            return f"{value:.1f}{unit}" if value < 10 else f"{value:.0f}{unit}"
    return ""


def seconds(value: float) -> str:
    """A short duration with its unit: `0.92s`, `3.7s`, `12s`; a minute and more as a clock: `4:46`."""
    if value < 0:
        value = 0.0
    if value < 0.995:
        return f"{value:.2f}s"
    if value < 9.95:
        return f"{value:.1f}s"
    if value < 99.5:
        return f"{value:.0f}s"
    return clock(value)


def tenths(value: float) -> str:
    """A running time that must not jitter: one decimal below 100 s, then a clock."""
    if value < 0:
        value = 0.0
    return f"{value:.1f}s" if value < 99.95 else clock(value)


def clock(value: float) -> str:
    """A duration as a clock: `0:07`, `4:46`, `2:38:29`."""
    whole = max(0, round(value))
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{secs:02d}" if hours else f"{minutes}:{secs:02d}"


def rate(per_second: float) -> str:
    """Jobs per second with a unit: `6.7/s`, `120/s`, `12k/s`."""
    return f"{rate_number(per_second)}/s"


def rate_limit(limit: float) -> str:
    """A limit as people write it: `5/s`, `2.5/s`, `12,500/s`, `12/min`, `1/h`."""
    if limit >= 999.5:
        return f"{limit:,.0f}/s"
    for unit, per_second in (("s", 1.0), ("min", 60.0)):
        if limit * per_second >= 1:
            return f"{limit * per_second:.3g}/{unit}"
    return f"{limit * 3600:.3g}/h"


def rate_number(per_second: float) -> str:
    """The number of `rate` alone: `6.7`, `120`, `12k`."""
    if per_second < 9.95:
        return f"{max(0.0, per_second):.1f}"
    return f"{per_second:.0f}" if per_second < 999.5 else short_count(per_second)


def percent(share: float) -> str:
    """A share of 1 as a whole percentage; never `0%` or `100%` unless it is exactly that."""
    if 0 < share < 0.01:
        return "<1%"
    if 0.99 < share < 1:
        return "99%"
    return f"{share * 100:.0f}%"


def size(octets: float) -> str:
    """Bytes with a decimal unit: `512 B`, `61 MB`, `1.1 GB`."""
    return _in_unit(octets, ((" GB", 1e9), (" MB", 1e6), (" kB", 1e3))) or f"{octets:.0f} B"


def plural(number: int, noun: str, many: str = "") -> str:
    """`1 job`, `2 jobs`, `1,204 jobs`; `many` for irregular nouns."""
    return f"{count(number)} {noun if number == 1 else many or noun + 's'}"


def middle(text: str, width: int) -> str:
    """`text` in at most `width` characters, shortened in the middle: host and id are what people look for."""
    if len(text) <= width:
        return text
    if width <= 1:
        return "…"[:width]
    tail = (width - 1) * 2 // 3
    return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}"
