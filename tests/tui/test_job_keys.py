"""Keys about jobs: what was meant at key-down is what the command names, however rows move afterwards."""

from __future__ import annotations

import msgspec
import pytest

from qtui.core.commands import (
    Acknowledge,
    CancelJobs,
    CancelMatching,
    RetryJobs,
    RetryMatching,
    SetAsideGroup,
    SetAsideJobs,
    SetAsideMatching,
)
from qtui.core.job_filter import Condition
from qtui.core.queries import AttemptRow, JobRow, JobStory
from tests.tui.fake_port import FakePort
from tests.tui.rig import Rig, running, until
from tests.tui.samples import NOW, sample

FILTER = [Condition("text", ":", "shop")]


def row(seq: int, state: str = "failed") -> JobRow:
    return JobRow(seq, f"shop.example/p/{seq}", state, "feeds", 2, 1.0, 0.8, NOW, "HTTP 503 Service Unavailable")


def story(seq: int) -> JobStory:
    attempt = AttemptRow(1, 3, NOW - 9, 0.8, "failed", "http:503", "Service Unavailable", "GET https://x\n503")
    return JobStory(row(seq), f"key {seq}", NOW - 10, {"url": f"https://shop.example/p/{seq}"}, [attempt])


def port(*seqs: int) -> FakePort:
    made = FakePort(sample(), rows=[row(seq) for seq in seqs])
    made.stories = {seq: story(seq) for seq in seqs}
    made.reproducer = "curl https://shop.example/p/9"
    return made


async def listed(rig: Rig) -> None:
    await rig.press("3")
    await rig.shows("shop.example/p/9")


@pytest.mark.parametrize(
    ("key", "command"), [("r", RetryJobs([9, 8])), ("x", CancelJobs([9, 8])), ("i", SetAsideJobs([9, 8]))]
)
async def test_marked_jobs_are_asked_about_with_their_number(key: str, command: object) -> None:
    async with running(port=port(9, 8, 7)) as rig:
        await listed(rig)
        await rig.press("space", "space", key)
        await until(lambda: rig.app.screen.is_modal)
        assert "2 marked jobs" in rig.text()
        rig.port.rows.insert(0, row(10))
        await rig.press("y")
        assert await rig.asked() == [command]


async def test_the_first_answer_to_a_bulk_question_changes_nothing() -> None:
    async with running(port=port(9, 8)) as rig:
        await listed(rig)
        await rig.press("space", "space", "x")
        await until(lambda: rig.app.screen.is_modal)
        await rig.press("enter")
        await until(lambda: not rig.app.screen.is_modal)
        assert rig.port.commands == []


@pytest.mark.parametrize(
    ("key", "command"),
    [("R", RetryMatching(FILTER)), ("X", CancelMatching(FILTER)), ("I", SetAsideMatching(FILTER))],
)
async def test_all_that_match_are_counted_before_the_question(key: str, command: object) -> None:
    async with running(port=port(9, 8, 7)) as rig:
        await listed(rig)
        await rig.press("slash", *"shop", "enter", key)
        await until(lambda: rig.app.screen.is_modal)
        assert "3 jobs that match" in rig.text()
        await rig.press("y")
        assert await rig.asked() == [command]


async def test_nothing_is_done_to_a_whole_list_without_a_filter() -> None:
    async with running(port=port(9, 8)) as rig:
        await listed(rig)
        await rig.press("X")
        await rig.shows("filter the list first")
        assert rig.port.commands == []


async def test_i_sets_the_chosen_job_aside_and_takes_it_back() -> None:
    async with running(port=port(9, 8)) as rig:
        await listed(rig)
        await rig.press("i")
        assert await rig.asked() == [SetAsideJobs([9])]
        rig.port.rows[0] = msgspec.structs.replace(row(9), aside=True)
        await rig.press("o")
        await rig.shows("set aside")
        await rig.press("i")
        assert (await rig.asked(2))[1] == SetAsideJobs([9], False)


async def test_i_and_a_act_on_the_chosen_group_and_take_it_back() -> None:
    groups = sample().failures
    async with running(port=port()) as rig:
        await rig.press("4", "i", "a")
        assert await rig.asked(2) == [SetAsideGroup(groups[0].signature), Acknowledge(groups[0].signature)]
        marked = msgspec.structs.replace(groups[0], aside=True, acknowledged=True)
        await rig.give(sample(failures=[marked, *groups[1:]]))
        await rig.press("i", "a")
        assert (await rig.asked(4))[2:] == [
            SetAsideGroup(groups[0].signature, False),
            Acknowledge(groups[0].signature, False),
        ]


async def test_n_goes_through_the_list_under_the_drawer() -> None:
    async with running(port=port(9, 8, 7)) as rig:
        await listed(rig)
        await rig.press("enter")
        await rig.shows("JOB #9")
        await rig.press("n", "n")
        await rig.shows("JOB #7")
        await rig.press("N")
        await rig.shows("JOB #8")


@pytest.mark.parametrize(
    ("key", "copied"),
    [
        ("n", "shop.example/p/9"),
        ("i", "9"),
        ("e", "http:503: Service Unavailable\nGET https://x\n503"),
        ("r", "curl https://shop.example/p/9"),
    ],
)
async def test_the_copy_menu_copies_what_is_chosen(key: str, copied: str) -> None:
    async with running(port=port(9)) as rig:
        await listed(rig)
        await rig.press("enter")
        await rig.shows("LAST ERROR")
        await rig.press("y")
        await until(lambda: rig.app.screen.is_modal)
        await rig.press(key)
        await until(lambda: rig.app.clipboard == copied, f"clipboard is {rig.app.clipboard!r}")
        await rig.shows("copied")


async def test_y_copies_the_marked_lines_of_a_list() -> None:
    async with running(port=port(9, 8)) as rig:
        await listed(rig)
        await rig.press("space", "space", "y")
        await until(lambda: rig.app.clipboard.count("\n") == 1)
        assert rig.app.clipboard.splitlines()[0].startswith("#9  failed  shop.example/p/9")
        await rig.shows("copied 2 lines")
