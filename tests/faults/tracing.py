"""strace, where it may trace: for killing at a system call, for calls that fail, for recordings of what was written."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BASE = ("-f", "-qq")
"""Without --seccomp-bpf: with it injected signals never arrive."""


@functools.cache
def why_not() -> str:
    """Why nothing can be traced here, or empty."""
    program = shutil.which("strace")
    if program is None:
        return "strace is not installed"
    tried = subprocess.run(
        [program, *BASE, "-o", os.devnull, "-e", "trace=openat", "true"], capture_output=True, text=True, check=False
    )
    return f"strace may not trace here: {tried.stderr.strip()[-200:]}" if tried.returncode else ""


def needed() -> None:
    """Skip the test, with the reason, where nothing can be traced."""
    if reason := why_not():
        pytest.skip(reason)


def strace(*options: str, output: str | Path = os.devnull) -> list[str]:
    """The command to put before the one that is traced."""
    return ["strace", *BASE, "-o", str(output), *options]


def inject(call: str, what: str) -> list[str]:
    """A fault at a system call, e.g. `signal=SIGKILL:when=3`; calls are counted by thread."""
    return strace("-e", f"trace={call}", "-e", f"inject={call}:{what}")


def child(folder: Path, jobs: int, *options: str, before: Sequence[str] = ()) -> subprocess.CompletedProcess[bytes]:
    """The small engine of `tests.journal.child`, to its end."""
    command = [*before, sys.executable, "-m", "tests.journal.child", str(folder), str(jobs), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120, check=False)
