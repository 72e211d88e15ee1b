"""Going through everything again and again leaves nothing behind; `python -m tests.bench.bench_soak` does so longer."""

from __future__ import annotations

from tests.bench.bench_soak import soak

FEW = 8_000
"""Objects by which two rests may differ; the panels of the dialogs of two rounds, kept, were 18,000."""


async def test_what_was_opened_and_closed_is_not_kept() -> None:
    rests = [rest async for rest in soak(frames=4 * 77, between=1)]
    assert rests[-1].objects - rests[-3].objects < FEW, rests
