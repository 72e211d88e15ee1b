"""Paths that match: which, in which order, and what cannot be a row."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qtui.sources import GlobSource
from tests.sources.reading import counted, fields, problems, rows

FILES = ["b.txt", "a.txt", "a.csv", ".hid.txt", "sub/c.txt", "sub/deep/d.txt", "sub/.dot/e.txt", "other/f.md"]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path


def found(tree: Path, pattern: str, **told: object) -> list[str]:
    source = GlobSource(pattern=f"{tree}/{pattern}", **told)  # type: ignore[arg-type]
    names = [os.path.relpath(str(row["path"]), tree) for row in fields(source)]
    assert counted(source) == len(names)
    return names


def test_a_pattern_gives_its_files_in_order(tree: Path) -> None:
    assert found(tree, "*.txt") == ["a.txt", "b.txt"]
    assert found(tree, "sub/*.txt") == ["sub/c.txt"]
    assert found(tree, "[ab].[ct]*") == ["a.csv", "a.txt", "b.txt"]


def test_two_stars_stand_for_any_number_of_folders(tree: Path) -> None:
    assert found(tree, "**/*.txt") == ["a.txt", "b.txt", "sub/c.txt", "sub/deep/d.txt"]
    assert found(tree, "**/deep/**/*.txt") == ["sub/deep/d.txt"]
    assert found(tree, "**") == ["a.csv", "a.txt", "b.txt", "other/f.md", "sub/c.txt", "sub/deep/d.txt"]
    assert found(tree, "**/**/*.md") == ["other/f.md"]


def test_hidden_names_are_found_only_on_request(tree: Path) -> None:
    assert found(tree, "*.txt", hidden=True) == [".hid.txt", "a.txt", "b.txt"]
    assert found(tree, ".*.txt") == [".hid.txt"]
    assert "sub/.dot/e.txt" in found(tree, "**/*.txt", hidden=True)


def test_folders_are_found_on_request(tree: Path) -> None:
    assert found(tree, "*", only="folders") == ["other", "sub"]
    assert found(tree, "*", only="all") == ["a.csv", "a.txt", "b.txt", "other", "sub"]


def test_the_fields_of_a_row_are_the_parts_of_its_path(tree: Path) -> None:
    (row,) = fields(GlobSource(pattern=f"{tree}/sub/c.*"))
    assert row == {"path": f"{tree}/sub/c.txt", "name": "c.txt", "stem": "c", "suffix": ".txt", "folder": f"{tree}/sub"}


def test_skipping_agrees_with_reading(tree: Path) -> None:
    for number in range(100):
        (tree / f"n{number}.txt").write_text("")
    source = GlobSource(pattern=f"{tree}/**/*.txt")
    every = rows(source)
    for skip in (0, 1, 17, 50, len(every), len(every) + 1):
        assert rows(source, skip) == every[skip:]


def test_a_link_that_leads_back_is_not_followed(tree: Path) -> None:
    (tree / "sub/loop").symlink_to(tree)
    (tree / "link.txt").symlink_to(tree / "a.txt")
    assert found(tree, "**/*.txt") == ["a.txt", "b.txt", "link.txt", "sub/c.txt", "sub/deep/d.txt"]


def test_a_name_that_is_not_utf8_fails_alone(tree: Path) -> None:
    with open(os.fsencode(tree) + b"/caf\xe9.txt", "w"):
        pass
    source = GlobSource(pattern=f"{tree}/*.txt")
    assert problems(source) == [f"{tree}/caf\\xe9.txt: its name is not UTF-8"]
    assert len(rows(source)) == 3


def test_what_matches_nothing_is_refused(tree: Path) -> None:
    assert GlobSource(pattern=f"{tree}/*.txt").check() == ""
    assert GlobSource(pattern=f"{tree}/*.pdf").check() == f"nothing matches {tree}/*.pdf"
    assert GlobSource(pattern=f"{tree}/no/*.txt").check() == f"{tree}/no does not exist"
    assert GlobSource(pattern=f"{tree}/a.txt/*").check() == f"{tree}/a.txt is not a folder"
    assert "`..`" in GlobSource(pattern=f"{tree}/*/../x").check()
