"""`qtui _screen`: the screen's own process, started by the launcher with one word of JSON.

It is not a click command: the first frame would wait for it.
"""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path

from qtui.errors import QtuiError


def run(words: list[str]) -> int:
    """Show the run that the launcher describes; returns the exit code."""
    gc.disable()  # loading makes nothing but objects that stay; the app turns it on behind the first frame
    from qtui.wiring.screen_process import ScreenStart, main

    told = json.loads(words[0])
    start = ScreenStart(**{**told, "socket": Path(told["socket"]) if told.get("socket") else None})
    try:
        return main(start)
    except QtuiError as error:
        print(f"qtui: {error}", file=sys.stderr)
        return int(error.exit_code)
