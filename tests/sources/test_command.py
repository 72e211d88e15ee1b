"""The output of commands: read as it arrives, ended with its group, its failure told."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from qtui.errors import InputError
from qtui.sources import CommandSource
from tests.sources.reading import fields
from tests.wiring.stage import runs


def shell(script: str, tmp_path: Path, **told: str) -> CommandSource:
    return CommandSource(command=["sh", "-c", script], cwd=str(tmp_path), **told)  # type: ignore[arg-type]


def test_each_line_of_the_output_is_a_row(tmp_path: Path) -> None:
    source = shell("echo a; echo; echo b", tmp_path)
    assert source.check() == ""
    assert fields(source) == [{"line": "a", "n": 1}, {"line": "b", "n": 3}]
    assert fields(source, 1) == [{"line": "b", "n": 3}]


def test_the_output_is_read_as_a_file_of_its_format_would_be(tmp_path: Path) -> None:
    assert fields(shell("""echo '{"a": 1}'""", tmp_path, format="jsonl")) == [{"a": 1}]
    assert fields(shell("echo 'a;b'; sleep 0.4; echo '1;2'", tmp_path, format="csv")) == [{"a": "1", "b": "2"}]


def test_it_runs_in_its_folder_without_input_and_without_a_terminal(tmp_path: Path) -> None:
    assert [row["line"] for row in fields(shell("pwd; cat; echo $TERM", tmp_path))] == [str(tmp_path), "dumb"]


def test_an_exit_code_other_than_zero_is_an_error_at_the_end(tmp_path: Path) -> None:
    batches = shell("echo a; printf 'no\\033[31m luck\\n' >&2; exit 3", tmp_path).batches()
    assert [row.fields["line"] for row in next(batches)] == ["a"]
    with pytest.raises(InputError, match=r"ended with exit code 3: no luck$"):
        list(batches)


def test_a_command_that_is_killed_says_by_what(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="was ended by signal 9"):
        fields(shell("kill -9 $$", tmp_path))


def test_closing_ends_the_whole_group_of_a_command_that_ignores_it(tmp_path: Path) -> None:
    batches = shell("trap '' TERM; sleep 1000 & echo $! $$; while :; do sleep 1000; done", tmp_path).batches()
    pids = str(next(batches)[0].fields["line"]).split()
    batches.close()  # type: ignore[attr-defined]
    deadline = time.monotonic() + 5
    while [pid for pid in pids if runs(int(pid))]:  # a signal takes its time
        assert time.monotonic() < deadline


def test_a_silent_command_gives_its_reader_a_turn(tmp_path: Path) -> None:
    batches = shell("sleep 1000", tmp_path).batches()
    assert next(batches) == []
    batches.close()  # type: ignore[attr-defined]


def test_a_full_pipe_holds_the_command_back(tmp_path: Path) -> None:
    told = str(tmp_path / "n")
    program = f"import os\nfor n in range(100): open({told!r}, 'w').write(str(n)); os.write(1, b'x' * 9999 + b'\\n')"
    source = CommandSource(command=[sys.executable, "-c", program], cwd=str(tmp_path))
    batches = source.batches()
    next(batches)
    assert int((tmp_path / "n").read_text() or 0) < 50
    assert len(list(batches)) > 1


def test_a_command_that_does_not_exist_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    assert (
        CommandSource(command=["sleeep"], cwd=str(tmp_path)).check()
        == "there is no command sleeep; did you mean sleep?"
    )
    assert CommandSource(command=["./x"], cwd=str(tmp_path)).check() == f"{tmp_path}/./x does not exist"
    assert "not a folder" in CommandSource(command=["ls"], cwd=str(tmp_path / "no")).check()


def test_looking_runs_nothing(tmp_path: Path) -> None:
    source = shell("touch ran", tmp_path)
    assert (source.check(), source.fingerprint(), source.total(), source.count(lambda: False)) == ("", "", None, None)
    assert not source.repeatable
    assert os.listdir(tmp_path) == []
