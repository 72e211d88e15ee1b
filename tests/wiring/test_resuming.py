"""The plan of going on, and what the run does then: jobs by their keys, whatever has changed meanwhile."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from qtui.core import events as ev
from qtui.core.job import Done, Job
from qtui.core.past import Plan, mark
from qtui.core.port import Refusal
from qtui.engine.engine import Engine
from qtui.journal import recovery
from qtui.journal.runs import HeldRun, hold, new_run
from qtui.kinds.simulate import SimulateTable
from qtui.wiring.assemble import lay_ground, new_engine
from qtui.wiring.presets import Options, load
from qtui.wiring.resuming import Intent, Resumption, agreed
from tests.journal.lives import change

PRESET = """
[preset]
name = "bench"
{sources}
[workers]
concurrency = 2
[job]
kind = "simulate"
{job}
[job.simulate]
latency = "0s"
seed = 7
"""
TEXTS = """
[[source]]
kind = "list"
items = [{}]
"""


class Work:
    """A preset in a folder whose run is interrupted and gone on with, all in this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run: Path
        self.sources = ""
        self.job = ""
        self.plan: Plan
        self.items("a", "b", "c", "d")

    def items(self, *items: str) -> None:
        self.sources = TEXTS.format(", ".join(f'"{item}"' for item in items))

    def options(self) -> str:
        path = self.folder / "bench.toml"
        path.write_text(PRESET.format(sources=self.sources, job=self.job))
        return str(path)

    def called(self, job: Job) -> str:
        return str(job.row["line"])

    async def live(self, *, jobs: int) -> None:
        """A first life that ends when so many jobs are done; those after them have been accepted."""
        loaded = load(self.options())
        assert loaded.preset is not None, loaded.problems
        run = new_run(self.folder / "state", name="bench", preset="bench.toml", started_at=1e9)
        self.run = run.folder
        async with contextlib.AsyncExitStack() as cleanup:
            cleanup.callback(run.release)
            engine = new_engine(await lay_ground(loaded.preset, loaded.document, cleanup), run)
            engine.subscribe(stop_after(engine, jobs))
            await engine.start()
            await engine.wait_ended()
            await engine.close()

    @asynccontextmanager
    async def resumption(self) -> AsyncIterator[tuple[Resumption, HeldRun]]:
        loaded = load(self.options())
        assert loaded.preset is not None, loaded.problems
        async with contextlib.AsyncExitStack() as cleanup:
            run = hold(self.run)
            cleanup.callback(run.release)
            ground = await lay_ground(loaded.preset, loaded.document, cleanup)
            yield Resumption(ground, run, recovery.look(run.folder, 1e9 + 100)), run

    async def planned(self, intent: Intent = Intent(accept=True)) -> Plan:  # noqa: B008  # frozen
        async with self.resumption() as (resumption, _):
            return await agreed(resumption, intent, lambda doing: None)

    async def goes_on(self, retry: tuple[str, ...] = (), stop_at: int = 0) -> list[str]:
        """Go on to the end; the names of the jobs that ran."""
        ran: list[str] = []

        def watch(event: ev.Event) -> None:
            if isinstance(event, ev.AttemptStarted):
                ran.append(self.called(event.job))

        async with self.resumption() as (resumption, _):
            self.plan = await agreed(resumption, Intent(accept=True), lambda doing: None)
            engine = await resumption.engine(self.plan)
            engine.subscribe(watch)
            if stop_at:
                engine.subscribe(stop_after(engine, stop_at))
            await engine.start(retry)
            await engine.wait_ended()
            await engine.close()
            engine.ledger.validate()
        return sorted(ran)


def stop_after(engine: Engine, jobs: int) -> Callable[[ev.Event], None]:
    done = 0

    def watch(event: ev.Event) -> None:
        nonlocal done
        done += isinstance(event, ev.AttemptEnded) and isinstance(event.outcome, Done)
        if done >= jobs:
            engine.dispatcher.held = True
            if engine.dispatcher.running == 0:
                engine.stop("you")

    return watch


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work(tmp_path)


async def test_an_unchanged_preset_goes_on_where_it_was(work: Work) -> None:
    await work.live(jobs=2)

    assert await work.goes_on() == ["c", "d"]
    assert (work.plan.done, work.plan.surprises, work.plan.notes) == (2, [], [])
    assert work.plan.queued + (work.plan.new or 0) == 2


async def test_a_plan_changes_nothing(work: Work) -> None:
    await work.live(jobs=2)
    before = {path.name: path.read_bytes() for path in work.run.iterdir() if path.name != "lock"}
    await work.planned()

    assert {path.name: path.read_bytes() for path in work.run.iterdir() if path.name != "lock"} == before


async def test_what_is_appended_is_new_and_that_is_said_without_a_question(work: Work) -> None:
    await work.live(jobs=2)
    work.items("a", "b", "c", "d", "e")

    assert await work.goes_on() == ["c", "d", "e"]
    assert work.plan.surprises == []
    assert work.plan.notes == ["the input has changed: nothing is missing, what is new stands at its end"]


async def test_what_is_missing_is_a_surprise(work: Work) -> None:
    await work.live(jobs=2)
    work.items("b", "c", "d")

    assert await work.goes_on() == ["c", "d"]
    assert work.plan.surprises == ["the input has changed: 1 job no longer in it; known jobs are kept by their key"]
    assert (work.plan.done, work.plan.gone) == (2, 1)


async def test_what_is_new_in_the_middle_is_a_surprise(work: Work) -> None:
    await work.live(jobs=2)
    work.items("new", "a", "b", "c", "d")

    assert await work.goes_on() == ["c", "d", "new"]
    (said,) = work.plan.surprises
    assert said == "the input has changed: 1 new before known ones; known jobs are kept by their key"


async def test_once_the_input_has_changed_every_later_life_goes_by_the_keys(work: Work) -> None:
    await work.live(jobs=2)
    work.items("d", "c", "b", "a", "e")
    await work.goes_on()
    work.items("d", "c", "b", "a", "e", "f")

    assert await work.goes_on() == ["f"]


async def test_a_job_that_came_back_runs(work: Work) -> None:
    await work.live(jobs=2)
    work.items("a", "b")
    assert await work.goes_on() == []
    work.items("a", "b", "c", "d")

    assert await work.goes_on() == ["c", "d"]


async def test_each_source_is_compared_in_its_own_way(work: Work) -> None:
    """What only says where a row stands in one source may be what a row is in another."""
    work.sources = '[[source]]\nkind = "list"\nitems = [{line = "x", n = 1}, {line = "x", n = 2}]\n'
    work.sources += TEXTS.format('"a", "b"')
    work.job = 'key = "{line}{n}"'
    await work.live(jobs=4)
    work.sources += TEXTS.format('"z"')

    assert await work.goes_on() == ["z"]
    assert (work.plan.changed, work.plan.gone, work.plan.surprises) == (0, 0, [])


# -- another content under the same key


async def changed(work: Work, how: str) -> list[str]:
    work.job = f'key = "{{id}}"\nchanged = "{how}"'
    work.sources = '[[source]]\nkind = "list"\nitems = [{id = 1, line = "a"}, {id = 2, line = "b"}]\n'
    await work.live(jobs=2)
    work.sources = '[[source]]\nkind = "list"\nitems = [{id = 1, line = "a"}, {id = 2, line = "other"}]\n'
    return await work.goes_on()


async def test_asked_about_a_changed_job_stays_as_it_was_done(work: Work) -> None:
    assert await changed(work, "ask") == []
    (said,) = work.plan.surprises
    assert said.startswith("1 job would execute something else now: what was done stays as it is")


async def test_kept_a_changed_job_stays_and_that_is_said(work: Work) -> None:
    assert await changed(work, "keep") == []
    assert work.plan.surprises == []
    assert "1 job would execute something else now; what was done stays as it is" in work.plan.notes


async def test_rerun_a_changed_job_runs_again_once(work: Work) -> None:
    assert await changed(work, "rerun") == ["other"]
    assert work.plan.surprises == []
    assert "1 job would execute something else now, and run again" in work.plan.notes
    assert await work.goes_on() == []
    assert (work.plan.done, work.plan.gone, work.plan.changed) == (3, 0, 0)


async def test_running_again_what_another_template_did_survives_an_interruption(work: Work) -> None:
    items = [f"{number:02}" for number in range(20)]
    work.items(*items)
    work.job = 'key = "{line}"\nchanged = "rerun"\n[queue]\ncapacity = 2'
    await work.live(jobs=20)
    other = '{"kind":"simulate","key":"{line}","table":{"url":"elsewhere"}}'
    change(work.run, "UPDATE meta SET v = ? WHERE k = 'template'", other)
    first = await work.goes_on(stop_at=4)
    second = await work.goes_on()

    assert len(first) < 10
    assert sorted(first + second) == items
    assert await work.goes_on() == []
    assert (work.plan.gone, work.plan.changed, work.plan.surprises) == (0, 0, [])


@pytest.mark.parametrize("how", ["keep", "ask"])
async def test_what_was_done_under_another_key_stays_done_in_every_life(work: Work, how: str) -> None:
    await work.live(jobs=2)
    work.job = f'key = "{{line}}"\nchanged = "{how}"'
    first = await work.goes_on(stop_at=1)
    work.items("a", "b", "c", "d", "e")
    second = await work.goes_on()

    assert sorted(first + second) == ["c", "d", "e"]
    assert work.plan.gone == 0


async def test_an_open_job_that_has_changed_runs_once_as_it_is_now(work: Work) -> None:
    work.job = 'key = "{id}"\nchanged = "rerun"'
    work.sources = '[[source]]\nkind = "list"\nitems = [{id = 1, line = "a"}, {id = 2, line = "b"}]\n'
    await work.live(jobs=1)
    work.sources = '[[source]]\nkind = "list"\nitems = [{id = 1, line = "a"}, {id = 2, line = "other"}]\n'

    assert await work.goes_on() == ["other"]


# -- what an operator may change


@pytest.mark.parametrize("field", sorted(SimulateTable.__struct_encode_fields__))
def test_nothing_about_a_simulation_is_executed(field: str) -> None:
    assert field in SimulateTable.operational


async def test_operational_changes_ask_nobody(work: Work) -> None:
    await work.live(jobs=2)
    loaded = load(work.options(), Options("", (("job.simulate.latency", "1ms"), ("workers.concurrency", "7"))))
    assert loaded.preset is not None
    async with contextlib.AsyncExitStack() as cleanup:
        run = hold(work.run)
        cleanup.callback(run.release)
        ground = await lay_ground(loaded.preset, loaded.document, cleanup)
        plan = await Resumption(ground, run, recovery.look(run.folder, 1e9)).plan(lambda doing: None)

    assert (plan.surprises, plan.changed, plan.gone) == ([], 0, 0)


async def test_a_results_file_that_comes_too_late_is_told(work: Work) -> None:
    await work.live(jobs=2)
    work.job += f'\n[results]\npath = "{work.folder}/r.jsonl"'
    (note,) = (await work.planned()).notes

    assert note == "the run was begun without a results file and goes on without one; `qtui results` has them all"


# -- crashes


async def crashed(work: Work, *running: str) -> None:
    """The last life ended without a word, with these in the air."""
    await work.live(jobs=2)
    change(work.run, "UPDATE epoch SET ended = NULL, how = NULL")
    for line in running:
        change(work.run, "UPDATE job SET state = 'running', attempts = 1 WHERE row LIKE ?", f'%"{line}"%')
        change(work.run, "INSERT INTO attempt (seq, n, slot, t0) SELECT seq, 1, 1, 1 FROM job WHERE state = 'running'")


async def test_the_plan_names_what_runs_again(work: Work) -> None:
    work.job = 'name = "job {line}"'
    await crashed(work, "c")

    assert await work.goes_on() == ["c", "d"]
    assert (work.plan.interrupted, work.plan.names) == (1, ["job c"])


async def test_what_will_be_held_is_not_told_to_run_again(work: Work) -> None:
    work.job = 'on_crash = "hold"'
    await crashed(work, "c")

    assert await work.goes_on() == ["d"]
    assert (work.plan.interrupted, work.plan.undecided, work.plan.names) == (0, 1, [])
    assert work.plan.notes[-1].endswith("is not known; --retry-held runs it again")


async def test_who_was_running_in_two_crashes_is_announced(work: Work) -> None:
    await crashed(work, "c")
    change(work.run, "INSERT INTO suspect VALUES (?, 1)", mark('{"line":"c"}'))
    from qtui.journal.flight import Flight

    flight = Flight(work.run)
    flight.begin(Job(3, '{"line":"c"}', "c", {}))
    flight.close(orderly=False)

    assert (await work.planned()).notes == [
        "1 job of them, running in more than one crash of the engine, will run alone"
    ]


async def test_who_was_a_suspect_long_ago_is_not_announced(work: Work) -> None:
    await crashed(work, "c")
    change(work.run, "INSERT INTO suspect VALUES (?, 2)", mark('{"line":"a"}'))

    assert (await work.planned()).notes == []


# -- consent


async def test_a_surprise_needs_consent(work: Work) -> None:
    await work.live(jobs=2)
    work.items("b")
    with pytest.raises(Refusal, match="is unfinished") as refused:
        await work.planned(Intent())

    assert (int(refused.value.exit_code), refused.value.plan is not None) == (3, True)


async def test_only_to_see_the_plan_is_no_fault(work: Work) -> None:
    await work.live(jobs=2)
    with pytest.raises(Refusal) as refused:
        await work.planned(Intent(dry=True))

    assert int(refused.value.exit_code) == 0


async def test_who_wants_to_be_asked_is_asked_without_a_surprise(work: Work) -> None:
    await work.live(jobs=2)
    with pytest.raises(Refusal) as refused:
        await work.planned(Intent(ask=True))

    assert int(refused.value.exit_code) == 3


async def test_another_round_is_part_of_the_plan(work: Work) -> None:
    await work.live(jobs=2)
    change(work.run, "UPDATE meta SET v = 2 WHERE k = 'failed'")

    assert (await work.planned(Intent(retry=("failed", "held")))).notes == ["another round for 2 failed jobs"]


async def test_a_file_that_changes_after_the_plan_is_noticed_in_the_next_life(work: Work) -> None:
    source = work.folder / "lines.txt"
    source.write_text("a\nb\nc\nd\n")
    work.sources = '[[source]]\nkind = "lines"\npath = "lines.txt"\n'
    await work.live(jobs=2)
    async with work.resumption() as (resumption, _):
        plan = await agreed(resumption, Intent(), lambda doing: None)
        source.write_text("first\na\nb\nc\nd\n")
        engine = await resumption.engine(plan)
        await engine.close()

    assert "1 new before known ones" in (await work.planned()).surprises[0]


# -- the embedded site


def with_site(work: Work) -> None:
    work.sources = '[demo]\nsite = true\n[[source]]\nkind = "range"\nstop = 4\nline = "{site}/p/{n}"\n'
    work.job = 'key = "{line}"'


async def site_was(work: Work, address: str, *, in_the_last_life: bool) -> None:
    """The jobs of the first life name a site at `address`."""
    await work.live(jobs=2)
    with contextlib.closing(sqlite3.connect(work.run / "journal.db")) as db:
        (now,) = db.execute("SELECT v FROM meta WHERE k = 'site'").fetchone()
    change(work.run, "UPDATE job SET row = replace(row, ?, ?), name = replace(name, ?, ?)", *[now, address] * 2)
    if in_the_last_life:
        change(work.run, "UPDATE meta SET v = ? WHERE k = 'site'", address)
    else:
        change(work.run, "INSERT INTO meta VALUES ('sites', ?)", f'["{address}"]')


@pytest.mark.parametrize("in_the_last_life", [True, False])
async def test_jobs_follow_the_site_to_its_new_address(work: Work, in_the_last_life: bool) -> None:
    with_site(work)
    await site_was(work, "http://127.0.0.1:9", in_the_last_life=in_the_last_life)
    ran = await work.goes_on()

    assert [address.rpartition("/")[2] for address in ran] == ["3", "4"]
    assert not [address for address in ran if address.startswith("http://127.0.0.1:9/")]


async def test_failed_jobs_follow_the_site_too(work: Work) -> None:
    with_site(work)
    await site_was(work, "http://127.0.0.1:9", in_the_last_life=True)
    change(work.run, "UPDATE job SET state = 'failed' WHERE state = 'done'")
    change(work.run, "UPDATE attempt SET outcome = 'failed'")
    change(work.run, "DELETE FROM result")
    change(work.run, "UPDATE meta SET v = CASE k WHEN 'done' THEN 0 ELSE 2 END WHERE k IN ('done', 'failed')")
    ran = await work.goes_on(retry=("failed",))

    assert [address.rpartition("/")[2] for address in ran] == ["1", "2", "3", "4"]
    assert not [address for address in ran if address.startswith("http://127.0.0.1:9/")]


async def test_another_port_that_begins_alike_is_no_site_of_ours(work: Work) -> None:
    with_site(work)
    await site_was(work, "http://127.0.0.1:9", in_the_last_life=True)
    change(work.run, "UPDATE job SET row = replace(row, ':9/', ':91/') WHERE seq = 3")

    assert [address for address in await work.goes_on() if address.startswith("http://127.0.0.1:91/")]
