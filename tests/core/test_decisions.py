"""What follows a failure, which failures are alike, and which moves a job can make."""

from __future__ import annotations

import itertools

import pytest

from qtui.core.error_classes import covers
from qtui.core.job import Failed
from qtui.core.lifecycle import FINAL, LAW, IllegalTransition, Move, State, step
from qtui.core.retry import FREE_WAITS, GiveUp, RetryAfter, attempts, decide
from qtui.core.signature import describe, signature, title
from qtui.core.tables import Backoff, Retry

POLICY = Retry(attempts=3, backoff=Backoff(base=1.0, factor=2.0, max=5.0, jitter="none"))


@pytest.mark.parametrize(
    ("attempt", "failed", "delay"),
    [
        (1, Failed("http:503"), 1.0),
        (2, Failed("http:503"), 2.0),
        (1, Failed("timeout"), 1.0),
        (1, Failed("http:429", retry_after=30.0), 30.0),
        (1, Failed("http:429", retry_after=0.1), 1.0),
        (1, Failed("http:429", retry_after=999_999.0), 120.0),
    ],
)
def test_a_passing_failure_is_tried_again_after(attempt: int, failed: Failed, delay: float) -> None:
    assert decide(POLICY, attempt, failed, 0.5) == RetryAfter(delay, spared=failed.retry_after is not None)


@pytest.mark.parametrize(
    ("attempt", "failed", "why"),
    [
        (3, Failed("http:503"), "gave up after 3"),
        (1, Failed("http:404"), "not retryable"),
        (1, Failed("exception:KeyError"), "not retryable"),
        (1, Failed("http:503", permanent=True), "cannot help"),
    ],
)
def test_a_lasting_failure_is_given_up_with_the_reason(attempt: int, failed: Failed, why: str) -> None:
    decision = decide(POLICY, attempt, failed, 0.5)

    assert isinstance(decision, GiveUp)
    assert why in decision.why


@pytest.mark.parametrize(("asked", "least", "most"), [(2.0, 2.0, 3.0), (30.0, 30.0, 33.0), (9_999.0, 120.0, 125.0)])
def test_jitter_spreads_what_was_asked_for_and_never_comes_before_it(asked: float, least: float, most: float) -> None:
    policy = Retry(attempts=3, backoff=Backoff(base=1.0, factor=2.0, max=5.0))
    early, late = (decide(policy, 1, Failed("http:429", retry_after=asked), luck) for luck in (0.0, 1.0))

    assert (early, late) == (RetryAfter(least, spared=True), RetryAfter(most, spared=True))


def test_a_job_that_is_asked_to_come_back_spends_no_try_until_that_was_often_enough() -> None:
    asked = Failed("http:503", retry_after=1.0)

    assert decide(POLICY, 3, asked, 0.5, FREE_WAITS - 1) == RetryAfter(5.0, spared=True)
    assert decide(POLICY, 2, asked, 0.5, FREE_WAITS) == RetryAfter(5.0)
    assert isinstance(decide(POLICY, 3, asked, 0.5, FREE_WAITS), GiveUp)


def test_to_be_asked_to_come_back_makes_no_failure_retryable() -> None:
    for failed in (Failed("http:404", retry_after=1.0), Failed("http:429", retry_after=1.0, permanent=True)):
        assert isinstance(decide(POLICY, 1, failed, 0.5), GiveUp)


def test_full_jitter_takes_a_share_of_the_delay_that_is_capped() -> None:
    policy = Retry(attempts=1000, backoff=Backoff(base=1.0, factor=2.0, max=5.0))

    assert decide(policy, 500, Failed("timeout"), 0.5) == RetryAfter(2.5)
    assert decide(policy, 1, Failed("timeout"), 0.0) == RetryAfter(0.0)


@pytest.mark.parametrize(
    ("entry", "code", "does"),
    [
        ("http:5xx", "http:503", True),
        ("http:5xx", "http:404", False),
        ("http:429", "http:429", True),
        ("http:429", "http:42", False),
        ("timeout", "timeout", True),
        ("any", "exit:3", True),
        ("exception:KeyError", "exception:KeyError", True),
        ("exception:KeyError", "exception:ValueError", False),
        ("http:5xx", "exit:503", False),
        ("exit:3", "exit:3", True),
        ("exit:3", "exit:30", False),
        ("killed", "killed", True),
        ("killed", "killed:SIGKILL", True),
        ("killed", "exit:137", False),
        ("simulate:burst", "simulate:burst", True),
    ],
)
def test_what_an_entry_of_the_policy_covers(entry: str, code: str, does: bool) -> None:
    assert covers(entry, code) is does


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("timeout", 5),
        ("http:429", 10),
        ("http:503", 2),
        ("http:500", 4),
        ("http:404", 1),
        ("connection", 3),
        ("killed:SIGSEGV", 6),
        ("exit:3", 7),
        ("exit:4", 1),
        ("exception:KeyError", 1),
        ("exception:ValueError", 8),
    ],
)
def test_an_error_class_may_have_attempts_of_its_own(code: str, number: int) -> None:
    own = {
        "timeout": 5,
        "http:429": 10,
        "http:503": 2,
        "http:5xx": 4,
        "killed": 6,
        "exit:3": 7,
        "exception:KeyError": 1,
        "exception:ValueError": 8,
    }
    policy = Retry(attempts=3, attempts_for=own, backoff=Backoff(jitter="none"))

    assert attempts(policy, code) == number
    ends = [attempt for attempt in range(1, 12) if isinstance(decide(policy, attempt, Failed(code), 0.5), GiveUp)]
    assert ends == list(range(number, 12))


def test_a_permanent_failure_is_given_up_whatever_its_class_is_allowed() -> None:
    policy = Retry(attempts_for={"any": 10})

    assert isinstance(decide(policy, 1, Failed("http:503", permanent=True), 0.5), GiveUp)


@pytest.mark.parametrize(
    ("base", "factor", "largest", "delays"),
    [
        (0.5, 2.0, 60.0, [0.5, 1.0, 2.0, 4.0, 8.0]),
        (1.0, 3.0, 10.0, [1.0, 3.0, 9.0, 10.0, 10.0]),
        (2.0, 1.0, 60.0, [2.0, 2.0, 2.0, 2.0, 2.0]),
    ],
)
@pytest.mark.parametrize("luck", [0.0, 0.25, 0.999])
def test_the_delay_grows_to_its_cap_and_full_jitter_is_a_share_of_it(
    base: float, factor: float, largest: float, delays: list[float], luck: float
) -> None:
    plain = Retry(attempts=9, backoff=Backoff(base=base, factor=factor, max=largest, jitter="none"))
    full = Retry(attempts=9, backoff=Backoff(base=base, factor=factor, max=largest))

    for attempt, delay in enumerate(delays, 1):
        assert decide(plain, attempt, Failed("timeout"), luck) == RetryAfter(delay)
        assert decide(full, attempt, Failed("timeout"), luck) == RetryAfter(delay * luck)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("no answer after 12.5s", "no answer after 3s"),
        ("GET https://a.example/x?y=1 failed", "GET http://b.example/ failed"),
        ("row 550e8400-e29b-41d4-a716-446655440000", "row 123e4567-e89b-12d3-a456-426614174000"),
        ("missing field 'price'", 'missing field "title"'),
        ("at 0xdeadbeef01", "at 0x7f00"),
    ],
)
def test_errors_that_differ_in_particulars_are_one_group(one: str, other: str) -> None:
    assert signature(Failed("x", one)) == signature(Failed("x", other))


def test_errors_that_differ_in_words_or_class_are_not() -> None:
    assert len({signature(Failed(code, said)) for code in "ab" for said in ("refused", "reset")}) == 4


def test_two_places_in_the_authors_code_are_two_groups_and_numbers_in_their_messages_are_none() -> None:
    places = ("at parse.py:41 in price", "at parse.py:57 in price", "at parse.py:41 in title")
    told = {signature(Failed("exception:KeyError", f"'{'x' * n}' {place}")) for n in (1, 7, 400) for place in places}
    assert told == {f"exception:KeyError '…' {place}" for place in places} | {
        signature(Failed("exception:KeyError", f"'{'x' * 400}' {place}")) for place in places
    }
    assert signature(Failed("x", "no answer at 10.0.0.1:80 in 3s")) == "x no answer at # in #s"
    assert signature(Failed("x", "at a.py:7 in f")) == "x at a.py:7 in f"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("http:503", "HTTP 503"),
        ("exception:KeyError", "KeyError"),
        ("exit:2", "Exit 2"),
        ("timeout", "Timeout"),
        ("too-large", "Too large"),
    ],
)
def test_error_classes_have_words(code: str, words: str) -> None:
    assert title(code) == words


def test_a_status_without_a_message_has_its_phrase() -> None:
    assert describe(Failed("http:503")) == "Service Unavailable"
    assert describe(Failed("http:599")) == ""


@pytest.mark.parametrize(("state", "move"), list(itertools.product(State, Move)))
def test_the_law_cell_by_cell(state: State, move: Move) -> None:
    if (state, move) in LAW:
        assert step(1, state, move) is LAW[state, move]
    else:
        with pytest.raises(IllegalTransition, match="job 1 cannot"):
            step(1, state, move)


def test_only_a_person_moves_a_final_job() -> None:
    assert {move for state, move in LAW if state in FINAL} == {Move.REQUEUE}


def test_done_is_for_ever() -> None:
    assert not any(state is State.DONE for state, _ in LAW)
