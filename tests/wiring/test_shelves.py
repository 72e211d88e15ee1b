"""Where presets are offered from: with qtui, the person's own folder, this folder and `presets` in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qtui.errors import UsageError
from qtui.wiring.finding import locate
from qtui.wiring.host import LocalHost

PRESET = '[preset]\nname = "{name}"\ndescription = "What {name} does"\n[job]\nkind = "simulate"\n'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    own, folder = tmp_path / "config" / "qtui" / "presets", tmp_path / "here"
    own.mkdir(parents=True)
    (folder / "presets").mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(folder)
    for file, name in ((own / "shop.toml", "shop"), (folder / "a.toml", "first"), (folder / "presets/b.toml", "b")):
        file.write_text(PRESET.format(name=name))
    return folder


def test_presets_are_offered_by_folder_and_other_toml_is_not(here: Path) -> None:
    (here / "pyproject.toml").write_text('[project]\nname = "x"\n')
    (here / "link.toml").symlink_to("a.toml")
    (here / "broken.toml").write_text("[preset]\nname = \n")
    os.mkfifo(here / "pipe.toml")
    offered = LocalHost().presets()

    assert offered[0].source == "backpressure"
    assert {entry.group for entry in offered if not entry.folder} == {"learn", "real"}
    assert [(entry.folder, entry.source, entry.name) for entry in offered if entry.group == "own"] == [
        ("~/config/qtui/presets", str(here.parent / "config/qtui/presets/shop.toml"), "shop"),
        ("./", "a.toml", "first"),
        ("./", "broken.toml", "broken"),
        ("./presets", "presets/b.toml", "b"),
    ]


def test_a_preset_of_the_own_folder_is_found_by_its_name(here: Path) -> None:
    assert locate("shop").read_text() == PRESET.format(name="shop")
    with pytest.raises(UsageError):
        locate("../here/a")


def test_a_preset_elsewhere_can_be_taken_up(here: Path) -> None:
    elsewhere = here.parent / "elsewhere.toml"
    elsewhere.write_text(PRESET.format(name="far"))
    host = LocalHost()

    assert (host.entry(str(elsewhere)).name, host.entry(str(elsewhere)).folder) == ("far", "~/")
    assert host.entry("./a.toml").source == "a.toml"
    assert host.entry("scrape").group == "real"


def test_a_new_preset_is_made_from_every_kind_and_can_run(here: Path) -> None:
    host = LocalHost()
    for template in host.templates():
        source = host.write_new(template.name, f"new-{template.name}.toml")

        assert template.purpose
        assert not (template.is_kind and host.check(source).problems)


def test_counting_a_long_source_ends_when_it_is_not_wanted_any_more(here: Path) -> None:
    os.mkfifo(here / "never.txt")
    (here / "c.toml").write_text(
        '[preset]\nname = "c"\n[[source]]\nkind = "range"\nstop = 3\n[job]\nkind = "simulate"\n[job.simulate]\n'
    )

    assert "3 jobs in all; nothing was started" in LocalHost().foresee("c.toml", lambda what, seconds: False)
