"""`qtui check`: plain words for a good preset, every problem of a bad one, and nothing is started."""

from __future__ import annotations

from tests.cli.conftest import Program


def test_a_bad_preset_is_told_on_stderr_with_the_spot_and_the_remedy(qtui: Program) -> None:
    bad = qtui.folder / "bad.toml"
    bad.write_text('[preset]\nname = "x"\n[workers]\nconcurency = 3\n[job]\nkind = "simulate"\n')
    done = qtui.run("check", str(bad))

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == f"{bad} cannot run: 2 problems; nothing was started"
    assert f"{bad}:4: workers.concurency: there is no such key" in done.stderr
    assert "       4 | concurency = 3\n         | ^^^^^^^^^^\n" in done.stderr
    assert "did you mean concurrency?" in done.stderr


def test_changes_of_the_command_line_are_checked_too(qtui: Program) -> None:
    done = qtui.run("check", qtui.preset(), "--set", "queue.capacity=0")

    assert done.returncode == 2
    assert "queue.capacity: this must be at least 1" in done.stderr
