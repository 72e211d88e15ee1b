"""The results file never loses a line, nor an older file."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path

import pytest

from qtui.errors import CannotWrite
from qtui.journal.results import ResultsFile


def test_lines_are_taken_only_when_their_end_is_committed(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    file = ResultsFile.fresh(path)
    file.offset = file.write([b"1\n", b"2\n"])
    assert file.write([b"3\n"]) == 6
    assert file.write([b"4\n"]) == 6
    assert path.read_bytes() == b"1\n2\n4\n"
    file.close()
    ResultsFile.resumed(path, file.offset).close()
    assert path.read_bytes() == b"1\n2\n"


def test_an_older_file_is_moved_to_the_first_free_number(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text("new")
    (tmp_path / "results.jsonl.1").write_text("older")
    (tmp_path / "results.jsonl.2").symlink_to("nowhere")
    file = ResultsFile.fresh(path)
    file.close()
    assert file.moved_to == tmp_path / "results.jsonl.3"
    assert [p.read_text() for p in (path, tmp_path / "results.jsonl.1", file.moved_to)] == ["", "older", "new"]


def test_an_empty_file_is_used_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.touch()
    file = ResultsFile.fresh(path)
    assert file.moved_to is None
    file.close()


def test_two_runs_never_write_one_file(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    file = ResultsFile.fresh(path)
    file.offset = file.write([b"1\n"])
    with pytest.raises(CannotWrite, match="another run is writing it"):
        ResultsFile.fresh(path)
    file.close()
    assert path.read_bytes() == b"1\n"


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("missing/results.jsonl", "the folder .*missing does not exist"),
        ("", "is a directory"),
        ("pipe", "it is not a file"),
        ("name\x1b]0;x\x07", "does not exist|not a file|directory"),
    ],
)
def test_a_place_that_takes_no_file_is_told_in_one_clear_sentence(tmp_path: Path, place: str, said: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "name\x1b]0;x\x07").mkdir()
    with pytest.raises(CannotWrite, match=said) as caught:
        ResultsFile.fresh(tmp_path / place)
    assert "\x1b" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_resumed_file_is_cut_at_the_committed_offset(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_bytes(b"1\n2\n3 torn")
    file = ResultsFile.resumed(path, 4)
    file.offset = file.write([b"3\n"])
    file.close()
    assert path.read_bytes() == b"1\n2\n3\n"


def test_a_resumed_file_that_has_shrunk_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_bytes(b"1\n")
    with pytest.raises(CannotWrite, match="holds 2 bytes, but 4 were written"):
        ResultsFile.resumed(path, 4)
    assert path.read_bytes() == b"1\n"


def test_a_write_that_fails_names_the_file(tmp_path: Path) -> None:
    """A person must know which disk is full: it may be another one than the journal's."""
    file = ResultsFile.fresh(tmp_path / "results.jsonl")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(OSError, match="large") as raised:
            file.write([b"x" * 200])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
        file.close()
    assert raised.value.filename == str(tmp_path / "results.jsonl")
