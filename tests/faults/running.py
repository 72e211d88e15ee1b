"""A real headless run under way, with its events."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from types import TracebackType

from tests.wiring.stage import Stage


class Running:
    """A `qtui run --json` under way; `end` gives its exit code and keeps its events."""

    def __init__(self, stage: Stage, preset: str, *words: str, descriptors: int = 1024, **env: str):
        self.stage = stage
        self.events: list[dict[str, object]] = []
        self.told = ""
        self.face = subprocess.Popen(
            [
                "sh",
                "-c",
                f'ulimit -n {descriptors} && exec "$@"',
                "sh",
                *stage.command("run", preset, "--json", *words),
            ],
            cwd=stage.folder,
            env={**os.environ, **stage.env, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,  # `communicate` would not find what `readline` had read ahead
        )

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.face.kill()
        self.face.communicate()

    def started(self) -> int:
        """Wait until the run has started; the engine's process id."""
        assert self.face.stdout is not None
        self.events.append(json.loads(self.face.stdout.readline()))
        return self.stage.record.pid

    def end(self, timeout: float = 60) -> int:
        out, told = self.face.communicate(timeout=timeout)
        self.told = told.decode()
        self.events += [json.loads(line) for line in out.splitlines()]
        return self.face.returncode

    def of(self, kind: str) -> list[dict[str, object]]:
        return [event for event in self.events if event["type"] == kind]


def rss_mb(pid: int) -> float:
    """Resident memory of a process in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
