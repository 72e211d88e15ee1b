"""How long a test waits for what must happen."""

PATIENCE_S = 30.0
"""Seconds. Nothing that comes is ever this late, however busy the machine is, and only what fails costs them."""
