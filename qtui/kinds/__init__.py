"""What a job does: the registry of kinds. Importing it, and their tables, loads no client library."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from qtui.core.seams import Kind
from qtui.core.tables import Table
from qtui.kinds.context import KindContext


def _never(kind: Kind) -> bool:
    return False


class KindEntry(NamedTuple):
    """One kind; all are functions, so that a kind costs nothing until it is used."""

    table: Callable[[], type[Table]]
    """Gives the Struct of its options, the table of the preset named like the kind."""
    make: Callable[[Table, KindContext], Kind]
    """Makes the kind. Raises PresetError when the options cannot work together or need what is not there."""
    blocks: Callable[[Kind], bool] = _never
    """Whether jobs of this kind would hold up a loop that they run on: they are better run in processes of their own.

    Raises PresetError as `make` does.
    """


def _simulate_table() -> type[Table]:
    from qtui.kinds.simulate import SimulateTable

    return SimulateTable


def _simulate(table: Table, context: KindContext) -> Kind:
    from qtui.kinds.simulate import SimulateKind, SimulateTable

    assert isinstance(table, SimulateTable)
    return SimulateKind(table, context)


def _http_table() -> type[Table]:
    from qtui.kinds.http.options import HttpTable

    return HttpTable


def _http(table: Table, context: KindContext) -> Kind:
    from qtui.kinds.http.kind import HttpKind
    from qtui.kinds.http.options import HttpTable

    assert isinstance(table, HttpTable)
    return HttpKind(table, context)


def _python_table() -> type[Table]:
    from qtui.kinds.python.options import PythonTable

    return PythonTable


def _python(table: Table, context: KindContext) -> Kind:
    from qtui.kinds.python.kind import PythonKind
    from qtui.kinds.python.options import PythonTable

    assert isinstance(table, PythonTable)
    return PythonKind(table, context)


def _python_blocks(kind: Kind) -> bool:
    from qtui.kinds.python.kind import PythonKind

    assert isinstance(kind, PythonKind)
    return kind.blocks()


def _shell_table() -> type[Table]:
    from qtui.kinds.shell.options import ShellTable

    return ShellTable


def _shell(table: Table, context: KindContext) -> Kind:
    from qtui.kinds.shell.kind import ShellKind
    from qtui.kinds.shell.options import ShellTable

    assert isinstance(table, ShellTable)
    return ShellKind(table, context)


KINDS: dict[str, KindEntry] = {
    "http": KindEntry(_http_table, _http),
    "python": KindEntry(_python_table, _python, _python_blocks),
    "shell": KindEntry(_shell_table, _shell),
    "simulate": KindEntry(_simulate_table, _simulate),
}
"""By the preset's `job.kind`."""

__all__ = ["KINDS", "KindContext", "KindEntry"]
