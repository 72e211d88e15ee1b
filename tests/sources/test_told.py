"""What sources say about themselves before anything is read: what they touch, and whether looking executes nothing."""

from __future__ import annotations

import pytest

from qtui.core.capabilities import Capabilities
from qtui.core.tables import SourceTable
from qtui.sources import CommandSource, GlobSource, LinesSource, RangeSource, TailSource


@pytest.mark.parametrize(
    ("source", "harmless", "can"),
    [
        (RangeSource(stop=3), True, Capabilities()),
        (LinesSource(path="urls.txt"), True, Capabilities(reads=("urls.txt",))),
        (LinesSource(path="-"), True, Capabilities(reads=("standard input",))),
        (GlobSource(pattern="data/*.txt"), True, Capabilities(reads=("the names that match data/*.txt",))),
        (TailSource(path="app.log"), False, Capabilities(reads=("app.log",))),
        (CommandSource(command=["find", "."]), False, Capabilities(runs=("find",))),
    ],
    ids=lambda each: getattr(each, "kind", None),
)
def test_what_a_source_touches_and_whether_looking_is_harmless(
    source: SourceTable, harmless: bool, can: Capabilities
) -> None:
    assert (source.harmless, source.capabilities()) == (harmless, can)
