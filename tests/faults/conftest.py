"""The stage of the wiring's tests serves the faults too; tests marked `long` are left to `python -m tests.faults`."""

import pytest

from tests.faults.report import LONG
from tests.wiring.conftest import stage

__all__ = ["stage"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselected, so that pytest tells how many; a test that is named on the command line runs all the same."""
    if LONG or any("::" in str(argument) for argument in config.args):
        return
    left = [item for item in items if item.get_closest_marker("long")]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]
