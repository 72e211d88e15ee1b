"""What the long forms of the fault tests share: their options, a progress line, and the table at the end."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).parents[2]
LONG = "QTUI_FAULTS_LONG" in os.environ
"""Tests that were started by `Report.pytest` leave nothing out."""
SHOWN_PROBLEMS = 5
"""Violations of one group that are spelled out in the table."""


class Options(msgspec.Struct, frozen=True):
    """How long the long forms are."""

    kills: int = 1_000
    """Kills at random moments."""
    states: int = 3_000
    """States of a disk after a power cut."""
    lives: int = 10_000
    """Runs that are simulated through several lives."""
    seed: int = msgspec.field(default_factory=lambda: random.randrange(10**6))


class Group(msgspec.Struct):
    """One row of the table."""

    cases: int = 0
    problems: list[str] = []
    skipped: str = ""
    """Why it could not be tried here, or empty."""
    note: str = ""
    """A figure worth showing, or empty."""
    seconds: float = 0.0


class Report:
    """Counts cases by group; a group is one kind of fault. The last group named is the one that takes time."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.groups: dict[str, Group] = {}
        self._lap = time.monotonic()
        self._line = sys.stderr.isatty()

    def case(self, group: str, problem: str = "") -> None:
        """One case was tried; `problem` is what was violated, or empty."""
        row = self._row(group)
        row.cases += 1
        if problem:
            row.problems.append(problem)
        self._progress(group)

    def attempt(self, group: str, check: Callable[[], Any], what: str = "") -> None:
        """One case: a failed assertion or error in `check` is its problem; `what` tells which case it was."""
        problem = ""
        try:
            check()
        except Exception as error:
            problem = f"{what}: {type(error).__name__}: {error}"
        self.case(group, problem)

    def skip(self, group: str, why: str) -> None:
        """The group cannot be tried here; told in the table, never silently passed."""
        self._row(group).skipped = why

    def note(self, group: str, text: str) -> None:
        """A figure for the table."""
        self._row(group).note = text

    def pytest(self, group: str, *selection: str) -> None:
        """Tests of the suite that have no longer form; each is a case, skips are told with their reasons."""
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs", "-vv", "--color=no", *selection]
        env = {**os.environ, "QTUI_FAULTS_LONG": "1"}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        for line in done.stdout.splitlines():
            test, _, outcome = line.partition(" ")
            if "::" not in test or not outcome:
                continue
            if outcome.startswith("PASSED"):
                self.case(group)
            elif outcome.startswith(("FAILED", "ERROR")):
                self.case(group, test)
            elif outcome.startswith("SKIPPED"):
                self.skip(f"{group}: {test.rpartition('::')[2]}", outcome)
        if done.returncode not in (0, 1) or not self._row(group).cases:
            self.case(group, f"pytest ended with {done.returncode}: {done.stderr[-500:] or done.stdout[-500:]}")

    def table(self) -> str:
        """All groups, their violations spelled out below."""
        width = max(map(len, self.groups), default=0)
        lines = []
        for name, row in self.groups.items():
            verdict = f"{len(row.problems)} VIOLATIONS" if row.problems else "ok"
            if row.skipped:
                verdict = f"SKIPPED: {row.skipped}"
            lines.append(
                f"{name:{width}}  {row.cases:>6,} cases  {row.seconds:>6.1f} s  {verdict}  {row.note}".rstrip()
            )
            lines += [f"{'':{width}}  ! {problem}" for problem in row.problems[:SHOWN_PROBLEMS]]
        return "\n".join(lines)

    @property
    def failed(self) -> bool:
        return any(row.problems for row in self.groups.values())

    def _row(self, group: str) -> Group:
        row = self.groups.setdefault(group, Group())
        now = time.monotonic()
        row.seconds += now - self._lap
        self._lap = now
        return row

    def _progress(self, group: str) -> None:
        row = self.groups[group]
        if self._line:
            bad = f", {len(row.problems)} violations" if row.problems else ""
            print(f"\r\x1b[K{group}: {row.cases:,} cases{bad}", end="", file=sys.stderr, flush=True)
        elif row.cases % 100 == 0:
            print(f"{group}: {row.cases:,} cases", file=sys.stderr, flush=True)
