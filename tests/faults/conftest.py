"""The stage of the wiring's tests serves the faults too."""

from tests.wiring.conftest import stage

__all__ = ["stage"]
