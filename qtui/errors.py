"""Everything qtui refuses on purpose, and the exit code that says so.

    QtuiError                 one clear sentence for a person; never a traceback
    ├── UsageError        2   a command line that cannot be followed
    ├── PresetError       2   a preset with one or more problems, all of them at once
    ├── InputError        2   a source that cannot be read
    ├── JournalUnreadable 65  a journal we will not touch
    ├── CannotWrite       74  a place we cannot write to
    ├── AlreadyRunning    75  another engine holds the run
    └── LinkError         74  the engine cannot be reached or speaks another version

Any other exception that reaches the top is a bug: its traceback goes to the log.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """How a qtui process ends; `qtui run` promises these."""

    ALL_DONE = 0
    SOME_FAILED = 1
    USAGE = 2
    NEEDS_CONSENT = 3
    BAD_JOURNAL = 65
    BUG = 70
    CANNOT_WRITE = 74
    ALREADY_RUNNING = 75
    STOPPED = 130
    TERMINATED = 143


class QtuiError(Exception):
    """Something qtui refuses, said in one sentence: what, where, what to do."""

    exit_code = ExitCode.USAGE


class UsageError(QtuiError):
    """A command line that cannot be followed."""


class PresetError(QtuiError):
    """A preset that cannot run; the message lists every problem."""


class InputError(QtuiError):
    """A source that cannot be read."""


class JournalUnreadable(QtuiError):
    """A journal that cannot be read; it is left exactly as it is."""

    exit_code = ExitCode.BAD_JOURNAL


class CannotWrite(QtuiError):
    """A file or directory that cannot be written."""

    exit_code = ExitCode.CANNOT_WRITE


class AlreadyRunning(QtuiError):
    """Another engine holds this run."""

    exit_code = ExitCode.ALREADY_RUNNING


class LinkError(QtuiError):
    """The engine cannot be reached, or speaks another version of the protocol."""

    exit_code = ExitCode.CANNOT_WRITE
