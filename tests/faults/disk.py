"""Disks that are full, failing, slow or forbidden, and two engines on one run: what the suite does is all there is."""

from __future__ import annotations

from tests.faults.report import Report


def full(report: Report) -> None:
    """Each test is a case; those that cannot be tried here are told with their reason."""
    report.pytest("full, failing, slow disks", "tests/faults/test_disk.py")
    report.pytest("two engines at once", "tests/faults/test_lock.py")
