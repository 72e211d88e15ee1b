"""Asks the terminal for the colour of its ground while the screen is still being loaded.

Nothing waits for the answer, and nothing that was typed meanwhile is lost: what is no answer is handed on as input.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import sys
import termios
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.message import Message

QUESTION = b"\x1b]11;?\x1b\\"
_ANSWER = re.compile(
    r"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})(?:/[0-9a-fA-F]{1,4})?(?:\x1b\\|\x07)"
)
_BEGUN = re.compile(r"\x1b\](?:1(?:1(?:;[rgba:/0-9a-fA-F]*\x1b?)?)?)?$")
"""The beginning of an answer at the end of what has come."""
_MOST = 64
"""An answer is shorter; what is longer is none."""


class Ground:
    """What is known of it, and what was typed while it was asked for."""

    def __init__(self) -> None:
        self._light: bool | None = None
        self.typed = ""

    def is_light(self) -> bool | None:
        """None while the terminal has not answered. Takes what has come so far, without waiting."""
        with contextlib.suppress(OSError):
            while select.select([0], [], [], 0)[0] and (come := os.read(0, 4096)):
                self.typed = self.listen(self.typed + come.decode("utf-8", "replace"))
        return self._light

    def listen(self, data: str) -> str:
        """What was typed, without the answer."""
        found = _ANSWER.search(data)
        if found is None:
            return data
        shares = [int(text, 16) / (16 ** len(text) - 1) for text in found.groups()]
        self._light = 0.2126 * shares[0] + 0.7152 * shares[1] + 0.0722 * shares[2] > 0.5
        return data[: found.start()] + data[found.end() :]


@contextlib.contextmanager
def asked_for_its_ground(asks: bool) -> Iterator[Ground]:
    """Ask, and keep the terminal from writing the answer on the screen; it is as it was afterwards."""
    ground = Ground()
    try:
        saved = termios.tcgetattr(0)
    except termios.error:
        asks = False
    if not asks or not sys.stderr.isatty() or not select.select([], [2], [], 0)[1]:
        yield ground
        return
    quiet = termios.tcgetattr(0)
    quiet[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(0, termios.TCSANOW, quiet)
    try:
        with contextlib.suppress(OSError):
            os.write(2, QUESTION)
        yield ground
    finally:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(0, termios.TCSANOW, saved)


def hand_on(ground: Ground) -> None:
    """Let the screen hear what was typed before it could, and never take a late answer for keys."""
    from textual._xterm_parser import XTermParser
    from textual.drivers import linux_driver

    class Hearing(XTermParser):
        """Textual knows no answer about colours: it would press every letter of it."""

        def __init__(self, debug: bool = False) -> None:
            super().__init__(debug)
            self._held = ground.typed

        def feed(self, data: str) -> Iterable[Message]:
            if not data:
                return super().feed(data)
            come, self._held = ground.listen(self._held + data), ""
            begun = _BEGUN.search(come)
            if begun is not None and len(come) - begun.start() < _MOST:
                come, self._held = come[: begun.start()], begun[0]
            return super().feed(come) if come else ()

        def tick(self) -> Iterable[Message]:
            come, self._held = self._held, ""
            if come:
                yield from super().feed(come)
            yield from super().tick()

    linux_driver.XTermParser = Hearing  # type: ignore[attr-defined]
