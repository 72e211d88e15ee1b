"""Six known-bad variants of the product are each caught by the suite."""

from __future__ import annotations

import pytest

from tests.faults import tracing
from tests.faults.mutants import MUTANTS, verdict


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_fault_is_caught(name: str) -> None:
    if MUTANTS[name].traced:
        tracing.needed()
    assert not verdict(MUTANTS[name], planted=True)
