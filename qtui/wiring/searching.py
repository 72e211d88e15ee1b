"""Where Python looks for modules: never in the folder that qtui happens to be started in."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import qtui


def forget_the_current_folder() -> None:
    """`python -m` lets every file beside the user pass for a module; a preset says `path = "."` when it wants that.

    The folder stays where qtui itself is run from it.
    """
    if sys.flags.safe_path or not sys.path:
        return
    first = Path(sys.path[0] or ".").absolute()
    if first == Path(os.getcwd()) and not Path(qtui.__file__).is_relative_to(first):
        del sys.path[0]
