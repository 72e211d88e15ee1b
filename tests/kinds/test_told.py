"""What the tables of kinds say about themselves: what a job would execute, and what a run may do to the world."""

from __future__ import annotations

import pytest

from qtui.core.capabilities import Capabilities
from qtui.core.tables import Table
from qtui.core.template import Template
from qtui.kinds import KINDS
from qtui.kinds.python.options import PythonTable
from qtui.kinds.shell.options import ShellTable


def fill(text: str) -> str:
    return Template(text).fill({"n": 3, "line": "a b"}, lookup=lambda name: "•••")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (ShellTable(command=["gzip", "-k", "{line}"]), "gzip -k 'a b'"),
        (ShellTable(command='gzip "$QTUI_line"', shell=True), "/bin/sh -c 'gzip \"$QTUI_line\"'"),
        (PythonTable(function="work:crunch"), "work:crunch(…)"),
        (PythonTable(function="work:crunch", args={}), "work:crunch()"),
        (
            PythonTable(function="work:crunch", args={"a": ["{n}", 1.5], "key": "{secret:env:KEY}"}),
            'work:crunch(a=["3",1.5], key="•••")',
        ),
    ],
)
def test_what_a_job_would_execute_is_one_line(table: Table, said: str) -> None:
    assert table.describe(fill) == said


@pytest.mark.parametrize(
    ("table", "can"),
    [
        (ShellTable(command=["gzip", "{line}"]), Capabilities(runs=("gzip",))),
        (ShellTable(command=["{line}"]), Capabilities(runs=("the programs that {line} names",))),
        (
            ShellTable(command="date", shell=True, output="logs/{n}.txt"),
            Capabilities(runs=("/bin/sh",), writes=("logs/{n}.txt",)),
        ),
        (PythonTable(function="work.jobs:Crunch.run"), Capabilities(imports=("work.jobs",))),
    ],
)
def test_what_a_run_may_do_is_read_from_the_table(table: Table, can: Capabilities) -> None:
    assert table.capabilities() == can


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_an_example_to_begin_with(kind: str) -> None:
    assert KINDS[kind].table().example
