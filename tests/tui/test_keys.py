"""Every key against the command it sends."""

from __future__ import annotations

import msgspec
import pytest

from qtui.core.commands import (
    CancelJob,
    Command,
    Drain,
    Hold,
    KeepRunning,
    Pause,
    Release,
    Reply,
    Resume,
    RetryFailed,
    RetryGroup,
    SetAdaptive,
    SetCapacity,
    SetConcurrency,
    SetRate,
    Stop,
    Undo,
)
from qtui.core.snapshot import Control, ProducerState, RunState, SlotState, ThrottleView, Use
from qtui.tui.actions import BY_ID, ON_APP, Context, action_of, app_bindings, entries, hints, valid
from qtui.tui.ending import Left
from qtui.tui.screens.overview import SlotsPanel
from tests.tui.rig import running, until
from tests.tui.samples import sample, slots

replace = msgspec.structs.replace


@pytest.mark.parametrize(
    ("key", "command"),
    [
        ("p", Pause()),
        ("P", Hold()),
        ("T", SetAdaptive("on")),
        ("plus", SetConcurrency(13)),
        ("equals_sign", SetConcurrency(13)),
        ("minus", SetConcurrency(11)),
        ("right_curly_bracket", SetConcurrency(24)),
        ("left_curly_bracket", SetConcurrency(6)),
        ("z", Undo()),
    ],
)
async def test_a_key_sends_its_command(key: str, command: Command) -> None:
    async with running() as rig:
        await rig.press(key)
        assert await rig.asked() == [command]


async def test_p_resumes_when_all_are_paused() -> None:
    paused = [replace(producer, state=ProducerState.PAUSED) for producer in sample().producers]
    async with running(sample(state=RunState.PAUSED, producers=paused)) as rig:
        await rig.press("p")
        assert await rig.asked() == [Resume()]


@pytest.mark.parametrize("throttle", [ThrottleView(held_by_person=True), ThrottleView(halted="all failed")])
async def test_capital_p_releases_a_hold_and_a_halted_run(throttle: ThrottleView) -> None:
    async with running(sample(throttle=throttle)) as rig:
        await rig.press("P")
        assert await rig.asked() == [Release()]


@pytest.mark.parametrize(
    ("key", "typed", "command"),
    [
        ("c", "20", SetConcurrency(20)),
        ("b", "128", SetCapacity(128)),
        ("t", "2.5", SetRate(2.5)),
    ],
)
async def test_a_number_is_typed(key: str, typed: str, command: Command) -> None:
    async with running() as rig:
        await rig.press(key)
        await until(lambda: rig.app.screen.is_modal)
        await rig.press(*typed.replace(".", " full_stop ").split() if "." in typed else typed, "enter")
        assert await rig.asked() == [command]


async def test_an_empty_rate_lifts_the_limit() -> None:
    async with running(sample(control=Control(12, 64, 5.0))) as rig:
        await rig.press("t")
        await until(lambda: rig.app.screen.is_modal)
        await rig.press("backspace", "backspace", "backspace", "enter")
        assert await rig.asked() == [SetRate(None)]


async def test_held_plus_shows_its_target_and_gets_there() -> None:
    async with running() as rig:
        await rig.press(*["plus"] * 19)
        await rig.shows("WORKERS 12→")
        await until(lambda: SetConcurrency(31) in rig.port.commands)


async def test_fewer_stops_at_none() -> None:
    async with running(sample(control=Control(1, 64), slots=slots(1))) as rig:
        await rig.press("minus", "minus", "minus")
        await until(lambda: SetConcurrency(0) in rig.port.commands)
        assert all(command in (SetConcurrency(0),) for command in rig.port.commands)


async def test_a_refusal_is_shown() -> None:
    async with running() as rig:
        rig.port.replies = lambda command: Reply(False, "the run is draining")
        await rig.press("p")
        await rig.shows("× the run is draining")


async def test_an_undoable_answer_offers_z() -> None:
    async with running() as rig:
        rig.port.replies = lambda command: Reply(True, "workers 13", undo=True)
        await rig.press("plus")
        await rig.shows("✓ workers 13  z undo")


async def test_cancel_of_a_running_job_asks_first_and_hits_the_job_that_was_seen() -> None:
    async with running() as rig:
        await rig.press("down", "down", "x")
        await until(lambda: rig.app.screen.is_modal)
        moved = [replace(slot, seq=slot.seq + 500) for slot in sample().slots]
        await rig.give(sample(slots=moved))
        await rig.press("y")
        assert await rig.asked() == [CancelJob(3003)]


async def test_no_to_the_question_cancels_nothing() -> None:
    async with running() as rig:
        await rig.press("x")
        await until(lambda: rig.app.screen.is_modal)
        await rig.press("n")
        await until(lambda: not rig.app.screen.is_modal)
        assert rig.port.commands == []


async def test_cancel_without_a_job_says_so() -> None:
    idle = [replace(slot, state=SlotState.IDLE, seq=0) for slot in sample().slots]
    async with running(sample(slots=idle)) as rig:
        await rig.press("x")
        await rig.shows("no job is chosen")


async def test_the_story_of_a_slot_between_two_jobs_is_that_of_its_last_job() -> None:
    idle = [replace(slot, state=SlotState.IDLE, seq=0, last=3000 + slot.number) for slot in sample().slots]
    async with running(sample(slots=idle)) as rig:
        await rig.press("down", "enter")
        await rig.shows("#3002")
        await rig.press("escape", "x")
        await rig.shows("no job is chosen")
        assert rig.port.commands == [], "only what runs is cancelled"


async def test_retry_all_asks_and_retries() -> None:
    async with running() as rig:
        await rig.press("R")
        await until(lambda: rig.app.screen.is_modal)
        await rig.press("a")
        assert await rig.asked() == [RetryFailed()]


async def test_probing_all_takes_one_job_of_every_group() -> None:
    async with running() as rig:
        await rig.press("R")
        await until(lambda: rig.app.screen.is_modal)
        await rig.press("p")
        assert await rig.asked() == [RetryFailed(probe=True)]


async def test_r_in_the_failures_retries_the_chosen_group() -> None:
    async with running() as rig:
        await rig.press("4", "down", "r")
        await until(lambda: rig.app.screen.is_modal)
        await rig.press("a")
        assert await rig.asked() == [RetryGroup("HTTP 404|Not Found")]


async def test_the_cursor_stays_on_its_slot_when_rows_move() -> None:
    async with running() as rig:
        await rig.press("j", "j", "j")
        await rig.give(sample(slots=sample().slots[2:]))
        await rig.press("x")
        await until(lambda: rig.app.screen.is_modal)
        await rig.press("y")
        assert await rig.asked() == [CancelJob(3004)]


async def test_arrows_follow_what_is_drawn() -> None:
    async with running(sample(slots=slots(40), control=Control(40, 64))) as rig:
        panel = rig.app.screen.query_one(SlotsPanel)
        await rig.press("right")
        beside = panel.selected
        assert beside > 2
        await rig.press("down", "left")
        assert panel.selected == 2


@pytest.mark.parametrize(("answer", "command"), [("d", Drain()), ("s", Stop()), ("ctrl+c", Stop())])
async def test_leaving_by_drain_or_stop_waits_for_the_end(answer: str, command: Command) -> None:
    async with running() as rig:
        await rig.press("q")
        await until(lambda: rig.app.screen.is_modal)
        await rig.press(answer)
        assert await rig.asked() == [command]
        assert rig.app.return_value is None
        rig.port.give(sample(state=RunState.FINISHED))
        rig.port.end()
        assert (await rig.ended()).how is Left.FINISHED


@pytest.mark.parametrize("key", ["q", "ctrl+c", "ctrl+q"])
async def test_staying_changes_nothing(key: str) -> None:
    async with running() as rig:
        await rig.press(key)
        await until(lambda: rig.app.screen.is_modal)
        await rig.press("escape")
        await until(lambda: not rig.app.screen.is_modal)
        assert rig.port.commands == []
        assert rig.app.return_value is None


async def test_detaching_leaves_the_run_alone() -> None:
    async with running() as rig:
        await rig.press("q")
        await until(lambda: rig.app.screen.is_modal)
        await rig.press("b")
        assert (await rig.ended()).how is Left.DETACHED
        assert rig.port.commands == []
    assert rig.port.closed


async def test_a_finished_run_is_left_at_once() -> None:
    async with running(sample(state=RunState.FINISHED)) as rig:
        await rig.press("q")
        ending = await rig.ended()
        assert ending.how is Left.FINISHED
        assert ending.snapshot is not None


async def test_esc_takes_a_drain_back() -> None:
    async with running(sample(state=RunState.DRAINING)) as rig:
        await rig.press("escape")
        assert await rig.asked() == [KeepRunning()]


async def test_ctrl_z_only_explains() -> None:
    async with running() as rig:
        await rig.press("ctrl+z")
        await rig.shows("ctrl+z is off")


async def test_the_help_lists_the_keys_of_the_view() -> None:
    async with running() as rig:
        await rig.press("question_mark")
        await rig.shows("Pause the producers")
        await rig.press("escape")
        await until(lambda: not rig.app.screen.is_modal)


async def test_the_palette_runs_what_is_chosen() -> None:
    async with running() as rig:
        await rig.press("colon")
        await until(lambda: rig.app.screen.is_modal)
        await rig.press(*"pause", "enter")
        assert await rig.asked() == [Pause()]


def test_every_title_of_the_palette_runs() -> None:
    for context in Context:
        for action_id, title, label in entries(context):
            assert context in BY_ID[action_id].contexts
            assert title
            assert bool(label) == bool(BY_ID[action_id].keys)


def test_no_key_is_bound_twice_in_one_context() -> None:
    for context in Context:
        keys = [key for action in valid(context) for key in action.keys]
        assert len(keys) == len(set(keys)), context


def test_every_key_stands_for_its_action_in_every_place_where_that_works() -> None:
    for context in Context:
        for action in valid(context):
            assert all(action_of(key, context) == action.id for key in action.keys)
    assert {binding.id for binding in app_bindings()} == set(ON_APP)


@pytest.mark.parametrize("context", Context)
async def test_every_key_of_a_view_means_something_there(context: Context) -> None:
    """What changes the run is tried above; the rest is done by the screen or by the view, never by nobody."""
    over = context is Context.FINISHED
    async with running(sample(state=RunState.FINISHED) if over else sample()) as rig:
        stage, looks = rig.app._main._stage, rig.app._main._looks

        async def turn() -> None:
            stage.turn_to(Context.OVERVIEW if over or context is Context.INSPECTOR else context)
            await stage.settled()
            if context is Context.INSPECTOR:
                stage.open_drawer(3001)
            await until(lambda: stage.context is context)

        silent = []
        await turn()
        for action in valid(context):
            if action.changes or action.id in ON_APP or action.id in looks(action.id):
                continue
            if not (stage.drawer is not None and stage.drawer.act(action.id)) and not stage.do(action.id):
                silent.append(action.id)
            await rig.pilot.pause()
            if stage.context is not context:
                await turn()
        assert silent == []


def test_the_key_bar_only_offers_what_would_do_something() -> None:
    calm = sample(control=Control(12, 64), counts=replace(sample().counts, failed=0))
    offered = {hint.action for hint in hints(Context.OVERVIEW, calm)}
    assert not offered & {"undo", "retry_all", "retry", "filter"}
    assert {"pause", "more", "help", "leave"} <= offered


def test_a_drain_is_offered_its_way_back() -> None:
    texts = {hint.keys: hint.text for hint in hints(Context.OVERVIEW, sample(state=RunState.DRAINING))}
    assert texts["esc"] == "keep running"


def test_a_paused_run_is_offered_resume() -> None:
    texts = {hint.keys: hint.text for hint in hints(Context.OVERVIEW, sample(state=RunState.PAUSED))}
    assert texts["p"] == "resume"


async def test_changes_are_refused_when_the_engine_is_lost() -> None:
    async with running() as rig:
        rig.port.end()
        await until(lambda: rig.app.feed.lost)
        await rig.press("plus")
        await rig.shows("the engine is lost, nothing can be changed")
        assert "engine lost" in rig.rows()[0]
        assert rig.port.commands == []
        await rig.press("q")
        assert (await rig.ended()).how is Left.LOST


async def test_a_storm_of_keys_leaves_both_sides_consistent() -> None:
    async with running() as rig:
        await rig.press(*(["plus", "p", "z"] * 11))
        await until(lambda: not rig.app.workers or all(w.group != "keys" for w in rig.app.workers if not w.is_finished))
        assert rig.app.steering.dial.target in (None, 23)
        assert max(c.value for c in rig.port.commands if isinstance(c, SetConcurrency)) == 23


async def test_w_draws_the_slots_in_another_density_and_comes_round() -> None:
    async with running() as rig:
        seen = []
        for _ in range(5):
            await rig.press("w")
            row = next(row for row in rig.rows() if "SLOTS 12" in row)
            seen.append(row.partition(" as ")[2].partition(" ")[0])
        assert seen == ["columns", "cells", "blocks", "cards", ""]


async def test_many_slots_take_the_room_of_the_charts_and_give_it_back() -> None:
    many = sample(slots=slots(512), control=Control(512, 64), use=Use(16, ["8" * 60] * 32))
    async with running(many) as rig:
        await rig.shows("UTILISATION slots in groups of")
        assert "FLOW" not in rig.text()
        await rig.give(sample())
        await rig.shows("FLOW")
        assert "UTILISATION" not in rig.text()
