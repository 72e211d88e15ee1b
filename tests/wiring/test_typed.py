"""Without a screen, on a terminal: lines that are typed are commands, and enter says how far the run is."""

from __future__ import annotations

import re

from tests.wiring.stage import Stage


def test_a_run_in_lines_is_steered_by_typing(stage: Stage) -> None:
    with stage.open("run", "--plain", stage.preset(jobs=4000, fail=0.3), size=(110, 40)) as screen:
        screen.wait("Running: bench, 4 workers")
        screen.wait("enter alone says how far it is")
        screen.send("\n")
        screen.wait(re.compile(r"Running: [\d,]+ of 4,000 done.*\d\d:\d\d:\d\d"))
        screen.send("workers 12\n")
        screen.wait("Concurrency 4 → 12. ")
        screen.send("pause\n")
        screen.wait("Producers paused. ")
        screen.send("wrokers 3\n")
        screen.wait("There is no command `wrokers`")
        screen.send("help\n")
        screen.wait("rate N/s|none")
        screen.send("stop\n")
        screen.wait("Stopped: ")
        assert screen.wait_exit() == 130
        assert screen.raw.decode().count("oncurrency 4 → 12") == 1, "told once"


def test_a_group_of_failures_is_retried_by_its_number(stage: Stage) -> None:
    with stage.open("run", "--plain", stage.preset(jobs=4000, fail=0.5), size=(110, 40)) as screen:
        group = re.compile(r"New failure: (\S+) ")
        title = group.search(screen.wait(group))
        assert title is not None
        screen.send(f"retry {title[1]}\n")
        screen.wait(re.compile("retr(y|ied|ies).*jobs?", re.IGNORECASE))
        screen.send("stop\n")
        screen.wait_exit()


def test_a_run_in_the_background_of_a_shell_is_not_stopped_for_reading(stage: Stage) -> None:
    preset = stage.preset(jobs=200, latency="10ms")
    with stage.shell(f'set -m; $QTUI run --plain {preset} & echo started; wait; echo "ended $?"') as screen:
        screen.wait("started")
        screen.send("pause\n")
        screen.wait("ended 0")
        assert "Producers paused" not in screen.text()
