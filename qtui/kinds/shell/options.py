"""[job.shell]: the command, what it is given, and what counts as success."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from typing import Annotated, ClassVar

import msgspec

from qtui.core.capabilities import Capabilities
from qtui.core.tables import Table
from qtui.core.template import Template, TemplateError
from qtui.core.units import Duration, Size
from qtui.kinds.filling import check_file
from qtui.text import clean

VariableName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=200)]
ExitStatus = Annotated[int, msgspec.Meta(ge=0, le=255)]

MAX_GRACE_S = 4.5
"""The engine goes on without an attempt that has not ended 5 s after it was told to."""
SHELL = "/bin/sh"
_FIELD_IN_SHELL = re.compile(r"(?<!\$)\{((?:secret:)?(?:env:)?[A-Za-z_][A-Za-z0-9_.-]*)\}")


class ShellTable(Table, frozen=True, kw_only=True):
    """[job.shell]; texts are templates."""

    operational: ClassVar[frozenset[str]] = frozenset({"grace", "tail", "max_output"})

    example: ClassVar[str] = """
        preset = { description = "Run a command for every number and keep what it says" }
        source = [{ kind = "range", stop = 20 }]
        workers = { concurrency = 4 }
        results = { path = "results.jsonl" }
        [job]
        name = "number {n}"
        key = "{n}"
        timeout = "10s"
        shell = { command = ["echo", "hello from number {n}"] }
    """

    command: list[str] | str
    """A list, the program and its arguments, each a template; no shell reads it. One text only with `shell = true`."""
    shell: bool = False
    """Have /bin/sh run `command`; the row's fields reach it only as variables, such as "$QTUI_line"."""
    stdin: str | None = None
    """What the command reads from its standard input; nothing when absent."""
    cwd: str = ""
    """The directory the command runs in, relative to where qtui was started."""
    env: dict[VariableName, str] = msgspec.field(default_factory=dict)
    """Variables besides the inherited ones. The only place where {secret:env:NAME} may be used."""
    expect: Annotated[list[ExitStatus], msgspec.Meta(min_length=1)] = msgspec.field(default_factory=lambda: [0])
    """Exit codes that count as success; any other fails as exit:N."""
    merge: bool = False
    """Take standard error for standard output, in the order written."""
    tail: Annotated[Size, msgspec.Meta(ge=1)] = 64 * 2**10
    """How much of the end of each output is kept in memory while the command runs."""
    output: str = ""
    """Where the whole output is written as it comes, e.g. `logs/{n}.txt`; only the last part may have fields.

    Secrets of `env` are masked in it, as everywhere.
    """
    max_output: Size = 100 * 2**20
    """The longest such file; what follows is left out and the file says so."""
    grace: Duration = 4.0
    """How long a command that is to end has between TERM and KILL; 4.5 s at most."""

    def __post_init__(self) -> None:
        """Raises ValueError with one sentence."""
        self._check_command()
        for where, text, secrets_allowed in self._templates():
            try:
                template = Template(text)
            except TemplateError as error:
                raise ValueError(f"{where}: {error}") from None
            if template.secret_names and not secrets_allowed:
                raise ValueError(f"{where} uses a secret; secrets may be used in env only")
            if "\0" in text:
                raise ValueError(f"{where} has a NUL character; no command can be given one")
        if self.grace > MAX_GRACE_S:
            raise ValueError(f"grace is at most {MAX_GRACE_S:g}s: the engine waits 5 s for an attempt that is to end")
        if self.output:
            check_file("output", self.output)

    def capabilities(self) -> Capabilities:
        program = SHELL if isinstance(self.command, str) else self.command[0]
        return Capabilities(
            runs=(program if Template(program).constant else f"the programs that {program} names",),
            writes=(self.output,) if self.output else (),
        )

    def describe(self, fill: Callable[[str], str]) -> str:
        if isinstance(self.command, str):
            return shlex.join([SHELL, "-c", self.command])
        return shlex.join(map(fill, self.command))

    @property
    def arguments(self) -> list[str]:
        """The argument templates; none where a shell reads the command."""
        return [] if isinstance(self.command, str) else self.command

    def _check_command(self) -> None:
        if isinstance(self.command, list):
            if self.shell:
                raise ValueError("with shell = true, command is one text")
            if not self.command or not self.command[0]:
                raise ValueError("command is empty; its first entry is the program")
            return
        if not self.shell:
            raise ValueError('command must be a list such as ["gzip", "{line}"]; one text needs shell = true')
        if not self.command.strip() or "\0" in self.command:
            raise ValueError("command is empty or has a NUL character")
        if field := _FIELD_IN_SHELL.search(self.command):
            name = field[1].rpartition(":")[2]
            instead = f'"${name}", and put secrets into env' if ":" in field[1] else f'"$QTUI_{name}"'
            raise ValueError(
                f"command has {field[0]}: nothing is put into what a shell reads; write {instead} "
                f"(for braces of the shell's own put a space after {{)"
            )

    def _templates(self) -> Iterator[tuple[str, str, bool]]:
        yield from ((f"command[{index}]", text, False) for index, text in enumerate(self.arguments))
        yield "stdin", self.stdin or "", False
        yield "cwd", self.cwd, False
        yield "output", self.output, False
        yield from ((f"env.{clean(name, 40)}", text, True) for name, text in self.env.items())
