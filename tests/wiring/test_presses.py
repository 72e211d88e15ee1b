"""The ladder of presses: what is told and what is done, in which order."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from typing import cast

import pytest

from qtui.errors import ExitCode
from qtui.wiring.presses import Presses


class Engine:
    """Notes the signals that it gets."""

    def __init__(self, noted: list[str]) -> None:
        self.pid = 0
        self._noted = noted

    def send_signal(self, number: signal.Signals) -> None:
        self._noted.append(f"sent {signal.Signals(number).name}")

    def poll(self) -> int:
        return 0


@pytest.mark.parametrize(
    ("heard", "noted", "code"),
    [
        ([signal.SIGINT] * 3, ["press 1", "press 2", "press 3", "sent SIGQUIT"], ExitCode.STOPPED),
        ([signal.SIGTERM], ["press 0", "sent SIGTERM"], ExitCode.TERMINATED),
    ],
)
def test_a_press_is_told_before_the_engine_can_end_of_it(
    heard: list[signal.Signals], noted: list[str], code: ExitCode
) -> None:
    told: list[str] = []

    class Loop:
        def call_soon_threadsafe(self, hear: object) -> None:
            hear()  # type: ignore[operator]

    presses = Presses(1.0, lambda which: told.append(f"press {which}"), lambda: None)
    presses._loop = cast("asyncio.AbstractEventLoop", Loop())
    presses.answered = True
    presses.adopt(cast("subprocess.Popen[bytes]", Engine(told)))
    for number in heard:
        presses._hear(number)
    assert told == noted
    assert presses.ended_by_us == code
    presses._signals._ours.close()
    presses._signals._wake.close()
