"""Saving and reloading a preset from the palette: what is asked, what is sent, what is refused."""

from __future__ import annotations

from qtui.core.commands import Drain, Pause, SetConcurrency, SetPerHost
from qtui.core.port import Change, Draft
from tests.tui.fake_port import FakeHost
from tests.tui.rig import Rig, running
from tests.tui.samples import sample


def host(rig: Rig) -> FakeHost:
    found = rig.app.host
    assert isinstance(found, FakeHost)
    return found


async def command(rig: Rig, words: str) -> None:
    """Run a command of the palette."""
    await rig.press("colon", *("space" if letter == " " else letter for letter in words), "enter")


async def test_a_preset_is_saved_under_the_name_that_was_typed_after_its_differences_were_shown() -> None:
    async with running() as rig:
        host(rig).drafted = Draft("/x/mine.toml", "text", [Change("workers.concurrency", "8", "12")])
        await command(rig, "save the preset")
        await rig.shows("Save the preset as")
        await rig.press("ctrl+u", *"mine.toml", "enter")
        await rig.shows("8 → 12")
        await rig.press("enter")
        await rig.shows("saved as /x/mine.toml")

        assert host(rig).asked == ["mine.toml"]
        assert [replace for _, replace in host(rig).saved] == [False]


async def test_replacing_a_file_is_not_the_first_choice() -> None:
    async with running() as rig:
        host(rig).drafted = Draft("/x/mine.toml", "text", [], exists=True, comments=12)
        await command(rig, "save the preset")
        await rig.shows("Save the preset as")
        await rig.press("enter")
        await rig.shows("12 lines of comment")
        await rig.press("enter")

        assert host(rig).saved == []


async def test_a_reload_asks_for_what_can_change_now_and_names_the_rest() -> None:
    async with running() as rig:
        host(rig).changed = [
            Change("workers.concurrency", "8", "9", SetConcurrency(9)),
            Change("throttle.per_host", "—", "2", SetPerHost(2)),
            Change("job.timeout", "10s", "20s"),
        ]
        await command(rig, "reload")
        await rig.shows("With the next start of the preset")
        await rig.press("y")

        assert await rig.asked(2) == [SetConcurrency(9), SetPerHost(2)]


async def test_a_reload_without_differences_says_so() -> None:
    async with running() as rig:
        await command(rig, "reload")
        await rig.shows("nothing to change")


async def test_draining_asks_first() -> None:
    async with running() as rig:
        await rig.press("D")
        await rig.shows("Drain this run?")
        await rig.press("enter")
        assert rig.port.commands == []
        await rig.press("D")
        await rig.shows("Drain this run?")
        await rig.press("y")

        assert await rig.asked() == [Drain()]


async def test_one_producer_is_paused_by_its_number() -> None:
    async with running() as rig:
        await command(rig, "one producer")
        await rig.shows("which producer?")
        await rig.press("2")

        assert await rig.asked() == [Pause(sample().producers[1].index)]


async def test_the_limit_of_a_host_is_typed() -> None:
    async with running() as rig:
        await command(rig, "at once for one host")
        await rig.shows("At once for one host")
        await rig.press("3", "enter")

        assert await rig.asked() == [SetPerHost(3)]
