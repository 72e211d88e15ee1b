"""Commands as words and back."""

from __future__ import annotations

import typing

import pytest

from qtui.core import commands as cmd
from qtui.core.forms import FORMS
from qtui.core.job_filter import Condition
from qtui.core.spelling import Misspelt, parse, parse_text, spell

FILTER = [Condition("state", ":", "failed"), Condition("run", ">", "5s", 5.0)]
EXAMPLES = {
    "concurrency 16": cmd.SetConcurrency(16),
    "adaptive on": cmd.SetAdaptive("on"),
    "adaptive freeze": cmd.SetAdaptive("freeze"),
    "adaptive max 16": cmd.SetAdaptive(max=16),
    "adaptive off max none": cmd.SetAdaptive("off", 0),
    "capacity 64": cmd.SetCapacity(64),
    "rate 5/s": cmd.SetRate(5.0),
    "rate 0.25/s": cmd.SetRate(0.25),
    "rate none": cmd.SetRate(None),
    "per-host 4": cmd.SetPerHost(4),
    "per-host none": cmd.SetPerHost(None),
    "per-host-rate 2/s": cmd.SetPerHostRate(2.0),
    "per-host-rate none": cmd.SetPerHostRate(None),
    "reset-host shop.example:8080": cmd.ResetHost("shop.example:8080"),
    "reset-host ''": cmd.ResetHost(""),
    "pause": cmd.Pause(),
    "pause 2": cmd.Pause(1),
    "resume": cmd.Resume(),
    "resume 1": cmd.Resume(0),
    "hold": cmd.Hold(),
    "release": cmd.Release(),
    "retry 12": cmd.RetryJob(12),
    "retry --group http:503": cmd.RetryGroup("http:503"),
    "retry --group 'no route to host' --limit 1": cmd.RetryGroup("no route to host", 1),
    "retry --group 'no route to host' --probe": cmd.RetryGroup("no route to host", probe=True),
    "retry --failed": cmd.RetryFailed(),
    "retry --failed --probe": cmd.RetryFailed(True),
    "retry --jobs 12,13": cmd.RetryJobs([12, 13]),
    "retry --matching 'state:failed run>5s'": cmd.RetryMatching(FILTER),
    "cancel 12": cmd.CancelJob(12),
    "cancel --jobs 12,13": cmd.CancelJobs([12, 13]),
    "cancel --matching 'state:failed run>5s'": cmd.CancelMatching(FILTER),
    "put-back": cmd.PutBack(),
    "put-back 3": cmd.PutBack(3),
    "set-aside --group 'no route'": cmd.SetAsideGroup("no route"),
    "set-aside --group 'no route' --undo": cmd.SetAsideGroup("no route", False),
    "set-aside --jobs 12 --undo": cmd.SetAsideJobs([12], False),
    "set-aside --matching 'state:failed run>5s'": cmd.SetAsideMatching(FILTER),
    "acknowledge http:503": cmd.Acknowledge("http:503"),
    "acknowledge http:503 --undo": cmd.Acknowledge("http:503", False),
    "drain": cmd.Drain(),
    "keep-running": cmd.KeepRunning(),
    "stop": cmd.Stop(),
    "undo": cmd.Undo(),
    "redo": cmd.Redo(),
}


@pytest.mark.parametrize(("words", "command"), EXAMPLES.items())
def test_every_command_is_spelt_and_read_back(words: str, command: cmd.Command) -> None:
    assert parse_text(words) == command
    assert spell(command) == words


def test_every_command_has_words() -> None:
    assert {form.command for form in FORMS} == set(typing.get_args(cmd.Command))
    assert {type(command) for command in EXAMPLES.values()} == set(typing.get_args(cmd.Command))


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("rate 100/min", cmd.SetRate(100 / 60)),
        ("rate 5", cmd.SetRate(5.0)),
        ("cancel #1,204", cmd.CancelJob(1204)),
    ],
)
def test_numbers_are_read_as_people_write_them(words: str, command: cmd.Command) -> None:
    assert parse_text(words) == command


def test_a_producer_may_be_called_by_its_name() -> None:
    assert parse(["pause", "feeds"], ["sitemap", "feeds"]) == cmd.Pause(1)
    assert parse(["resume", "sitemap"], ["sitemap", "feeds"]) == cmd.Resume(0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("concurency 3", "there is no command `concurency`; did you mean concurrency?"),
        ("explode", "there is no command `explode`; there are concurrency, adaptive,"),
        ("", "which command?"),
        ("concurrency", "needs an argument: concurrency N"),
        ("concurrency many", "`many` will not do for `concurrency`: allowed is a whole number"),
        ("concurrency -1", "`-1` will not do for `concurrency`"),
        ("concurrency ²", "allowed is a whole number"),
        ("concurrency 3 4", "takes one argument, but `4` follows"),
        ("rate fast", 'allowed is a rate above zero such as "50/s" or "100/min", or none'),
        ("rate 0", "allowed is a rate above zero"),
        ("per-host some", "allowed is a whole number, or none"),
        ("per-host-rate some", "allowed is a rate above zero"),
        ("rate inf", "allowed is a rate above zero"),
        ("hold on", "`hold` takes no argument, but `on` follows"),
        ("retry --group x --limit 0", "--limit with a number from 1 on"),
        ("retry --group x --limit", "--limit with a number from 1 on"),
        ("pause 0", "counted from 1"),
        ("pause 'x", "cannot be split into words"),
        ("cancel \x1b[31m12", "`12` will not do"),
    ],
)
def test_what_is_no_command_is_refused_with_what_would_be(words: str, said: str) -> None:
    with pytest.raises(Misspelt) as caught:
        parse_text(words)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("name", "producers", "said"),
    [
        ("nobody", ["sitemap", "feeds"], "there is no producer `nobody`; there are 1 sitemap, 2 feeds"),
        ("3", ["sitemap", "feeds"], "there is no producer `3`"),
        ("range", ["range", "x", "range"], "2 producers are called `range`; use their number: 1 or 3"),
    ],
)
def test_a_producer_nobody_knows_is_refused(name: str, producers: list[str], said: str) -> None:
    with pytest.raises(Misspelt) as caught:
        parse(["pause", name], producers)
    assert said in str(caught.value)
