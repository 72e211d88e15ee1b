"""Commands: what they are given, and what becomes of a row that a command cannot be made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from qtui.core.job import Done, Failed
from qtui.errors import PresetError
from tests.kinds.running import job, real
from tests.kinds.shell.running import ENVIRON, made, script, shell, table

HOSTILE = [
    "$(touch canary)",
    "`touch canary`",
    "; touch canary",
    "' ; touch canary #",
    '"; touch canary; "',
    "a\ntouch canary",
    "| touch canary",
    "&& touch canary",
    "*",
    "$IFS",
]


def value(outcome: Done | Failed) -> dict[str, Any]:
    assert isinstance(outcome, Done), outcome
    assert isinstance(outcome.value, dict)
    return outcome.value


async def test_the_last_line_is_the_note_and_the_output_the_result() -> None:
    async with shell(command=script("echo one; echo two; echo hm >&2")) as kind:
        outcome = await kind.run(job())

    assert value(outcome)["stdout"] == "one\ntwo"
    assert value(outcome)["stderr"] == "hm"
    assert isinstance(outcome, Done)
    assert outcome.note == "two"


async def test_an_unexpected_exit_code_is_its_own_class() -> None:
    async with shell(command=script("echo because >&2; exit 3")) as kind:
        outcome = await kind.run(job())

    assert outcome == Failed("exit:3", "the command ended with exit code 3: because", "because")


async def test_an_expected_exit_code_is_success() -> None:
    async with shell(command=script("exit 1"), expect=[0, 1]) as kind:
        assert value(await kind.run(job()))["exit"] == 1


async def test_a_command_that_kills_itself_was_killed() -> None:
    async with shell(command=script("kill -SEGV $$")) as kind:
        outcome = await kind.run(job())

    assert isinstance(outcome, Failed)
    assert outcome.code == "killed"
    assert "SIGSEGV" in outcome.message


async def test_standard_input_is_what_the_template_says() -> None:
    big = "x" * 300_000
    async with shell(command=["wc", "-c"], stdin="{line}") as kind:
        assert value(await kind.run(job(line=big)))["stdout"] == "300000"


async def test_without_stdin_there_is_nothing_to_read() -> None:
    async with shell(command=["cat"]) as kind:
        assert value(await kind.run(job()))["stdout"] == ""


async def test_a_command_runs_where_and_with_what_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    context = real(str(tmp_path), environ=ENVIRON)
    async with shell(
        context,
        command=script('pwd; echo "$COLOUR $TERM $QTUI_JOB_KEY $QTUI_ATTEMPT"'),
        cwd="{d}",
        env={"COLOUR": "{c}"},
    ) as kind:
        outcome = await kind.run(job(7, 2, d="a", c="red"))

    assert value(outcome)["stdout"].splitlines() == [str(tmp_path / "a"), "red dumb 7 2"]


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_no_value_is_ever_read_as_shell(hostile: str, tmp_path: Path) -> None:
    context = real(str(tmp_path), environ=ENVIRON)
    async with shell(context, command=["printf", "%s", "{line}"], cwd=str(tmp_path)) as kind:
        assert value(await kind.run(job(line=hostile)))["stdout"] == hostile
    async with shell(context, command='printf %s "$QTUI_line"', shell=True, cwd=str(tmp_path)) as kind:
        assert value(await kind.run(job(line=hostile)))["stdout"] == hostile

    assert not (tmp_path / "canary").exists()


async def test_a_value_that_looks_like_an_option_is_refused() -> None:
    async with shell(command=["echo", "{line}"]) as kind:
        outcome = await kind.run(job(line="-rf"))

    assert isinstance(outcome, Failed)
    assert outcome.code == "input"
    assert outcome.permanent
    assert '"--"' in outcome.message


async def test_behind_two_dashes_any_value_is_fine() -> None:
    async with shell(command=["grep", "-c", "--", "{line}"], stdin="-x", expect=[0]) as kind:
        assert value(await kind.run(job(line="-x")))["stdout"] == "1"


async def test_a_nul_character_is_refused() -> None:
    async with shell(command=["echo", "{line}"]) as kind:
        outcome = await kind.run(job(line="a\0b"))

    assert isinstance(outcome, Failed)
    assert outcome.code == "input"
    assert "NUL" in outcome.message


async def test_nested_fields_reach_a_shell_as_json() -> None:
    async with shell(command='printf %s "$QTUI_user"', shell=True) as kind:
        assert value(await kind.run(job(user={"id": 1})))["stdout"] == '{"id":1}'


def test_a_field_in_a_shell_text_is_refused_with_what_to_write() -> None:
    with pytest.raises(msgspec.ValidationError, match=r'write "\$QTUI_line"'):
        table(command="echo {line}", shell=True)


def test_one_text_needs_a_shell() -> None:
    with pytest.raises(msgspec.ValidationError, match="must be a list"):
        table(command="echo")


def test_a_secret_outside_of_env_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="secrets may be used in env only"):
        table(command=["echo", "{secret:env:TOKEN}"])


def test_a_program_that_does_not_exist_is_refused_with_the_nearest() -> None:
    with pytest.raises(PresetError, match=r"no program gzpi on the PATH; did you mean gzip\?"):
        made(command=["gzpi", "{line}"])


async def test_a_program_that_only_the_row_names_fails_its_job() -> None:
    async with shell(command=["{program}"]) as kind:
        outcome = await kind.run(job(program="no-such-program"))

    assert isinstance(outcome, Failed)
    assert outcome.code == "file"
    assert "no-such-program" in outcome.message


async def test_a_secret_reaches_the_command_and_nobody_else() -> None:
    environ = {"TOKEN": "s3cret-s3cret"}
    async with shell(
        environ=environ, command=script('echo "$T/$TOKEN"; exit 2'), env={"T": "{secret:env:TOKEN}"}
    ) as kind:
        outcome = await kind.run(job())

    assert isinstance(outcome, Failed)
    assert outcome.detail == "•••/"
    assert "s3cret" not in outcome.message
