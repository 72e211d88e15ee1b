"""Places that refuse: small disks that fill up, folders that cannot be written; each proves that its fault works."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(place: Path, size: str = "4m") -> Iterator[Path]:
    """A file system of its own in `place`; the test is skipped where none may be mounted."""
    place.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place))
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def enlarge(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=40m", disk], check=True)


def fill_up(disk: Path) -> None:
    """Take the space that is left now."""
    with (disk / "ballast").open("ab", buffering=0) as file:
        for size in (65_536, 4_096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                pass


@contextmanager
def read_only(place: Path) -> Iterator[Path]:
    """`place`, where nobody may write, not even root."""
    place.mkdir()
    _mount("--bind", str(place), str(place))
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", place], check=True)
        with pytest.raises(OSError, match="Read-only"):
            (place / "proof").touch()
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def plain_user(place: Path) -> list[str]:
    """What to put before a command to run it as somebody who may not write in `place`."""
    before = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    if os.getuid() != 0:
        pytest.skip("only root may become somebody else")
    try:
        proof = subprocess.run([*before, "touch", str(place / "proof")], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("setpriv is not installed")
    assert proof.returncode, "somebody else may write there: the fault did not take effect"
    if "Permission denied" not in proof.stderr:
        pytest.skip(f"nobody else may be run here: {proof.stderr.strip()}")
    return before


def _mount(*words: str) -> None:
    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
