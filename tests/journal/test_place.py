"""Where the state may live."""

from __future__ import annotations

from pathlib import Path

import pytest

from qtui.errors import CannotWrite
from qtui.journal import place

MOUNTS = r"""22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 22 0:40 / /mnt/share rw - nfs4 server:/export rw
31 30 0:41 / /mnt/share/local rw - ext4 /dev/vdb rw
32 22 0:42 / /mnt/with\040space rw - fuse.sshfs me@host: rw
35 22 0:45 / /mnt/büro rw - nfs server:/ rw
33 22 0:43 / /mnt/twice rw - ext4 /dev/vdc rw
34 33 0:44 / /mnt/twice rw - cifs //host/share rw
torn line
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/me", ""),
        ("/mnt/share/state", "nfs4"),
        ("/mnt/share/local/state", ""),
        ("/mnt/share2", ""),
        ("/mnt/with space/state", "fuse.sshfs"),
        ("/mnt/büro/state", "nfs"),
        ("/mnt/twice", "cifs"),
    ],
)
def test_network_file_systems_are_recognised(tmp_path: Path, path: str, kind: str) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS, "utf-8")
    assert place.network(Path(path), mounts) == kind


def test_a_system_that_does_not_tell_is_believed_local(tmp_path: Path) -> None:
    assert place.network(tmp_path, tmp_path / "missing") == ""


def test_a_network_is_refused_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text("1 1 0:1 / / rw - nfs server:/ rw\n")
    monkeypatch.setattr(place, "_MOUNTS", mounts)
    with pytest.raises(CannotWrite, match=r"on a network \(nfs\).*--state DIR"):
        place.check(tmp_path / "state")


def test_the_state_directory_is_the_chosen_one_then_the_named_one_then_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QTUI_STATE", str(tmp_path / "named"))
    assert place.state_dir(tmp_path / "chosen") == tmp_path / "chosen"
    assert place.state_dir() == tmp_path / "named"
    monkeypatch.delenv("QTUI_STATE")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    assert place.state_dir() == tmp_path / "xdg" / "qtui"
