"""What travels over the link comes out as it went in, one line each."""

from __future__ import annotations

import typing

import msgspec
import pytest

from qtui.core import commands, events, queries
from qtui.core.commands import Reply, Request
from qtui.core.job import Cancelled, Done, Failed, Interrupted, Job
from qtui.core.job_filter import Condition
from qtui.core.past import PastGroup
from qtui.core.port import Checked, Problem
from qtui.core.snapshot import LogLine
from qtui.link import protocol as wire
from tests.tui.samples import sample

AWKWARD = 'two\nlines, "quotes", \u2028, 世界, \U0001f600'
JOB = Job(7, "k", AWKWARD, {"n": 7, "deep": {"list": [1, 2.5, None, True, "x"]}}, 1, 2)
COMMANDS: list[commands.Command] = [
    commands.SetConcurrency(0),
    commands.SetAdaptive("freeze", 9),
    commands.SetAdaptive(),
    commands.SetCapacity(commands.MAX_CAPACITY),
    commands.SetRate(None),
    commands.SetRate(0.5),
    commands.SetPerHost(None),
    commands.SetPerHost(4),
    commands.SetPerHostRate(0.5),
    commands.ResetHost("shop.example:8080"),
    commands.Pause(),
    commands.Pause(1),
    commands.Resume(),
    commands.Hold(),
    commands.Release(),
    commands.RetryJob(3),
    commands.RetryGroup("http:503 …", 1),
    commands.RetryFailed(True),
    commands.RetryJobs([3, 4]),
    commands.RetryMatching([Condition("text", ":", AWKWARD)]),
    commands.CancelJob(3),
    commands.CancelJobs([3, 4]),
    commands.CancelMatching([Condition("state", ":", "waiting")]),
    commands.SetAsideGroup("http:503 …", False),
    commands.SetAsideJobs([3]),
    commands.SetAsideMatching([Condition("sig", "=", "x")], False),
    commands.Acknowledge("http:503 …"),
    commands.PutBack(),
    commands.PutBack(3),
    commands.Drain(),
    commands.KeepRunning(),
    commands.Stop(),
    commands.Undo(),
    commands.Redo(),
]
EVENTS: list[events.Event] = [
    events.JobAccepted(1.0, JOB),
    events.AsideChanged(1.0, "you", True, "sig", [(7, "sig")]),
    events.Acknowledged(1.0, "you", "sig", 12),
    events.RoundBegan(1.0, "you", "sig", 12),
    events.HeldBack(1.0, "sig", 11, "the probe failed again"),
    events.AttentionRestored(1.0, {"a": "b"}),
    events.AttemptStarted(1.0, JOB, 3),
    events.AttemptEnded(1.0, JOB, 3, 0.5, Done({"a": [1]}, "note"), "done"),
    events.AttemptEnded(1.0, JOB, 3, 0.5, Failed("http:503", "m", "d", 3.0, True), "waiting", 2.0, "http:503 m"),
    events.AttemptEnded(1.0, JOB, 3, 0.5, Cancelled(), "cancelled"),
    events.AttemptEnded(1.0, JOB, 3, 0.5, Interrupted("suspended"), "pending"),
    events.JobCancelled(1.0, 7, "you"),
    events.JobDropped(1.0, JOB, fresh=True, rejected=True),
    events.JobRequeued(1.0, JOB, "you", "failed", "sig"),
    events.JobPutBack(1.0, JOB, "you", "held", "", aside=True),
    events.RetryHastened(1.0, 7, "you"),
    events.ProducerStarted(1.0, 0, AWKWARD, None, 5.0),
    events.TotalKnown(1.0, 0, 10**12),
    events.ProducerEnded(1.0, 0, "problem"),
    events.FrontierGrew(1.0, 0, 1_200, 1_201),
    events.ProducerBlocked(1.0, 0),
    events.ProducerUnblocked(1.0, 0),
    events.ProducersPaused(1.0, "you", 1),
    events.ProducersResumed(1.0, "you"),
    events.ConcurrencyChanged(1.0, "you", 1, 2, "why"),
    events.LimitChanged(1.0, "auto", None, 2, "slow start", "descriptors"),
    events.CapacityChanged(1.0, "you", 1, 2),
    events.RateChanged(1.0, "you", None, 2.0),
    events.Held(1.0, "you"),
    events.Released(1.0, "you"),
    events.Halted(1.0, "23 of the last 100 attempts failed"),
    events.MemoryHolds(1.0, True, 0.93, 2_000_000_000),
    events.PerHostChanged(1.0, "you", None, 4, "why"),
    events.PerHostRateChanged(1.0, "you", 2.5, None),
    events.HostPaused(1.0, "auto", "shop.example", "cooling", 30.0),
    events.HostOpened(1.0, "you", "shop.example"),
    events.ThrottleHolding(1.0, True),
    events.HostPaused(1.0, "auto", "shop.example:443", "cooling", 12.0, "Retry-After"),
    events.HostOpened(1.0, "auto", "shop.example:443", "a probe went well"),
    events.FrontierGrew(1.0, 0, 12, 13),
    events.AttemptProgressed(1.0, 7, 3, 0.5, "half of it"),
    events.RunStarted(1.0, "n", "p", 1.5e9, 4, 16, None, 3, 30.0),
    events.RunResumed(9.0, events.RunStarted(9.0, "n", "p", 1.5e9, 4, 16, None, 3, 30.0), 2, 1, 2, 3, 4),
    events.JobRestored(9.0, JOB, True, 12.0),
    events.GroupRestored(9.0, PastGroup("http:503 …", Failed("http:503", "m"), 3, 9, [1, 2])),
    events.Sampled(1.0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 1),
    events.DrainStarted(1.0, "you"),
    events.DrainTakenBack(1.0, "you"),
    events.StopStarted(1.0, "you"),
    events.RunEnded(1.0, "finished"),
    events.RunReopened(1.0, "you"),
    events.CommandDone(1.0, "you", "done", "why"),
    events.CommandRefused(1.0, "you", "no"),
    events.Notice(1.0, AWKWARD, "warning"),
]
ROW = queries.JobRow(7, AWKWARD, "failed", "one", 3, 0.1, 0.2, 1.5e9, "HTTP 503")
STORY = queries.JobStory(
    ROW, "k", 1.5e9, {"line": "x"}, [queries.AttemptRow(1, 2, 1.5e9, 0.5, "failed", "c", "m", "d")], {"v": 1}, 2.5
)
FROM_FACE: list[wire.FromFace] = [
    wire.Hello(wire.VERSION, AWKWARD, True, 4.0, True),
    wire.Pace(2.0),
    *(wire.Ask(number, Request(command, "you", AWKWARD, True)) for number, command in enumerate(COMMANDS)),
    wire.Look(1, queries.JobsQuery(10, 20, [Condition("run", ">", "5s", 5.0, True)], "longest")),
    wire.Look(2, queries.JobQuery(7)),
    wire.Look(3, queries.GroupQuery(AWKWARD)),
    wire.Look(4, queries.ReproducerQuery(7)),
    wire.Look(4, queries.TimelineQuery(1.5e9, 1.6e9)),
    wire.Look(5, queries.FailureQuery(1.5e9, 7, False)),
    wire.Look(5, queries.SlotQuery(7, 3)),
    wire.Look(3, queries.LogQuery("attempts", (1.5e9, 7, 1), None, 50, AWKWARD, "error")),
    wire.Look(3, queries.PeriodQuery(1.0, 2.0, 60)),
]
FROM_ENGINE: list[wire.FromEngine] = [
    wire.Welcome(wire.VERSION, "run-1"),
    wire.Picture(sample()),
    wire.Replied(1, Reply(False, AWKWARD)),
    wire.Replied(1, Reply(True, "done", undo=True)),
    wire.Answered(1, queries.Jobs([ROW], 1)),
    wire.Answered(2, STORY),
    wire.Answered(3, queries.Unknown("gone")),
    wire.Answered(4, queries.GroupStory("s", [queries.Facet("host", [("a", 1)], 3)], [(7, AWKWARD)])),
    wire.Answered(5, queries.Reproducer(AWKWARD, "qtui run-one x 7")),
    wire.Answered(
        5, queries.Timeline([queries.Span(7, 1, 2, 1.5e9, 1.6e9, "done")], True, [(1.5e9, "▲12")], [(1.5e9, 8)])
    ),
    wire.Answered(5, queries.SlotPast([queries.SlotAttempt(7, AWKWARD, 0.5, "retry")])),
    wire.Answered(4, queries.Log([queries.LogRow((1.5, 7, 1), 1.5e9, "job", AWKWARD, "error")], (1.5, 7, 1), True)),
    wire.Answered(
        4,
        queries.Period(
            1.0,
            2.0,
            queries.Standing(),
            queries.Standing(1.5, 2, 3, 4, 5, 6, 7, 8),
            [1],
            [2],
            0.5,
            [queries.Failure("sig", AWKWARD, 3, 1.5)],
            [LogLine(1.5, "you", AWKWARD)],
        ),
    ),
    wire.Happened(EVENTS, 3),
    wire.Goodbye(),
    wire.Goodbye(2, "no", Checked("p.toml", problems=[Problem("a.b", AWKWARD, 3, "x", "y", "z")], total=None)),
]


@pytest.mark.parametrize("message", FROM_FACE, ids=lambda message: msgspec.json.encode(message).decode()[:40])
def test_what_a_face_says_arrives(message: wire.FromFace) -> None:
    line = wire.encode(message)

    assert line.count(b"\n") == 1
    assert wire.decode_from_face(line) == message


@pytest.mark.parametrize("message", FROM_ENGINE, ids=lambda message: type(message).__name__)
def test_what_an_engine_says_arrives(message: wire.FromEngine) -> None:
    line = wire.encode(message)

    assert line.count(b"\n") == 1
    assert wire.decode_from_engine(line) == message


@pytest.mark.parametrize(
    ("samples", "union"),
    [
        (COMMANDS, commands.Command),
        (EVENTS, events.Event),
        (FROM_FACE, wire.FromFace),
        (FROM_ENGINE, wire.FromEngine),
        ([message.answer for message in FROM_ENGINE if isinstance(message, wire.Answered)], queries.Answer),
        ([message.query for message in FROM_FACE if isinstance(message, wire.Look)], queries.Query),
    ],
    ids=["commands", "events", "faces", "engines", "answers", "queries"],
)
def test_no_kind_of_message_is_missing_here(samples: list[object], union: object) -> None:
    assert {type(message) for message in samples} == set(typing.get_args(union))


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b"[]",
        b"null",
        b'{"type":"picture"}',
        b'{"type":"ask","number":"one","request":{}}',
        b'{"type":"ask","number":1,"request":{"command":{"type":"format-disk"}}}',
        b'{"type":"hello","version":1',
        b"[" * 60_000,
        b'{"type":"hello","version":1,"more":' + b"[" * 60_000,
        b'{"type":"hello","version":1,"more":' + b'{"a":' * 10_000,
        b'{"type":"look","number":1,"query":{"type":"jobs","limit":1e400}}',
    ],
    ids=lambda line: line.decode()[:50],
)
def test_what_is_no_message_is_one_kind_of_error(line: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        wire.decode_from_face(line)
