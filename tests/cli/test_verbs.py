"""Exit codes, stdout for results, stderr for the rest, and the ladder of Ctrl-C, on the real program."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
from typing import IO

import pytest

from tests.cli.conftest import Program


def until(stream: IO[str], text: str) -> str:
    """Read lines until one holds `text`."""
    for line in stream:
        if text in line:
            return line
    raise AssertionError(f"the program ended without saying {text!r}")


def test_a_run_that_does_everything_ends_with_0_and_writes_its_results(qtui: Program) -> None:
    done = qtui.run("run", qtui.preset(jobs=20))

    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "20 done" in done.stderr
    assert sorted(row["n"] for row in qtui.results()) == list(range(1, 21))


def test_failed_jobs_make_it_1_and_are_told(qtui: Program) -> None:
    done = qtui.run("run", qtui.preset(fail=1.0), "--set", "retry.attempts=1")

    assert done.returncode == 1
    assert "20 failed" in done.stderr
    assert "HTTP 404" in done.stderr


def test_every_event_is_a_json_line(qtui: Program) -> None:
    done = qtui.run("run", qtui.preset(jobs=5), "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]

    assert (events[0]["type"], events[-1]["type"]) == ("run-started", "run-ended")
    assert sum(event["type"] == "ended" for event in events) == 5


def test_a_bad_preset_is_2_with_every_problem_and_nothing_is_started(qtui: Program) -> None:
    bad = qtui.folder / "bad.toml"
    bad.write_text('[preset]\nname = "x"\n[queue]\ncapacity = 0\n[job]\nkind = "htp"\n')
    done = qtui.run("run", str(bad))

    assert done.returncode == 2
    assert "3 problems; nothing was started" in done.stderr
    assert f"{bad}:4: queue.capacity" in done.stderr
    assert "did you mean http?" in done.stderr
    assert not list(qtui.state.glob("*"))


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("run", "nowhere.toml"), 2, "there is no preset nowhere.toml"),
        (("run", "{preset}", "--input", "missing.txt"), 2, "missing.txt"),
        (("run", "{preset}", "--set", "results.path=/nowhere/r.jsonl"), 74, "/nowhere"),
        (("run", "{preset}", "--set", "workers.concurrency=many"), 2, "workers.concurrency"),
        (("run", "{preset}", "--set", "nonsense"), 2, "KEY=VALUE"),
        (("open", "{preset}"), 2, "needs a terminal"),
        (("attach",), 2, "no run is live"),
        (("results", "ghost"), 2, "there is no run ghost"),
        (("run",), 2, "Missing argument"),
        (("frobnicate.toml",), 2, "terminal"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    qtui: Program, words: tuple[str, ...], code: int, said: str
) -> None:
    preset = qtui.preset()
    done = qtui.run(*(word.format(preset=preset) for word in words))

    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_input_replaces_the_sources(qtui: Program) -> None:
    (qtui.folder / "urls.txt").write_text("one\ntwo\n\nthree\n")
    done = qtui.run("run", qtui.preset(), "--input", "urls.txt", "--set", 'job.name="{line}"', "--json")
    names = {json.loads(line)["job"]["name"] for line in done.stdout.splitlines() if '"accepted"' in line}

    assert names == {"one", "two", "three"}


def test_standard_input_is_a_source(qtui: Program) -> None:
    done = qtui.run("run", qtui.preset(), "--input", "-", stdin="a\nb\n")

    assert done.returncode == 0, done.stderr
    assert "2 done" in done.stderr


def test_a_line_that_is_not_utf8_fails_its_job_and_not_the_run(qtui: Program) -> None:
    (qtui.folder / "urls.txt").write_bytes(b"good\n\xff\xfe\x80bad\nfine\n")
    done = qtui.run("run", qtui.preset(), "--input", "urls.txt")

    assert done.returncode == 1
    assert "2 done · 1 failed" in done.stderr
    assert "urls.txt" in done.stderr


def test_results_come_from_the_journal_in_both_orders_and_formats(qtui: Program) -> None:
    qtui.run("run", qtui.preset(jobs=12))
    lines = qtui.run("results", "--order", "submission").stdout.splitlines()
    table = list(csv.DictReader(io.StringIO(qtui.run("results", "sim", "--format", "csv").stdout)))

    assert [json.loads(line)["n"] for line in lines] == list(range(1, 13))
    assert sorted(int(row["n"]) for row in table) == list(range(1, 13))


def test_failed_jobs_can_be_listed(qtui: Program) -> None:
    qtui.run("run", qtui.preset(jobs=3, fail=1.0), "--set", "retry.attempts=1")
    rows = [json.loads(line) for line in qtui.run("results", "--failed").stdout.splitlines()]

    assert len(rows) == 3
    assert {row["code"] for row in rows} == {"http:404"}


def test_an_older_results_file_is_kept(qtui: Program) -> None:
    preset = qtui.preset(jobs=3)
    (qtui.folder / "results.jsonl").write_text('{"mine": true}\n')
    done = qtui.run("run", preset)

    assert done.returncode == 0
    assert (qtui.folder / "results.jsonl.1").read_text() == '{"mine": true}\n'
    assert "kept as results.jsonl.1" in done.stderr
    assert len(qtui.results()) == 3


def test_ls_names_runs_and_their_ends(qtui: Program) -> None:
    assert "no runs yet" in qtui.run("ls").stdout
    qtui.run("run", qtui.preset())
    listed = qtui.run("ls").stdout.splitlines()

    assert len(listed) == 2
    assert "finished" in listed[1]


def test_check_starts_nothing(qtui: Program) -> None:
    done = qtui.run("check", qtui.preset(jobs=7))

    assert done.returncode == 0
    assert "7 jobs in all; nothing was started" in done.stdout
    assert not qtui.state.exists()


def test_ctrl_c_drains(qtui: Program) -> None:
    run = qtui.start("run", qtui.preset(jobs=10_000, latency="50ms"))
    assert run.stderr is not None
    until(run.stderr, "Backpressure")
    run.send_signal(signal.SIGINT)
    until(run.stderr, "draining")
    rest = run.stderr.read()

    assert run.wait(20) == 130
    assert "stopped" in rest
    assert "left" in rest


def test_ctrl_c_twice_interrupts_and_three_times_kills(qtui: Program) -> None:
    run = qtui.start("run", qtui.preset(jobs=10_000, latency="300s"), "--set", "job.timeout=0")
    assert run.stderr is not None
    until(run.stderr, "Backpressure")
    run.send_signal(signal.SIGINT)
    until(run.stderr, "draining")
    for _ in range(50):
        run.send_signal(signal.SIGINT)
        try:
            run.wait(0.2)
            break
        except subprocess.TimeoutExpired:
            continue

    assert run.returncode == 130


def test_sigterm_is_handed_on_and_ends_with_143(qtui: Program) -> None:
    run = qtui.start("run", qtui.preset(jobs=10_000, latency="300s"), "--stop-timeout", "0.2", "--set", "job.timeout=0")
    assert run.stderr is not None
    until(run.stderr, "Backpressure")
    run.send_signal(signal.SIGTERM)

    assert run.wait(20) == 143


def test_a_detached_run_goes_on_and_is_listed_as_running(qtui: Program) -> None:
    done = qtui.run("run", qtui.preset(jobs=10_000, latency="1s"), "--detach")
    run_id = done.stdout.strip()

    assert done.returncode == 0
    assert f"qtui attach {run_id}" in done.stderr
    assert "running" in qtui.run("ls").stdout.splitlines()[1]


def test_a_killed_engine_is_one_clear_sentence(qtui: Program) -> None:
    run = qtui.start("run", qtui.preset(jobs=10_000, latency="1s"))
    assert run.stderr is not None
    until(run.stderr, "Backpressure")
    os.kill(qtui.engines()[0], signal.SIGKILL)
    said = run.stderr.read()

    assert run.wait(10) == 70
    assert "the engine is gone" in said
    assert "Traceback" not in said
    assert "crashed" in qtui.run("ls").stdout


@pytest.mark.parametrize("verb", ["run", "open", "results", "ls", "check", "attach", "demo-site"])
def test_every_verb_has_help(qtui: Program, verb: str) -> None:
    done = qtui.run(verb, "--help")

    assert done.returncode == 0
    assert "Usage: qtui" in done.stdout


def test_the_embedded_shop_can_be_served_alone(qtui: Program) -> None:
    site = qtui.start("demo-site", "--calm")
    assert site.stdout is not None
    assert until(site.stdout, "http://127.0.0.1:")
    site.send_signal(signal.SIGINT)

    assert site.wait(10) == 0
