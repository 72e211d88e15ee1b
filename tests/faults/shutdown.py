"""Every way to end a run, its screen and its terminal, those that mostly wait included."""

from __future__ import annotations

from tests.faults.report import Report


def full(report: Report) -> None:
    """All of the tests; they have no longer form."""
    for group in ("shutdown", "screen_faults", "engine_trouble"):
        report.pytest(group, f"tests/faults/test_{group}.py")
