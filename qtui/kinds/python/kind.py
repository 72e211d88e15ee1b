"""Jobs that call a function: async ones on the loop, plain ones wherever the kind runs."""

from __future__ import annotations

import asyncio
import errno
import math
import threading
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from inspect import isawaitable
from typing import Any, NamedTuple, final

import msgspec

from qtui.core.imports import resolve
from qtui.core.job import Done, Failed, Job, LastWords
from qtui.core.template import TemplateError
from qtui.errors import PresetError
from qtui.kinds.context import KindContext
from qtui.kinds.filling import compiled, templates
from qtui.kinds.plain import PlainKind
from qtui.kinds.python.calling import Caller, Unfit, is_async
from qtui.kinds.python.failures import as_json, from_exception
from qtui.kinds.python.options import PythonTable
from qtui.kinds.python.speech import Heard, Speech
from qtui.kinds.secrets import MIN_LENGTH, Redactor
from qtui.text import clean

_TELL_EVERY_S = 0.05
"""How often a job's progress is passed on; a function may call it in its innermost loop."""


class _Raised(NamedTuple):
    """What a function raised, as a value: a task that ends by SystemExit would end the loop."""

    error: BaseException


@final
class PythonKind(PlainKind):
    """Calls the function of its table."""

    def __init__(self, table: PythonTable, context: KindContext) -> None:
        """Imports nothing yet. Raises PresetError when the environment lacks a variable of `args`."""
        self._table = table
        self._context = context
        self._args: dict[str, Any] | None = None
        if table.args is not None:  # times of TOML become text, wherever the function will run
            self._args = msgspec.json.decode(msgspec.json.encode(table.args))
        self._redactor = Redactor(self._secrets())
        self._function: Callable[..., object] | None = None
        self._caller: Caller | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        """Where an async function runs."""
        self._speech = None if context.alone else Speech()

    def said(self, seq: int) -> str:
        """The last that a running function has printed or logged."""
        return self._redactor.text(self._speech.of(seq)) if self._speech is not None else ""

    def _secrets(self) -> list[str]:
        secrets: list[str] = []

        def look_up(name: str) -> str:
            value = self._context.look_up(name)
            if name.startswith("secret:"):
                if len(value) < MIN_LENGTH:
                    raise TemplateError(f"{name} has fewer than {MIN_LENGTH} characters; it could not be kept secret")
                secrets.append(value)
            return value

        try:
            for template in templates(compiled(self._args)):
                template.fill(dict.fromkeys(template.fields, ""), lookup=look_up)
        except TemplateError as error:
            raise PresetError(f"job.python.args: {error}") from None
        return secrets

    def blocks(self) -> bool:
        """Whether the function never awaits: it is better run elsewhere. Imports it; raises PresetError."""
        return not is_async(self._loaded())

    def mask(self, text: str) -> str:
        """Foreign text without the secrets of the preset."""
        return self._redactor.text(text)

    def _loaded(self) -> Callable[..., object]:
        if self._function is None:
            spec = self._table.function
            try:
                found = resolve(spec, self._table.path)
                if not callable(found):
                    raise ValueError(f"{clean(spec, 80)} is not a function but {clean(type(found).__name__, 60)}")
                self._caller = Caller(found, self._args, self._context)
            except Unfit as error:
                raise PresetError(f"job.python.args: {error}") from None
            except ValueError as error:
                raise PresetError(f"job.python.function: {error}") from None
            self._function = found
        return self._function

    async def open(self, concurrency: int) -> None:
        """Import the function. Raises PresetError."""
        if is_async(self._loaded()):
            self._loop = asyncio.get_running_loop()

    async def run(self, job: Job) -> Done | Failed:
        assert self._caller is not None, "open() comes first"
        tell = _Teller(job.seq, self._context, self._loop) if self._caller.wants_progress else None
        try:
            given, named = self._caller.arguments(job.row, tell)
        except TemplateError as error:
            return Failed("input", self._redactor.line(str(error)), permanent=True)
        try:
            with self._speech.heard(job.seq) if self._speech is not None else nullcontext(Heard()) as heard:
                outcome = await self._call(job, given, named)
            return self._with_speech(outcome, heard.text)
        except asyncio.CancelledError as error:
            raise self._with_last_words(error, heard.text) from None
        finally:
            if tell is not None:
                tell.over = True

    def _with_speech(self, outcome: Done | Failed, said: str) -> Done | Failed:
        if not (said := self._redactor.text(said)):
            return outcome
        if isinstance(outcome, Failed):
            said = f"{outcome.detail}\n\nit printed:\n{said}" if outcome.detail else f"it printed:\n{said}"
        return msgspec.structs.replace(outcome, detail=said)

    def _with_last_words(self, error: asyncio.CancelledError, said: str) -> asyncio.CancelledError:
        said = self._redactor.text(said)
        return asyncio.CancelledError(LastWords(f"it printed:\n{said}")) if said else error

    async def _call(self, job: Job, given: list[object], named: dict[str, object]) -> Done | Failed:
        try:
            result = self._loaded()(*given, **named)
            if isawaitable(result):
                result = await self._awaited(result, job)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            return self._failed(error)
        return self._failed(result.error) if isinstance(result, _Raised) else self._done(result)

    async def _awaited(self, result: Awaitable[object], job: Job) -> object:
        """Foreign code gets a task of its own: slots live long, and what it does to its task must not stay."""
        return await asyncio.get_running_loop().create_task(_guarded(result), name=f"job {job.seq}")

    def _failed(self, error: BaseException) -> Failed:
        if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
            raise error  # this machine's fault and no try of the job
        failed = from_exception(error)
        message, detail = self._redactor.text(failed.message), self._redactor.text(failed.detail)
        return msgspec.structs.replace(failed, message=message, detail=detail)

    def _done(self, result: object) -> Done | Failed:
        try:
            value = self._redactor.value(as_json(result))
        except TypeError as error:
            return Failed("exception:TypeError", self._redactor.text(str(error)), permanent=True)
        return Done(value, "" if value is None or isinstance(value, dict | list) else clean(value, 40))


async def _guarded(awaited: Awaitable[object]) -> object:
    try:
        return await awaited
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        return _Raised(error)


class _Teller:
    """The `progress` of one job; it may be called as often as one likes."""

    __slots__ = ("_clock", "_loop", "_next", "_seq", "_tell", "_thread", "over")

    def __init__(self, seq: int, context: KindContext, loop: asyncio.AbstractEventLoop | None) -> None:
        """`loop` is the one that listens, and that goes on while the function runs; None where the function has it."""
        self.over = False
        """The job has ended; threads that it has left behind are not heard."""
        self._seq = seq
        self._tell = context.progress.tell
        self._clock = context.clock
        self._next = -math.inf
        self._loop, self._thread = loop, threading.get_ident()

    def __call__(self, share: float | None = None, text: str = "") -> None:
        """Tell that `share` of the job (0 to 1) is done, and in a few words what it does."""
        now = self._clock()
        if self.over or now < self._next:
            return
        self._next = now + _TELL_EVERY_S
        told = math.nan if share is None else float(share)
        known = None if math.isnan(told) else min(1.0, max(0.0, told))
        if self._loop is not None and threading.get_ident() != self._thread:
            self._loop.call_soon_threadsafe(self._tell, self._seq, known, clean(text, 200))
        else:
            self._tell(self._seq, known, clean(text, 200))
