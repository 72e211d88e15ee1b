"""The program as its users start it, with a state directory of its own; no engine survives a test."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SIMULATED = """
[preset]
name = "sim"
[[source]]
kind = "range"
stop = {jobs}
[queue]
capacity = 8
[workers]
concurrency = 4
[job]
kind = "simulate"
name = "job {{n}}"
[job.simulate]
latency = "{latency}"
distribution = "constant"
fail = {fail}
retryable = 0.0
[results]
path = "{results}"
"""


class Program:
    """Runs `qtui` in a directory of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.started: list[subprocess.Popen[str]] = []
        self.env = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "QTUI_STATE": str(self.state),
            "XDG_RUNTIME_DIR": str(folder),
            "TERM": "xterm-256color",
        }

    def preset(self, *, jobs: int = 20, latency: str = "5ms", fail: float = 0.0, name: str = "sim.toml") -> str:
        path = self.folder / name
        path.write_text(SIMULATED.format(jobs=jobs, latency=latency, fail=fail, results=self.folder / "results.jsonl"))
        return str(path)

    def start(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "qtui", *words]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(command, cwd=self.folder, env=self.env, text=True, **pipes)  # type: ignore[call-overload]
        self.started.append(process)
        return process

    def run(self, *words: str, stdin: str = "", timeout: float = 30) -> subprocess.CompletedProcess[str]:
        command: Sequence[str] = [sys.executable, "-m", "qtui", *words]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.env,
            text=True,
            capture_output=True,
            input=stdin,
            timeout=timeout,
            check=False,
        )

    def results(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in (self.folder / "results.jsonl").read_text().splitlines()]

    def engines(self) -> list[int]:
        """Process ids of the engines that ever ran here."""
        return [json.loads(path.read_text())["pid"] for path in self.state.glob("*/run.json")]


@pytest.fixture
def qtui(tmp_path: Path) -> Iterator[Program]:
    program = Program(tmp_path)
    yield program
    for process in program.started:
        process.kill()
        process.communicate()
    for pid in program.engines():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
