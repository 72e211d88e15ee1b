"""Finds what a preset calls `module:function`, or says in one sentence why it cannot be had."""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from types import FrameType, TracebackType

from qtui.core.walker import nearest
from qtui.text import clean


def resolve(spec: str, path: str = "") -> object:
    """The object that `module:name` or `module:name.attribute` names; its module is imported, which runs its code.

    `path` is a folder in which modules are looked for first, as Python does for the folder of a script; it stays on
    `sys.path`, because functions import too. Without it only what is installed is found.

    Raises:
        ValueError: one sentence that says what is missing, with the nearest spelling.
    """
    module_name, names = parts(spec)
    if path:
        _look_in(path, module_name)
    found: object = _module(module_name, path)
    reached = module_name
    for name in names:
        try:
            found = getattr(found, name)
        except Exception:  # a module may define __getattr__ of its own, and that may raise anything
            raise ValueError(f"{reached} has no {clean(name, 60)}{_hint(name, _public(found))}") from None
        reached = f"{reached}.{name}"
    return found


def parts(spec: str) -> tuple[str, list[str]]:
    """The module and the names in it, without importing anything. Raises ValueError for anything else."""
    module_name, colon, rest = spec.partition(":")
    names = rest.split(".")
    if not colon or not all(part.isidentifier() for part in (*module_name.split("."), *names)):
        raise ValueError(f'"{clean(spec, 80)}" must be written as module:function, for example work:crunch')
    return module_name, names


def _look_in(path: str, module_name: str) -> None:
    """Put the folder first. Raises ValueError where a loaded module of the same name would be had instead."""
    if path not in sys.path:
        sys.path.insert(0, path)
    top = module_name.partition(".")[0]
    here, loaded = PathFinder.find_spec(top, [path]), sys.modules.get(top)
    if here is None or here.origin is None or loaded is None:
        return
    other = getattr(loaded, "__spec__", None)
    if not isinstance(other, ModuleSpec) or other.origin != here.origin:
        raise ValueError(f"{clean(here.origin)} has the name of a module that Python itself uses; rename it")


def _module(name: str, path: str) -> object:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or name
        if name != missing and not name.startswith(f"{missing}."):
            raise ValueError(
                f"{name} cannot be imported: it needs the module {clean(missing, 60)}, which is not installed"
            ) from None
        where = f" in {clean(path)} or among what is installed" if path else ""
        hint = _hint(missing, _siblings(missing, path))
        more = "" if path else '; path = "." looks in the folder of the preset too'
        raise ValueError(f"there is no module {clean(missing, 60)}{where}{more}{hint}") from None
    except SyntaxError as error:
        at = f" ({clean(error.filename)}:{error.lineno})" if error.filename else ""
        raise ValueError(f"{name} cannot be imported: {clean(error.msg)}{at}") from None
    except BaseException as error:  # a module runs when it is imported: it may even call exit()
        said = clean(error)
        why = f"{type(error).__name__}: {said}" if said else type(error).__name__
        raise ValueError(f"{name} cannot be imported: {why}{_at(error.__traceback__)}") from None


def _at(trace: TracebackType | None) -> str:
    """Where an import failed: the innermost line that is not the machinery of imports."""
    frame: FrameType | None = None
    line = 0
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith("<frozen ") and trace.tb_frame.f_code is not _CODE:
            frame, line = trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next
    return f" ({clean(frame.f_code.co_filename)}:{line})" if frame is not None else ""


_CODE = _module.__code__


def _siblings(missing: str, path: str) -> list[str]:
    """Modules that stand where the missing one was looked for."""
    parent, _, _ = missing.rpartition(".")
    if parent:
        places = list(getattr(sys.modules.get(parent), "__path__", []))
        return [f"{parent}.{each.name}" for each in pkgutil.iter_modules(places)]
    return list(_top_modules(path))


def _top_modules(path: str) -> Iterator[str]:
    if path:
        yield from (each.name for each in pkgutil.iter_modules([path]))
    yield from sys.stdlib_module_names
    yield from (each.name for each in pkgutil.iter_modules())


def _public(found: object) -> list[str]:
    try:
        return [name for name in dir(found) if not name.startswith("_")]
    except Exception:  # __dir__ is theirs
        return []


def _hint(word: str, known: list[str]) -> str:
    meant = nearest(word, known)
    return f"; did you mean {clean(meant, 60)}?" if meant else ""
