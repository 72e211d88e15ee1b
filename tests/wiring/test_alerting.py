"""The command of `[alerts] on_alert`: what it is told, how long it may take, and that its trouble is said once."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from qtui.core.snapshot import AlertView
from qtui.core.tables import Alerts
from qtui.wiring.alerting import WAITING, OnAlert
from tests.patience import until
from tests.wiring.stage import PRESET, Stage


def alert(number: int = 1, text: str = "stalled: no job has ended for 1:00") -> AlertView:
    return AlertView(number, "stalled", "critical", text, 100.0)


def writes(path: Path, code: int = 0) -> list[str]:
    """A program that appends what it is told."""
    script = f"""
import os, sys
told = [os.environ[name] for name in ("QTUI_ALERT", "QTUI_ALERT_KIND", "QTUI_ALERT_SEVERITY", "QTUI_RUN")]
with open({str(path)!r}, "a") as file:
    file.write("|".join([*told, *sys.argv[1:]]) + "\\n")
sys.exit({code})
"""
    return [sys.executable, "-c", script, "$(id)", "; exit"]


async def test_the_command_is_told_by_its_environment_and_no_shell_reads_it(tmp_path: Path) -> None:
    out, said = tmp_path / "out", list[str]()
    hook = OnAlert(Alerts(on_alert=writes(out)), "scrape-1", "scrape", said.append)
    hook(alert(1))
    hook(alert(2, "new kind of failure: \x1b]0;x\x07`id`\0"))
    await until(lambda: out.exists() and out.read_text().count("\n") == 2)
    await hook.close()

    first, second = out.read_text().splitlines()
    assert first == "stalled: no job has ended for 1:00|stalled|critical|scrape-1|$(id)|; exit"
    assert second.startswith("new kind of failure: `id`␀|")
    assert said == []


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (["/no/such/program"], "on_alert: program cannot be run: No such file or directory"),
        ([sys.executable, "-c", "raise SystemExit(3)"], f"on_alert: {Path(sys.executable).name} ended with code 3"),
        (["nul\0"], "on_alert: nul␀ cannot be run: embedded null byte"),
    ],
)
async def test_a_command_that_fails_is_said_once(command: list[str], why: str) -> None:
    said: list[str] = []
    hook = OnAlert(Alerts(on_alert=command), "run", "run", said.append)
    for number in range(3):
        hook(alert(number))
    await until(lambda: bool(said) and hook._waiting.empty())
    await hook.close()
    assert said == [why]


async def test_a_command_that_takes_too_long_is_ended_with_what_it_has_started(tmp_path: Path) -> None:
    pid, said = tmp_path / "pid", list[str]()
    child = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    hook = OnAlert(Alerts(on_alert=[sys.executable, "-c", script], timeout=1.0), "run", "run", said.append)
    hook(alert())
    await until(lambda: bool(said))
    await hook.close()

    assert said == [f"on_alert: {Path(sys.executable).name} took longer than 1.0s and was ended"]
    if pid.exists():
        await until(lambda: not _lives(int(pid.read_text())))


async def test_alerts_that_come_faster_than_the_command_takes_are_bounded() -> None:
    said: list[str] = []
    hook = OnAlert(Alerts(on_alert=[sys.executable, "-c", "import time; time.sleep(60)"]), "run", "run", said.append)
    for number in range(WAITING + 5):
        hook(alert(number))
    assert said == [f"on_alert: {Path(sys.executable).name} is slower than the alerts come, {WAITING} wait for it"]
    await hook.close()


async def test_the_command_of_the_last_alert_may_end_when_the_run_is_over(tmp_path: Path) -> None:
    out = tmp_path / "out"
    script = f"import time; time.sleep(0.3); open({str(out)!r}, 'w').write('told')"
    hook = OnAlert(Alerts(on_alert=[sys.executable, "-c", script]), "run", "run", lambda said: None)
    hook(alert())
    await hook.close(10.0)

    assert out.read_text() == "told"


async def test_without_a_command_nothing_is_run() -> None:
    hook = OnAlert(Alerts(), "run", "run", lambda said: None)
    hook(alert())
    assert hook._task is None
    await hook.close()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return b"Z" not in Path(f"/proc/{pid}/stat").read_bytes().split(b")")[-1].split()[:1]
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_a_headless_run_that_fails_calls_the_command_and_the_log_keeps_it(stage: Stage) -> None:
    out = stage.folder / "out"
    script = f"import os; open({str(out)!r}, 'a').write(os.environ['QTUI_ALERT_KIND'] + '\\n')"
    text = PRESET.format(jobs=120, latency="50ms", fail=0.9)
    preset = stage.write("bad.toml", text + f"[alerts]\non_alert = {json.dumps([sys.executable, '-c', script])}\n")
    ended = stage.run("run", preset)

    assert ended.returncode == 1
    assert out.read_text() == "failing\n"
    assert "failing: " in ended.stderr


def test_a_headless_run_that_halts_and_is_stopped_at_once_calls_the_command(stage: Stage) -> None:
    out = stage.folder / "out"
    script = f"import os; open({str(out)!r}, 'a').write(os.environ['QTUI_ALERT'] + '\\n')"
    text = PRESET.format(jobs=50, latency="1ms", fail=1.0) + "[halt]\nconsecutive = 3\n"
    preset = stage.write("halts.toml", text + f"[alerts]\non_alert = {json.dumps([sys.executable, '-c', script])}\n")
    stage.run("run", preset)

    assert out.read_text() == "halted: 3 attempts in a row failed\n"
