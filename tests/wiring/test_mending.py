"""The suggestion of a problem carried out in the file: one word changes, nothing else, or nothing at all."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from qtui.core.port import Problem
from qtui.errors import CannotWrite, UsageError
from qtui.wiring.mending import correct, write_correction
from qtui.wiring.presets import load

GOOD = """\
[preset]
name = "shop"

[[source]]
kind = "range"
stop = 5

# how many at once: concurrency
[workers]
concurrency = 12   # as many as the shop likes

[job]
kind = "simulate"

[job.simulate]
latency = "1ms"

[retry]
on = [
    "timeout",
    "connection",  # connection
]
backoff = { base = "1s", factor = 2 }
"""


def fixed(path: Path, text: str) -> str:
    """The file after the first suggestion was carried out."""
    path.write_bytes(text.encode())
    (problem, *_) = [each for each in load(str(path)).problems if each.suggestion]
    write_correction(correct(str(path), problem))
    return path.read_bytes().decode()


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("concurrency = 12", "concurency = 12"),
        ("concurrency = 12", '"concurency" = 12'),
        ('kind = "simulate"', 'kind = "simulat"'),
        ('kind = "range"', "kind = 'rnage'"),
        ("[retry]", "[rety]"),
        ("[[source]]", "[source]"),
        ('"connection",', '"conection",'),
        ("base = ", "bas = "),
        ("[job.simulate]", "[simulate]"),
        ('latency = "1ms"', 'latancy = "1ms"'),
    ],
)
def test_one_word_is_corrected_and_everything_else_stays(tmp_path: Path, right: str, wrong: str) -> None:
    text = GOOD.replace(right, wrong, 1)

    assert fixed(tmp_path / "a.toml", text).replace('"concurrency" =', "concurrency =").replace("'", '"') == GOOD


def test_a_dotted_key_is_corrected_in_its_own_part(tmp_path: Path) -> None:
    text = GOOD.replace("[workers]\nconcurrency = 12", "[workers]\n").replace(
        "[preset]", "workers.strateg = 'pool'\n[preset]"
    )
    text = text.replace("[workers]\n", "")

    assert "workers.strategy = 'pool'" in fixed(tmp_path / "a.toml", text)


def test_line_ends_the_mark_of_utf_8_and_rights_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("")
    path.chmod(0o600)
    text = "\ufeff" + GOOD.replace("concurrency =", "concurency =").replace("\n", "\r\n")

    assert fixed(path, text) == "\ufeff" + GOOD.replace("\n", "\r\n")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_text(GOOD.replace("concurrency =", "concurency ="))
    link = tmp_path / "a.toml"
    link.symlink_to("real.toml")
    write_correction(correct(str(link), load(str(link)).problems[0]))

    assert link.is_symlink()
    assert (tmp_path / "real.toml").read_text() == GOOD


def test_a_file_that_is_nearly_called_so_is_suggested_where_the_named_one_is_missing(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "urls.csv").write_text("a\n")
    text = GOOD.replace('kind = "range"\nstop = 5', 'kind = "lines"\npath = "data/urls.txt"')
    after = fixed(tmp_path / "a.toml", text)

    assert 'path = "data/urls.csv"' in after
    assert load(str(tmp_path / "a.toml")).problems == []


def test_a_key_that_is_there_already_is_not_written_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(GOOD.replace("concurrency = 12", "concurrency = 12\nconcurency = 9"))

    with pytest.raises(UsageError, match="correct it in an editor"):
        correct(str(path), load(str(path)).problems[0])


@pytest.mark.parametrize(
    "problem",
    [
        Problem("workers.concurency", "there is no such key", 10, "concurency"),
        Problem("workers.concurency", "there is no such key", 99, "concurency", "", "concurrency"),
        Problem("", "nonsense", 1, "x", "", "y"),
    ],
)
def test_what_is_not_certain_is_left_to_the_person(tmp_path: Path, problem: Problem) -> None:
    path = tmp_path / "a.toml"
    path.write_text(GOOD)

    with pytest.raises(UsageError, match="editor"):
        correct(str(path), problem)


def test_a_file_that_has_changed_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(GOOD.replace("concurrency =", "concurency ="))
    found = correct(str(path), load(str(path)).problems[0])
    path.write_text(f"# a line more\n{path.read_text()}")
    before = path.read_text()

    with pytest.raises(CannotWrite, match="has changed meanwhile"):
        write_correction(found)
    assert path.read_text() == before
    with pytest.raises(CannotWrite, match="cannot write"):
        write_correction(msgspec.structs.replace(found, path=os.path.join(found.path, "no")))


def test_a_preset_that_comes_with_qtui_is_not_changed_in_place() -> None:
    with pytest.raises(UsageError, match="comes with qtui"):
        correct("backpressure", Problem("a", "b", 1, "a", "", "c"))
