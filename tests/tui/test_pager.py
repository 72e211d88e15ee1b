"""The pager: which one, what it is given, and why not where it cannot be shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qtui.core.queries import Answer, LogQuery, LogRow, Query, Unknown
from qtui.tui.pager import NO_PAGER, pager_command
from qtui.tui.screens.events_pager import write_log
from tests.tui.fake_port import window
from tests.tui.rig import running
from tests.tui.samples import NOW

PATH = os.environ["PATH"]


def rows(number: int) -> list[LogRow]:
    return [
        LogRow((NOW + n, n, 1), NOW + n, f"page {n}\x1b[2J", "HTTP 503", "error", "failed", n, 2, 0.5)
        for n in range(1, number + 1)
    ]


def program(folder: Path, name: str) -> None:
    (folder / name).write_text("#!/bin/sh\n")
    (folder / name).chmod(0o755)


def test_the_pager_is_the_persons_own_else_less_else_more(tmp_path: Path) -> None:
    path = str(tmp_path)
    assert pager_command({"PATH": path}) == []
    program(tmp_path, "more")
    assert pager_command({"PATH": path}) == ["more"]
    program(tmp_path, "less")
    assert pager_command({"PATH": path}) == ["less"]
    program(tmp_path, "mine")
    assert pager_command({"PATH": path, "PAGER": "mine -S '+F x'"}) == ["mine", "-S", "+F x"]
    assert pager_command({"PATH": path, "PAGER": "not-there"}) == ["less"]
    assert pager_command({"PATH": path, "PAGER": "unbalanced '"}) == ["less"]


async def test_every_line_is_written_oldest_first_and_cleaned(tmp_path: Path) -> None:
    told: list[str] = []

    async def ask(query: Query) -> Answer:
        assert isinstance(query, LogQuery)
        return window(rows(2_500), query)

    number = await write_log(ask, LogQuery("attempts"), tmp_path / "log", told.append)
    lines = (tmp_path / "log").read_text().splitlines()
    assert (number, len(lines)) == (2_500, 2_500)
    assert lines[0].startswith("page 1  failed  HTTP 503  attempt 2  0.50s  2026-")
    assert "\x1b" not in "".join(lines)
    assert told == ["1,000 lines so far", "2,000 lines so far"]


async def test_a_journal_that_breaks_off_is_said_in_the_file(tmp_path: Path) -> None:
    async def ask(query: Query) -> Answer:
        assert isinstance(query, LogQuery)
        found = window(rows(2_000), query)
        return Unknown("the engine is lost") if found.rows and found.rows[0].seq > 1 else found

    await write_log(ask, LogQuery("attempts"), tmp_path / "log", lambda said: None)
    assert (tmp_path / "log").read_text().endswith("the rest cannot be read: the engine is lost\n")


async def test_without_a_pager_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with running() as rig:
        await rig.press("6")
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.delenv("PAGER", raising=False)
        await rig.press("o")
        await rig.shows(NO_PAGER)


async def test_a_terminal_that_cannot_be_lent_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "cat")
    async with running() as rig:
        await rig.press("6", "o")
        await rig.shows("this terminal cannot be lent to")
