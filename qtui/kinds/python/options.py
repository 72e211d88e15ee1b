"""[job.python]: what a preset may say about the function that is called."""

from __future__ import annotations

from typing import Any, ClassVar

from qtui.core.imports import parts
from qtui.core.tables import Table, Text
from qtui.kinds.filling import compiled


class PythonTable(Table, frozen=True, kw_only=True):
    """[job.python]"""

    relative: ClassVar[tuple[str, ...]] = ("path",)

    function: Text
    """What is called for every job, as `module:function`; `module:Class.method` reaches further in.

    An async function runs on the engine's loop. A plain one runs in worker processes, unless `workers.executor` is
    `local`. A parameter called `progress` is given a function: `progress(0.5, "half of it")`.
    """
    args: dict[str, Any] | None = None
    """Arguments by name; their texts are templates, and a text that is exactly one field keeps the field's type.

    Without it the function gets the fields of its row that it has parameters for, by name; a function with a single
    parameter that no field is called like gets the whole row.
    """
    path: str = ""
    """A folder to look for the module in, relative to the preset's, e.g. `.`; only what is installed when empty."""

    def __post_init__(self) -> None:
        parts(self.function)
        compiled(self.args)
