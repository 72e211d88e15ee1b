"""Functions are called with what their row has, and nothing they raise or return gets past their own job."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path

import msgspec
import pytest

from qtui.core.job import Done, Failed, LastWords, Value
from qtui.errors import PresetError
from qtui.kinds.context import KindContext
from qtui.kinds.python.kind import PythonKind
from qtui.kinds.python.options import PythonTable
from tests.kinds.python import work
from tests.kinds.running import job, real

HERE = "tests.kinds.python.work"


async def opened(function: str, context: KindContext | None = None, **table: object) -> PythonKind:
    kind = PythonKind(PythonTable(function=f"{HERE}:{function}", **table), context or real())  # type: ignore[arg-type]
    await kind.open(1)
    return kind


async def value(function: str, args: dict[str, object] | None = None, **row: Value) -> Value:
    outcome = await (await opened(function, args=args)).run(job(**row))
    assert isinstance(outcome, Done), outcome
    return outcome.value


async def failure(function: str, args: dict[str, object] | None = None, **row: Value) -> Failed:
    outcome = await (await opened(function, args=args)).run(job(**row))
    assert isinstance(outcome, Failed), outcome
    return outcome


# -- arguments


async def test_parameters_get_the_fields_of_their_name() -> None:
    assert await value("add", a=1, b=2, other=3) == 3


async def test_a_default_stands_in_for_a_field_that_is_not_there() -> None:
    assert await value("add", a=1) == 11


async def test_a_single_parameter_that_is_no_field_gets_the_whole_row() -> None:
    assert await value("whole", n=1, line="x") == {"n": 1, "line": "x"}


async def test_a_single_parameter_that_is_a_field_gets_that() -> None:
    assert await value("Mill.grind", grain="rye", n=1) == "rye ground"


async def test_any_further_fields_go_to_a_function_that_takes_them() -> None:
    assert await value("rest", a=1, n=2) == {"a": 1, "n": 2}


async def test_parameters_without_a_name_are_given_in_order() -> None:
    assert await value("ordered", a=1, b=2) == [1, 2]


async def test_fields_of_the_run_are_there_too() -> None:
    kind = await opened("add", real(fields={"b": 5}))

    assert await kind.run(job(a=1)) == Done(6, "6")


async def test_a_row_that_lacks_what_the_function_needs_is_bad_input() -> None:
    told = await failure("ordered", a=1)

    assert (told.code, told.message, told.permanent) == ("input", "ordered() needs b; this row has a", True)


async def test_args_are_templates_and_a_sole_field_keeps_its_type() -> None:
    args = {"a": "{n}", "deep": [{"x": "{n}/{line}"}], "fix": 1.5}

    assert await value("rest", args, n=3, line="z") == {"a": 3, "deep": [{"x": "3/z"}], "fix": 1.5}


async def test_args_that_a_row_cannot_fill_are_bad_input() -> None:
    told = await failure("add", {"a": "{m}"}, n=1)

    assert told.code == "input"
    assert "{m}" in told.message


@pytest.mark.parametrize(
    ("function", "args", "said"),
    [
        ("add", {"a": 1, "bb": 2}, "add() has no parameter bb; did you mean b?"),
        ("add", {"b": 2}, "add() needs a too"),
        ("LIMIT", None, "is not a function but int"),
        ("ad", None, "did you mean add?"),
    ],
)
async def test_what_cannot_be_called_is_refused_before_the_first_job(
    function: str, args: dict[str, object] | None, said: str
) -> None:
    with pytest.raises(PresetError, match=r"job\.python") as raised:
        await opened(function, args=args)

    assert said in str(raised.value)


def test_a_bad_name_or_template_is_a_problem_of_the_preset() -> None:
    for wrong in ({"function": "work"}, {"function": "a:b", "args": {"x": "{"}}):
        with pytest.raises(ValueError, match=r"module:function|lone"):
            PythonTable(**wrong)  # type: ignore[arg-type]


async def test_a_function_of_a_folder_that_is_named_is_found(tmp_path: Path) -> None:
    (tmp_path / "near_at_hand.py").write_text("def f(n): return n * 2")
    kind = PythonKind(PythonTable(function="near_at_hand:f", path=str(tmp_path)), real())
    await kind.open(1)

    assert await kind.run(job(n=4)) == Done(8, "8")


# -- where it runs


async def test_only_plain_functions_block() -> None:
    plain = ["add", "promises", "Mill.grind", "counts"]

    assert [(await opened(name)).blocks() for name in plain] == [True] * 4
    assert not (await opened("waits")).blocks()


async def test_an_async_function_runs_on_the_loop_in_a_task_of_its_own() -> None:
    assert await value("waits", a=3) == 3
    assert await value("task_name") == "job 1"


async def test_what_a_plain_function_promises_is_waited_for() -> None:
    assert await value("promises", a=3) == 3


async def test_a_cancellation_reaches_the_function() -> None:
    ended: list[str] = []
    kind = PythonKind(PythonTable(function=f"{HERE}:hangs"), real(fields={"ended": ended}))  # type: ignore[dict-item]
    await kind.open(1)
    attempt = asyncio.ensure_future(kind.run(job()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    attempt.cancel()
    with pytest.raises(asyncio.CancelledError):
        await attempt

    assert ended == ["ended"]


async def test_a_function_that_swallows_its_cancellation_is_done() -> None:
    kind = await opened("stubborn")
    attempt = asyncio.ensure_future(kind.run(job()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    attempt.cancel()

    assert await attempt == Done("done all the same", "done all the same")


# -- what it raises


@pytest.mark.parametrize("function", ["raises", "raises_later"])
@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("no", "exception:ValueError"),
        ("exit", "exception:SystemExit"),
        ("interrupt", "exception:KeyboardInterrupt"),
        ("generator", "exception:GeneratorExit"),
        ("sulky", "exception:Sulky"),
    ],
)
async def test_whatever_is_raised_fails_only_its_job(function: str, what: str, code: str) -> None:
    assert (await failure(function, what=what)).code == code


async def test_raising_the_end_of_an_iteration_fails_only_its_job() -> None:
    assert (await failure("raises", what="stop")).code == "exception:StopIteration"


@pytest.mark.parametrize("function", ["raises", "raises_later"])
async def test_the_traceback_begins_at_the_authors_code(function: str) -> None:
    detail = (await failure(function, what="no")).detail.splitlines()

    assert detail[0] == "Traceback (most recent call last):"
    assert 'work.py", line' in detail[1]
    assert detail[1].endswith(f"in {function}")
    assert detail[-1] == "ValueError: no"
    assert not any("qtui/kinds" in line or "asyncio" in line for line in detail if line.startswith("  File"))


async def test_words_of_an_exception_are_cleaned() -> None:
    told = await failure("raises", what="hostile")

    assert told.message == "two␊lines red at work.py:100 in fails"
    assert "\x1b" not in told.detail


async def test_a_failure_says_where_in_the_authors_code_it_happened() -> None:
    assert (await failure("raises", what="no")).message == "no at work.py:102 in fails"
    assert (await failure("parses", text="{")).message.endswith("at work.py:106 in parses")


async def test_an_exception_may_ask_for_time_or_for_no_other_attempt() -> None:
    assert (await failure("raises", what="later")).retry_after == 7
    assert (await failure("raises", what="never")).permanent
    plain = await failure("raises", what="no")
    assert (plain.retry_after, plain.permanent) == (None, False)


async def test_too_few_descriptors_are_no_fault_of_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    def opens(a: int) -> None:
        raise OSError(errno.EMFILE, "too many open files")

    monkeypatch.setattr(work, "add", opens)
    with pytest.raises(OSError, match="too many"):
        await (await opened("add")).run(job(a=1))


# -- what it returns


@pytest.mark.parametrize(
    ("what", "kept"),
    [
        ("point", {"x": 1, "y": 2}),
        ("set", [1]),
        ("nan", None),
        ("big", 2**70),
        ("surrogate", "caf\udce9"),
        ("bytes", "YWI="),
    ],
)
async def test_what_json_can_hold_is_kept_as_json(what: str, kept: Value) -> None:
    assert await value("gives", what=what) == kept


@pytest.mark.parametrize("what", ["complex", "generator", "function", "loop"])
async def test_what_json_cannot_hold_fails_for_good_with_a_plain_sentence(what: str) -> None:
    told = await failure("gives", what=what)

    assert (told.code, told.permanent) == ("exception:TypeError", True)
    assert told.message.startswith(("it returned a ", "it returned an "))
    assert "JSON cannot hold" in told.message


async def test_the_screen_is_told_short_results() -> None:
    kind = await opened("whole")

    assert await kind.run(job(n=1)) == Done({"n": 1}, "")


# -- progress


async def test_progress_is_passed_on_cleaned_and_not_too_often() -> None:
    context = real()
    heard: list[tuple[int, float | None, str]] = []
    context.progress.listener = lambda *told: heard.append(told)
    kind = await opened("tells", context)

    assert await kind.run(job(7, n=2)) == Done(2, "2")
    assert heard == [(7, 0.5, "half")]


async def test_progress_from_a_thread_is_told_on_the_loop_and_kept_within_bounds() -> None:
    context = real()
    heard: list[float | None] = []
    context.progress.listener = lambda seq, share, text: heard.append(share)
    await (await opened("tells_from_a_thread", context)).run(job())

    assert heard == [1.0]


async def test_progress_of_a_job_that_has_ended_is_not_heard() -> None:
    context = real()
    heard: list[int] = []
    context.progress.listener = lambda seq, share, text: heard.append(seq)
    await (await opened("leaks", context)).run(job())
    work.leaked.pop()(0.5)

    assert heard == []


# -- secrets

SECRET = {"token": "{secret:env:TOKEN}"}


async def test_secrets_reach_the_function_and_nobody_else() -> None:
    kind = await opened("shows", real(environ={"TOKEN": "hush-hush!"}), args=SECRET)
    told = msgspec.json.encode(await kind.run(job())).decode()

    assert "•••" in told
    assert "hush" not in told
    assert kind.mask("a hush-hush! b") == "a ••• b"


async def test_a_secret_in_a_result_is_masked() -> None:
    kind = await opened("shows", real(environ={"TOKEN": "hush-hush"}), args=SECRET)

    assert await kind.run(job()) == Done("got •••", "got •••")


@pytest.mark.parametrize(("environ", "said"), [({}, "TOKEN is not set"), ({"TOKEN": "short"}, "fewer than 8")])
async def test_a_secret_that_is_missing_or_too_short_is_refused(environ: dict[str, str], said: str) -> None:
    with pytest.raises(PresetError, match=said):
        await opened("shows", real(environ=environ), args=SECRET)


# -- what it says


async def test_what_a_function_prints_and_logs_is_its_jobs_and_no_others(capsys: pytest.CaptureFixture[str]) -> None:
    kind = await opened("speaks")
    one, bad = await asyncio.gather(kind.run(job(1, name="one")), kind.run(job(2, name="bad")))

    assert isinstance(one, Done)
    assert one.detail == "one begins\nwarning: one is careful\none in a thread"
    assert isinstance(bad, Failed)
    assert bad.detail.endswith("ValueError: no\n\nit printed:\nbad begins\nwarning: bad is careful\nbad in a thread")
    assert "one begins\n" in capsys.readouterr().out
    assert kind.said(1) == ""


async def test_what_a_running_function_has_said_can_be_read_and_is_its_last_words() -> None:
    kind = await opened("speaks")
    running = asyncio.ensure_future(kind.run(job(7, name="waits")))
    while "thread" not in kind.said(7):  # noqa: ASYNC110 another thread tells nobody
        await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError) as ended:
        await running

    (words,) = ended.value.args
    assert words == LastWords("it printed:\nwaits begins\nwarning: waits is careful\nwaits in a thread")


async def test_only_the_end_of_a_flood_is_kept() -> None:
    outcome = await (await opened("floods")).run(job(lines=5_000))

    assert isinstance(outcome, Done)
    assert 3_900 < len(outcome.detail) <= 4_000
    assert outcome.detail.splitlines()[0].startswith("line 4")
    assert outcome.detail.endswith("line 4999")
