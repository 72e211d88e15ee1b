"""Where a journal may live: the user's state directory, and not on a network."""

from __future__ import annotations

import os
import re
from pathlib import Path

import platformdirs

from qtui.errors import CannotWrite
from qtui.text import clean

REMEDY = "choose another place with --state DIR"

_NETWORKS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "lustre", "glusterfs", "beegfs", "gpfs"}
)
_NETWORK_FUSE = ("fuse.sshfs", "fuse.s3fs", "fuse.rclone", "fuse.glusterfs", "fuse.gcsfuse", "fuse.ceph")
_OCTAL = re.compile(r"\\([0-7]{3})")
_MOUNTS = Path("/proc/self/mountinfo")


def state_dir(chosen: Path | None = None) -> Path:
    """The directory that holds the runs: `chosen`, else QTUI_STATE, else the user's state directory."""
    if chosen is not None:
        return chosen.absolute()
    if named := os.environ.get("QTUI_STATE"):
        return Path(named).absolute()
    return Path(platformdirs.user_state_dir("qtui", appauthor=False)).absolute()


def check(state: Path) -> None:
    """Make sure that runs can be kept in `state`; creates it.

    Raises:
        CannotWrite: with the remedy.
    """
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(f"cannot keep runs in {clean(state)}: {_said(error)}; {REMEDY}") from error
    if kind := network(state):
        raise CannotWrite(f"{clean(state)} is on a network ({kind}), where a journal is not safe; {REMEDY}")


def network(path: Path, mounts: Path | None = None) -> str:
    """The kind of network file system `path` is on, or empty; empty too where the system does not tell."""
    try:
        lines = (mounts or _MOUNTS).read_text(errors="surrogateescape").splitlines()
    except OSError:
        return ""
    target = path.resolve()
    best, found = -1, ""
    for line in lines:
        head, _, tail = line.partition(" - ")
        fields = head.split(" ")
        if len(fields) < 5 or not tail:
            continue
        mounted = Path(_OCTAL.sub(lambda found: chr(int(found[1], 8)), fields[4]))  # \040 is a space
        # Of two mounts at one place the later one is on top.
        if target.is_relative_to(mounted) and len(mounted.parts) >= best:
            best, found = len(mounted.parts), tail.split(" ")[0]
    return found if found in _NETWORKS or found.startswith(_NETWORK_FUSE) else ""


def _said(error: OSError) -> str:
    said = error.strerror or str(error)
    return clean(said[:1].lower() + said[1:])
