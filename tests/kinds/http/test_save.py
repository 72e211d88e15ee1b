"""Answers written to files: whole or not at all, and only where they belong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qtui.core.job import Failed
from qtui.errors import CannotWrite
from qtui.kinds.http.asked import Expect
from qtui.kinds.http.options import HttpTable
from qtui.kinds.save import MAX_NAME, safe_name
from tests.kinds.http.serving import fetched, fields, opened, page, serving
from tests.kinds.running import real

HOSTILE = [
    "../../etc/passwd",
    "/etc/passwd",
    "..",
    ".",
    "",
    ".ssh",
    "-rf",
    "~root",
    "a/b",
    "a\\b",
    "a\0b",
    "a\nb",
    "\x1b[31m",
    "con:stream",
    "x" * 300 + ".html",
    "é" * 150,
    "\u202egpj.exe",
    "\ud800",
    "a b ",
    "a.",
    "e\u0301",
]


async def test_the_answer_is_written_where_the_preset_says(tmp_path: Path) -> None:
    async with serving(page("<h1>é</h1>")) as site:
        table = HttpTable(url=site, save="pages/{n}.html", extract={"t": "h1"})
        outcome = await fields(table, real(str(tmp_path)), n=7)
    assert outcome == {"url": site, "status": 200, "t": "é", "path": "pages/7.html"}
    assert (tmp_path / "pages/7.html").read_text() == "<h1>é</h1>"
    assert os.listdir(tmp_path / "pages") == ["7.html"]


async def test_a_row_cannot_leave_the_directory(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    async with serving(page("x")) as site:
        for name in HOSTILE:
            await fields(HttpTable(url=site, save="in/{name}"), real(str(tmp_path)), name=name)
    assert os.listdir(tmp_path) == ["in"]
    assert len(os.listdir(tmp_path / "in")) == len(HOSTILE)


async def test_an_existing_file_is_replaced_and_links_are_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    (tmp_path / "a").symlink_to(victim)
    (tmp_path / "b").write_text("old")
    async with serving(page("new")) as site:
        for name in "ab":
            await fields(HttpTable(url=site, save="{name}"), real(str(tmp_path)), name=name)
    assert victim.read_text() == "untouched"
    assert [(tmp_path / name).read_text() for name in "ab"] == ["new", "new"]


async def test_a_page_that_lacks_something_is_not_saved(tmp_path: Path) -> None:
    async with serving(page("<p>x")) as site:
        lacking = [
            HttpTable(url=site, save="{n}", extract={"t": "h1"}, require=["t"]),
            HttpTable(url=site, save="{n}", expect=Expect(contains="y")),
            HttpTable(url=site, save="{n}", expect=Expect(status=[201])),
        ]
        for table in lacking:
            assert isinstance(await fetched(table, real(str(tmp_path)), n=1), Failed)
    assert os.listdir(tmp_path) == []


async def test_a_file_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    async with serving(page("x")) as site:
        outcome = await fetched(HttpTable(url=site, save="{n}"), real(str(tmp_path)), n=1)
    assert outcome == Failed("file", "cannot save: is a directory")
    assert os.listdir(tmp_path) == ["1"]


async def test_a_directory_that_cannot_be_made_stops_the_run_before_it_starts(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWrite, match="cannot be made"):
        async with opened(HttpTable(url="http://h.example/", save="file/{n}"), real(str(tmp_path))):
            pass


async def test_a_row_without_the_names_field_fails_for_good(tmp_path: Path) -> None:
    async with serving(page("x")) as site:
        outcome = await fetched(HttpTable(url=site, save="{id}"), real(str(tmp_path)), n=1)
    assert outcome == Failed("input", "there is no field {id}; this row has n", permanent=True)


@pytest.mark.parametrize("name", ["7.html", "a-b_c.d", "Größe 3.txt", "日本.html", "x" * MAX_NAME])
def test_harmless_names_stay_as_they_are(name: str) -> None:
    assert safe_name(name) == name


@pytest.mark.parametrize("name", HOSTILE)
def test_altered_names_are_one_safe_component(name: str) -> None:
    safe = safe_name(name)
    assert safe != name
    assert safe == os.path.basename(safe)
    assert safe[0] not in ".-~ "
    assert safe.isprintable()
    assert len(safe.encode()) <= MAX_NAME


def test_altered_names_never_collide() -> None:
    names = [*HOSTILE, "a_b", "a?b", "a*b", "é" * 151, "x" * 301 + ".html", "\u00e9"]
    assert len({safe_name(name) for name in names}) == len(names)


def test_the_suffix_survives() -> None:
    assert safe_name("a/b.html").startswith("a_b-")
    assert safe_name("a/b.html").endswith(".html")
