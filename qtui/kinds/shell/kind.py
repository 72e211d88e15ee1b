"""The shell kind: one command per attempt; its exit status and the end of its output are the result."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
from typing import final

from qtui.core.job import Done, Failed, Job, LastWords, Value
from qtui.core.template import TemplateError
from qtui.kinds.context import KindContext
from qtui.kinds.plain import PlainKind
from qtui.kinds.save import Part, Saver
from qtui.kinds.secrets import Redactor
from qtui.kinds.shell.command import BadCommand, Command, Commands
from qtui.kinds.shell.family import Family
from qtui.kinds.shell.options import ShellTable
from qtui.kinds.shell.output import Output, progress
from qtui.kinds.shell.process import Process
from qtui.kinds.shell.reproduce import line
from qtui.text import clean, seconds

_SHOWN = 4_096
"""Bytes of the end of an output that go into results and failures."""
_LINE = 2_000
"""Longer lines are shown by their end, as the whole output is."""
_LACKS = frozenset({errno.EMFILE, errno.ENFILE})


@final
class ShellKind(PlainKind):
    """Runs commands; nothing is shared by them but the guardian that ends them with the engine."""

    def __init__(self, table: ShellTable, context: KindContext) -> None:
        """Raises PresetError when there is no such program, or the environment lacks what the table uses."""
        self._table, self._context = table, context
        self._family = Family()
        self._commands = Commands(table, context, self._family.token)
        self._redactor = Redactor(self._commands.secrets)
        self._saver = Saver(table.output, context.directory, context.fields) if table.output else None
        self._expected = frozenset(table.expect)
        self._writing: dict[int, tuple[Output, Output | None]] = {}
        """The outputs of the attempts that run, by job."""

    async def open(self, concurrency: int) -> None:
        """Raises CannotWrite when the directory of `output` cannot be made."""
        if self._saver is not None:
            self._saver.open()
        self._family.open()

    def reproduce(self, job: Job) -> str:
        """The command as a person types it, secrets masked; empty where it cannot be made."""
        try:
            return line(self._commands.make(job), self._commands.told, self._redactor.text)
        except (TemplateError, BadCommand, UnicodeError):
            return ""

    def said(self, seq: int) -> str:
        """The last that the command of a running attempt has written: its errors below its output."""
        outputs = self._writing.get(seq, ())
        return "\n".join(text for output in outputs if output is not None and (text := self._text(output)))

    async def close(self) -> None:
        """End what still runs."""
        self._family.close()
        if self._saver is not None:
            self._saver.close()

    async def run(self, job: Job) -> Done | Failed:
        """One attempt.

        Raises:
            OSError: EMFILE or ENFILE when this machine has no file descriptors left; the attempt was no try.
        """
        try:
            command = self._commands.make(job)
            file = self._saver.begin(job, self._table.max_output) if self._saver is not None else None
        except (TemplateError, BadCommand, UnicodeError) as error:
            return Failed("input", self._redactor.line(str(error)), permanent=True)
        except OSError as error:
            return _cannot("write the output", error)
        try:
            return await self._carry_out(job, command, file)
        finally:
            if file is not None:
                file.discard()

    async def _carry_out(self, job: Job, command: Command, file: Part | None) -> Done | Failed:
        table = self._table
        out = Output(table.tail, file, self._redactor.stream())
        err = None if table.merge else Output(table.tail, file, self._redactor.stream())
        begun = self._context.clock()
        try:
            process = Process(command, (out, err), self._family, lambda: self._tell(job.seq, out, err))
        except UnicodeError as error:
            return Failed("input", f"the command cannot be written as bytes: {clean(error)}", permanent=True)
        except OSError as error:
            if error.errno == errno.E2BIG:
                return Failed("input", "the command and its environment are too long for this system", permanent=True)
            what = command.directory if error.filename == command.directory else command.arguments[0]
            return _cannot(f"start {self._redactor.line(what, 100)}", error)
        self._writing[job.seq] = (out, err)
        try:
            status = await process.wait(table.grace)
        except asyncio.CancelledError:
            if detail := self._detail(out, err):
                raise asyncio.CancelledError(LastWords(detail)) from None
            raise
        finally:
            self._writing.pop(job.seq, None)
        took = self._context.clock() - begun
        if status not in self._expected:
            return self._failed(status, out, err)
        for output in (out, err):
            if output is not None and output.problem is not None:
                return _cannot("write the output", output.problem)
        return self._done(status, took, out, err, file)

    def _done(self, status: int, took: float, out: Output, err: Output | None, file: Part | None) -> Done | Failed:
        said = self._text(out)
        value: dict[str, Value] = {"exit": status, "stdout": said, "took_s": round(took, 3)}
        if err is not None and (complained := self._text(err)):
            value["stderr"] = complained
        if file is not None:
            try:
                file.keep()
            except OSError as error:
                return _cannot("write the output", error)
            value["path"] = file.path
        last = clean(said.rpartition("\n")[2], 80)
        return Done(value, last or f"exit {status} · {seconds(took)}")

    def _failed(self, status: int, out: Output, err: Output | None) -> Failed:
        detail = self._detail(out, err)
        last = clean(detail.rpartition("\n")[2], 160)
        because = f": {last}" if last else ""
        if status < 0:
            return Failed("killed", f"the command was ended by {_name(-status)}{because}", detail)
        return Failed(f"exit:{status}", f"the command ended with exit code {status}{because}", detail)

    def _detail(self, out: Output, err: Output | None) -> str:
        """What a failure is told with."""
        return (self._text(err) if err is not None else "") or self._text(out)

    def _text(self, output: Output) -> str:
        if not output.size:
            return ""
        # Masked before it is cut: half a secret could not be recognised any more.
        whole = self._redactor.text(output.tail.text(self._table.tail))
        kept = whole if len(whole) <= _SHOWN else whole[-_SHOWN:].partition("\n")[2] or whole[-_SHOWN:]
        lines = (line if len(line) <= _LINE else "…" + line[1 - _LINE :] for line in kept.split("\n"))
        return self._redactor.block("\n".join(lines), _SHOWN)

    def _tell(self, seq: int, *outputs: Output | None) -> None:
        for output in outputs:
            if output is not None and output.lines.told is not None:
                told = progress(output.lines.told)
                output.lines.told = None
                if told is not None:
                    self._context.progress.tell(seq, told[0], self._redactor.text(told[1]))


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _cannot(what: str, error: OSError) -> Failed:
    """Raises the error where the machine lacks descriptors."""
    if error.errno in _LACKS:
        raise error
    gone = error.errno in (errno.ENOENT, errno.EACCES, errno.ENOTDIR, errno.ENOEXEC)
    return Failed("file", f"cannot {what}: {os.strerror(error.errno or 0).lower()}", permanent=gone)
