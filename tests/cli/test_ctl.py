"""`qtui ctl`: every command on a real engine, its answers, its refusals, and what the journal keeps."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections.abc import Iterator

import pytest

from qtui.core.forms import FORMS
from tests.cli.conftest import Program
from tests.wiring.stage import ends


@pytest.fixture
def live(qtui: Program) -> str:
    """A run that lasts: its jobs take a while and fail."""
    words = ("--set", "retry.attempts=1", "--set", "source[0].name=feeds")
    started = qtui.run("run", qtui.preset(jobs=100_000, latency="100ms", fail=1.0), *words, "--detach")
    assert started.returncode == 0, started.stderr
    return started.stdout.strip()


def journaled(qtui: Program, run: str, kind: str) -> Iterator[dict[str, object]]:
    """What the journal says of the events of one kind, the newest first."""
    with sqlite3.connect(qtui.state / run / "journal.db") as db:
        for (data,) in db.execute("SELECT data FROM event WHERE kind = ? ORDER BY id DESC", (kind,)):
            yield json.loads(data)


def test_every_command_is_carried_out_or_refused_in_words(qtui: Program, live: str) -> None:
    said = [
        ("concurrency 3", 0, "concurrency 4 → 3"),
        ("capacity 32", 0, "bound 8 → 32"),
        ("rate 5/s", 0, "rate limit 5/s"),
        ("rate none", 0, "no rate limit"),
        ("undo", 0, "rate limit 5/s"),
        ("redo", 0, "no rate limit"),
        ("per-host 2", 0, "at most 2 attempts at once per host"),
        ("adaptive on", 0, "adaptive limit"),
        ("adaptive off", 0, "adaptive limit"),
        ("per-host none", 0, "no limit per host"),
        ("per-host-rate 2/s", 0, "rate limit 2/s per host"),
        ("per-host-rate none", 0, "no rate limit per host"),
        ("reset-host shop.example", 1, "shop.example is not left alone; no host is"),
        ("pause feeds", 0, "producer feeds paused"),
        ("pause", 1, "the producers are paused already"),
        ("resume 1", 0, "producer feeds resumed"),
        ("hold", 0, "workers held: nothing new starts"),
        ("release", 0, "workers released"),
        ("cancel 99999", 1, "job 99999 is not open"),
        ("retry 99999", 1, "there is no failed, held or cancelled job 99999"),
        ("retry --group 404 --limit 1", 0, "retry of 1 job of"),
        ("acknowledge nothing", 2, "no failure group matches"),
        ("set-aside --group nothing", 2, "no failure group matches"),
        ("retry --failed", 0, "failed job"),
        ("put-back 99", 1, "there is no such retry in this life of the run"),
        ("keep-running", 1, "the run is not draining"),
        ("drain", 0, "drain: finish what was accepted, then end"),
        ("keep-running", 0, "the run goes on"),
        ("stop", 0, "stop: running attempts are interrupted"),
    ]
    for words, code, text in said:
        done = qtui.run("ctl", live, *words.split())
        answer, silent = (done.stdout, done.stderr) if code == 0 else (done.stderr, done.stdout)

        assert (done.returncode, silent) == (code, ""), (words, done.stdout, done.stderr)
        assert text in answer, words
    assert {form.words.split()[0] for form in FORMS} == {words.split()[0] for words, _, _ in said}


def test_a_dry_run_says_what_it_would_do_and_changes_nothing(qtui: Program, live: str) -> None:
    would = qtui.run("ctl", live, "concurrency", "9", "--dry-run")

    assert (would.returncode, would.stdout) == (0, "would: concurrency 4 → 9\n")
    assert "concurrency 4 " in qtui.run("ctl", live, "status").stdout


def test_who_and_why_are_kept_in_the_journal(qtui: Program, live: str) -> None:
    qtui.env["LOGNAME"] = "anna"
    why = "the shop is\x1b[31m slow today"
    for words in ("concurrency 2", "pause", "capacity 9", "rate 7/s", "hold", "retry --failed", "drain", "stop"):
        assert qtui.run("ctl", live, *words.split(), "--reason", why).returncode == 0
    ends(qtui.engines()[0])
    kinds = ("concurrency", "paused", "capacity", "rate", "hold", "command", "drain", "stop")
    told = {kind: next(journaled(qtui, live, kind)) for kind in kinds}

    assert {(event["by"], event["reason"]) for event in told.values()} == {("anna via ctl", "the shop is slow today")}


def test_the_status_names_progress_bottleneck_and_the_values_in_force(qtui: Program, live: str) -> None:
    status = qtui.run("ctl", "sim", "status")

    assert status.returncode == 0
    assert status.stdout.startswith(f"{live}: running for 0:0")
    assert "of 100,000 done" in status.stdout
    assert "  concurrency 4 · capacity 8 · rate none" in status.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("{live}", "concurency", "3"), "there is no command `concurency`; did you mean concurrency?"),
        (("{live}", "statsu"), "did you mean status?"),
        (("{live}", "concurrency", "many"), "allowed is a whole number"),
        (("{live}", "hold", "--dryrun"), "`hold` takes no argument, but `--dryrun` follows"),
        (("{live}", "pause", "nobody"), "there is no producer `nobody`; there are 1 feeds"),
        (("{live}", "retry", "--group", "nothing like it"), "no failure group"),
        (("ghost", "pause"), "there is no run ghost"),
        (("../x", "pause"), "there is no run ../x"),
        (("{live}",), "Missing argument"),
    ],
)
def test_what_is_no_command_or_no_run_is_2_and_one_sentence(
    qtui: Program, live: str, words: tuple[str, ...], said: str
) -> None:
    done = qtui.run("ctl", *(word.format(live=live) for word in words))

    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_that_is_over_or_was_killed_is_not_live(qtui: Program, live: str) -> None:
    os.kill(qtui.engines()[0], signal.SIGKILL)
    killed = qtui.run("ctl", live, "pause")
    qtui.run("run", qtui.preset(jobs=2, latency="0s", name="over.toml"), "--set", "preset.name=over")
    over = qtui.run("ctl", "over", "pause")

    assert (killed.returncode, over.returncode) == (2, 2)
    assert f"run {live} is not live but crashed" in killed.stderr
    assert "is not live but finished" in over.stderr


def test_the_live_one_of_several_runs_of_a_preset_is_meant(qtui: Program, live: str) -> None:
    newer = qtui.run("run", qtui.preset(jobs=2, latency="0s"), "--fresh", "--set", "results.path=other.jsonl")
    assert newer.returncode == 0, newer.stderr

    assert qtui.run("ctl", "sim", "status").stdout.startswith(f"{live}:")


def test_an_engine_that_hangs_is_74_within_seconds(qtui: Program, live: str) -> None:
    (engine,) = qtui.engines()
    os.kill(engine, signal.SIGSTOP)
    try:
        done = qtui.run("ctl", live, "pause", timeout=15)
    finally:
        os.kill(engine, signal.SIGCONT)

    assert done.returncode == 74
    assert "the engine does not answer: it is stopped, or busy for more than 5 s" in done.stderr
    assert qtui.run("ctl", live, "pause").returncode == 0  # what was not answered was not done either
