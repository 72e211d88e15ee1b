"""Commands out of templates and rows: arguments, environment, directory and standard input, or why there is none."""

from __future__ import annotations

import os
import re
import shutil
from difflib import get_close_matches
from typing import NamedTuple

import msgspec

from qtui.core.job import Job, Value
from qtui.core.template import Template, as_text
from qtui.errors import PresetError
from qtui.kinds.context import KindContext
from qtui.kinds.secrets import look_up_all
from qtui.kinds.shell.options import SHELL, ShellTable
from qtui.text import clean

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class BadCommand(ValueError):
    """A row from which no command can be made; the message is one sentence."""


class Command(NamedTuple):
    arguments: list[str]
    program: str
    """What is executed: found on the PATH already where it does not depend on the row."""
    environment: dict[str, str]
    directory: str
    stdin: bytes | None


class Commands:
    """Makes commands; whatever does not depend on the row is made once."""

    def __init__(self, table: ShellTable, context: KindContext, mark: str) -> None:
        """`mark` is put into every environment, so that a process can be known by it.

        Raises:
            PresetError: when the environment lacks a variable, or there is no such program.
        """
        texts = [*table.arguments, table.stdin or "", table.cwd, *table.env.values()]
        self.secrets, problems = look_up_all(texts, context)
        if problems:
            raise PresetError("; ".join(problems))
        self._context, self._mark = context, mark
        self._shell = table.command if isinstance(table.command, str) else ""
        self._arguments = [Template(text) for text in table.arguments]
        self._options_end = table.arguments.index("--") if "--" in table.arguments else len(table.arguments)
        self._stdin = None if table.stdin is None else Template(table.stdin)
        self._cwd = Template(table.cwd)
        self._env = {name: Template(text) for name, text in table.env.items()}
        hidden = {name for template in self._env.values() for name in template.secret_names}
        self._base = {name: value for name, value in context.environ.items() if name not in hidden}
        self._base |= {"TERM": "dumb", "QTUI_RUN": context.run_id}
        self._program = SHELL if table.shell else self._found()

    def make(self, job: Job) -> Command:
        """The command for a job. Raises BadCommand, TemplateError."""
        if self._shell:
            arguments = [SHELL, "-c", self._shell, "sh"]
        else:
            arguments = [self._argument(index, template, job) for index, template in enumerate(self._arguments)]
        environment = self._environment(job)
        directory = os.path.join(self._context.directory, os.path.expanduser(self._fill(self._cwd, job)))
        if any("\0" in text for text in (*arguments, directory, *environment.values())):
            raise BadCommand("a value has a NUL character; no command can be given one")
        stdin = None if self._stdin is None else self._fill(self._stdin, job).encode(errors="surrogateescape")
        return Command(arguments, self._program or arguments[0], environment, directory, stdin)

    @property
    def told(self) -> list[str]:
        """Variables that the preset or the row puts into the environment, besides what every command gets."""
        shell = re.findall(r"QTUI_[A-Za-z0-9_]+", self._shell)
        return [*self._env, *dict.fromkeys(shell)]

    def _fill(self, template: Template, job: Job) -> str:
        return template.fill(job.row, self._context.fields, lookup=self._context.look_up)

    def _argument(self, index: int, template: Template, job: Job) -> str:
        value = self._fill(template, job)
        begins_with_field = template.text.startswith("{") and not template.text.startswith("{{")
        if value.startswith("-") and begins_with_field and index <= self._options_end:
            raise BadCommand(
                f'argument {index} would be "{clean(value, 60)}", which a program takes for an option; '
                f'put "--" before it in command'
            )
        return value

    def _environment(self, job: Job) -> dict[str, str]:
        environment = dict(self._base)
        if self._shell:
            for fields in (self._context.fields, job.row):
                environment |= {f"QTUI_{name}": _told(value) for name, value in fields.items() if _NAME.fullmatch(name)}
        environment |= {name: self._fill(template, job) for name, template in self._env.items()}
        environment["QTUI_JOB_KEY"] = job.key
        environment["QTUI_ATTEMPT"] = str(job.attempt)
        environment["QTUI_RUN"] = self._context.run_id
        environment["QTUI_MARK"] = f"{self._mark}/{job.seq}/{job.attempt}"
        return environment

    def _found(self) -> str:
        """The program's path where the preset alone says it; empty where rows do."""
        first = self._arguments[0]
        if first.fields - self._context.fields.keys():
            return ""
        name = os.path.expanduser(first.fill(self._context.fields, lookup=self._context.look_up))
        path = self._base.get("PATH", os.defpath)
        if "PATH" in self._env and not self._env["PATH"].fields:
            path = self._env["PATH"].fill(lookup=self._context.look_up)
        if "/" in name:
            if self._cwd.fields and not os.path.isabs(name):
                return ""
            directory = "" if self._cwd.fields else self._cwd.fill(self._context.fields, lookup=self._context.look_up)
            name = os.path.join(self._context.directory, os.path.expanduser(directory), name)
        program = shutil.which(name, path=path)
        if program is None:
            raise PresetError(f"job.shell.command: {_missing(name, path)}")
        return os.path.abspath(program)


def _told(value: Value) -> str:
    return msgspec.json.encode(value).decode() if isinstance(value, list | dict) else as_text(value)


def _missing(name: str, path: str) -> str:
    if "/" in name:
        what = "may not be executed" if os.path.exists(name) else "does not exist"
        return f"{clean(name, 200)} {what}"
    there: set[str] = set()
    for directory in path.split(os.pathsep):
        try:
            there.update(os.listdir(directory or "."))
        except OSError:
            continue
    near = get_close_matches(name, there, 1, 0.7)
    return f"there is no program {clean(name, 100)} on the PATH" + (f"; did you mean {clean(near[0])}?" if near else "")
