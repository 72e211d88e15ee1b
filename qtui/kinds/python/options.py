"""[job.python]: what a preset may say about the function that is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import msgspec

from qtui.core.capabilities import Capabilities
from qtui.core.imports import parts
from qtui.core.tables import Table, Text
from qtui.kinds.filling import compiled, written


class PythonTable(Table, frozen=True, kw_only=True):
    """[job.python]"""

    relative: ClassVar[tuple[str, ...]] = ("path",)

    example: ClassVar[str] = """
        preset = { description = "Call a function for every number, in processes of its own" }
        source = [{ kind = "range", stop = 20 }]
        workers = { concurrency = 2 }
        results = { path = "results.jsonl" }
        [job]
        name = "primes below {n} thousand"
        key = "{n}"
        timeout = "1m"
        python = { function = "qtui.demo.work:primes" }
    """

    function: Text
    """What is called for every job, as `module:function`; `module:Class.method` reaches further in.

    An async function runs on the engine's loop. A plain one runs in worker processes, unless `workers.executor` is
    `local`. A parameter called `progress` is given a function: `progress(0.5, "half of it")`.
    What it prints and logs is shown with its job while it runs, the end of it is kept.
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

    def capabilities(self) -> Capabilities:
        return Capabilities(imports=(parts(self.function)[0],))

    def describe(self, fill: Callable[[str], str]) -> str:
        told = msgspec.to_builtins(self.args or {})
        given = ", ".join(f"{name}={written(value, fill)}" for name, value in told.items())
        return f"{self.function}({given or ('' if self.args is not None else '…')})"
