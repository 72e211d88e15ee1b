"""What a command writes: lines that tell its progress are taken out, the end is kept, everything may go to a file."""

from __future__ import annotations

import re

from qtui.kinds.save import Part
from qtui.kinds.secrets import StreamMask

MARK = b"::qtui progress"
_MAX_LINE = 4_096
_SHARE = re.compile(r"\s+(?:(\d+(?:\.\d+)?)\s*/\s*(\d+(?:\.\d+)?)|(\d+(?:\.\d+)?)\s*(%?))(?:\s+(.*))?$", re.S)


class Tail:
    """The last bytes of a stream of any length."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = bytearray()
        self._cut = False

    def add(self, content: bytes) -> None:
        self._bytes += content
        if len(self._bytes) > 2 * self._limit:
            self._shorten()

    def _shorten(self) -> None:
        del self._bytes[: -self._limit]
        self._cut = True

    def text(self, limit: int) -> str:
        """The last `limit` bytes as text, from the beginning of a line where that leaves any; not cleaned."""
        if len(self._bytes) > self._limit:
            self._shorten()
        content = bytes(self._bytes[-limit:])
        if self._cut or len(self._bytes) > limit:
            content = content.partition(b"\n")[2].strip() or content
        return content.decode(errors="backslashreplace").rstrip()


class Lines:
    """Takes the lines that tell progress out of a stream, of which any part may come at a time."""

    def __init__(self) -> None:
        self.told: bytes | None = None
        """The newest such line, without its mark; whoever reads it sets it to None."""
        self._held = b""
        self._fresh = True
        """The next byte is the first of a line."""

    def feed(self, chunk: bytes) -> bytes:
        """What of `chunk`, and of what was held back before, is no progress."""
        data, self._held = self._held + chunk if self._held else chunk, b""
        out: list[bytes] = []
        start = 0
        while (found := self._find(data, start)) >= 0:
            end = data.find(b"\n", found)
            if end < 0:
                if len(data) - found > _MAX_LINE:
                    break
                out.append(data[start:found])
                self._held, self._fresh = data[found:], True
                return b"".join(out)
            out.append(data[start:found])
            self.told = data[found + len(MARK) : end]
            start, self._fresh = end + 1, True
        out.append(self._without_beginning(data[start:]))
        return b"".join(out) if len(out) > 1 else out[0]

    def rest(self) -> bytes:
        """What was held back when the stream ended; a last line of progress needs no line break."""
        held, self._held = self._held, b""
        if held.startswith(MARK):
            self.told = held[len(MARK) :]
            return b""
        return held

    def _find(self, data: bytes, start: int) -> int:
        found = data.find(MARK, start)
        while found >= 0 and not (data[found - 1] == 10 if found > start else self._fresh):
            found = data.find(MARK, found + 1)
        return found

    def _without_beginning(self, data: bytes) -> bytes:
        """All but a last few bytes that may be the beginning of a mark."""
        if not data:
            return data
        line = data.rfind(b"\n") + 1
        fragment = data[line:]
        if (line or self._fresh) and fragment and len(fragment) < len(MARK) and MARK.startswith(fragment):
            self._held, self._fresh = fragment, True
            return data[:line]
        self._fresh = not fragment
        return data


def progress(line: bytes) -> tuple[float | None, str] | None:
    """Share and words of `5/100 text`, `0.4 text` or `40% text`; None where it is neither."""
    match = _SHARE.match(line.decode(errors="backslashreplace").rstrip())
    if match is None:
        return None
    some, whole, number, percent, words = match.groups()
    if some is not None:
        share = float(some) / float(whole) if float(whole) else 0.0
    else:
        share = float(number) / (100 if percent else 1)
    return min(1.0, share), words or (f"{some}/{whole}" if some is not None else "")


class Output:
    """One stream of a command."""

    def __init__(self, tail: int, file: Part | None, mask: StreamMask | None = None) -> None:
        """`mask` hides secrets before anything is kept: a tail that begins in the middle of one would show the rest."""
        self._mask = mask
        self.tail = Tail(tail)
        self.lines = Lines()
        self.size = 0
        self.problem: OSError | None = None
        """Why the file could not be written; the command goes on."""
        self._file = file

    def add(self, chunk: bytes) -> None:
        content = self.lines.feed(chunk)
        self._keep(content if self._mask is None else self._mask.feed(content))

    def end(self) -> None:
        content = self.lines.rest()
        self._keep(content if self._mask is None else self._mask.feed(content) + self._mask.rest())

    def _keep(self, content: bytes) -> None:
        self.size += len(content)
        self.tail.add(content)
        if self._file is not None and self.problem is None and content:
            try:
                self._file.write(content)
            except OSError as error:
                self.problem = error
