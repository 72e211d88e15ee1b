"""A crawl that goes on: what was found stays found, and nothing that is done is done again, whatever has changed."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from qtui.core.job import Job
from tests.journal.lives import change
from tests.wiring.test_resuming import Work

PRESET = """
[preset]
name = "bench"
{before}[[source]]
kind = "crawl"
start = ["{{site}}/"{start}]
{source}
[demo]
products = 12
per_listing = 4
latency_median = 0.0
gone_share = 0.0
moved_share = 0.0
reset_share = 0.0
drip_share = 0.0
burst_every = 0.0
rate_limit = 0.0
[workers]
concurrency = 1
[queue]
capacity = 2
[job]
kind = "http"
{job}
[job.http]
url = "{{url}}"
links = "a::link"
{http}
"""
SHELVES = ["/list/1", "/list/2", "/list/3"]
PRODUCTS = [f"/p/{n}" for n in range(1, 13)]
ALL = sorted(["/", *SHELVES, *PRODUCTS])


class Crawl(Work):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.before = self.start = self.source = self.http = ""

    def options(self) -> str:
        path = self.folder / "bench.toml"
        told = {"before": self.before, "start": self.start, "source": self.source, "job": self.job, "http": self.http}
        path.write_text(PRESET.format(**told))
        return str(path)

    def called(self, job: Job) -> str:
        return urlsplit(str(job.row["url"])).path


@pytest.fixture
def crawl(tmp_path: Path) -> Crawl:
    return Crawl(tmp_path)


def done_first(jobs: int) -> list[str]:
    """What one worker has done after so many jobs: pages are visited in the order in which they are found."""
    return ["/", *SHELVES, *PRODUCTS][:jobs]


def left(jobs: int) -> list[str]:
    return sorted(set(ALL) - set(done_first(jobs)))


@pytest.mark.parametrize("jobs", [1, 2, 5, 15])
async def test_an_unchanged_crawl_goes_on_where_it_was(crawl: Crawl, jobs: int) -> None:
    await crawl.live(jobs=jobs)
    plan = await crawl.planned()
    assert (plan.done, plan.gone, plan.surprises) == (jobs, 0, [])

    assert await crawl.goes_on() == left(jobs)


async def test_the_plan_counts_what_was_found_and_not_read(crawl: Crawl) -> None:
    await crawl.live(jobs=4)
    plan = await crawl.planned()

    assert plan.done + plan.queued + plan.interrupted + (plan.new or 0) == len(ALL)


async def test_it_goes_on_in_life_after_life(crawl: Crawl) -> None:
    await crawl.live(jobs=2)
    ran = [await crawl.goes_on(stop_at=3), await crawl.goes_on(stop_at=4), await crawl.goes_on()]

    assert sorted(page for life in ran for page in life) == left(2)


async def test_with_changed_keys_of_the_source_it_compares_what_was_found(crawl: Crawl) -> None:
    await crawl.live(jobs=6)
    crawl.source = "depth = 5"
    plan = await crawl.planned()
    assert (plan.done, plan.gone, plan.changed, plan.surprises) == (6, 0, 0, [])

    assert await crawl.goes_on() == left(6)


async def test_once_compared_every_later_life_is(crawl: Crawl) -> None:
    await crawl.live(jobs=3)
    crawl.source = "depth = 5"
    ran = [*await crawl.goes_on(stop_at=4), *await crawl.goes_on(stop_at=3), *await crawl.goes_on()]

    assert sorted(ran) == left(3)


async def test_pages_that_are_not_wanted_any_more_are_gone_and_that_is_a_surprise(crawl: Crawl) -> None:
    await crawl.live(jobs=5)
    crawl.source = "depth = 1"
    plan = await crawl.planned()
    assert plan.gone
    assert "no longer in it" in plan.surprises[0]

    assert await crawl.goes_on() == []


async def test_a_pattern_leaves_out_what_waits(crawl: Crawl) -> None:
    await crawl.live(jobs=4)
    crawl.source = 'exclude = ["/p/1[0-2]$"]'

    assert await crawl.goes_on() == sorted(set(left(4)) - {"/p/10", "/p/11", "/p/12"})


async def test_a_new_start_page_that_was_found_before_runs_once(crawl: Crawl) -> None:
    await crawl.live(jobs=6)
    crawl.start = ', "{site}/p/1", "{site}/p/12"'

    assert await crawl.goes_on() == left(6)


async def test_more_pages_may_be_wanted(crawl: Crawl) -> None:
    crawl.source = "max_jobs = 8"
    await crawl.live(jobs=5)
    crawl.source = "max_jobs = 10"

    assert await crawl.goes_on() == sorted(done_first(10)[5:])


async def test_kept_what_was_done_by_another_template_stays_done(crawl: Crawl) -> None:
    await crawl.live(jobs=6)
    crawl.job, crawl.http = 'changed = "keep"', 'extract = { title = "h1" }'

    assert await crawl.goes_on() == left(6)


async def test_rerun_every_page_runs_once_more_as_it_is_now(crawl: Crawl) -> None:
    await crawl.live(jobs=6)
    crawl.job, crawl.http = 'changed = "rerun"', 'extract = { title = "h1" }'
    ran = [*await crawl.goes_on(stop_at=9), *await crawl.goes_on()]

    assert sorted(ran) == ALL


async def test_a_failed_page_given_another_round_leads_on(crawl: Crawl) -> None:
    await crawl.live(jobs=1)
    change(crawl.run, "UPDATE job SET state = 'failed', signature = 'x' WHERE name LIKE '%/list/1\"%'")
    change(crawl.run, "UPDATE meta SET v = 1 WHERE k = 'failed'")

    assert await crawl.goes_on(retry=("failed",)) == left(1)


OTHER = '[[source]]\nkind = "list"\nitems = [{ url = "{site}/p/1", depth = 0, parent = "" }]\n'


async def test_a_crawl_that_stands_at_another_place_is_a_surprise_that_says_what_is_left_out(crawl: Crawl) -> None:
    await crawl.live(jobs=2)
    crawl.before = OTHER
    plan = await crawl.planned()

    assert any("found by the crawl that was source[0] will not be visited" in told for told in plan.surprises)


async def test_another_source_behind_a_crawl_takes_nothing_from_it(crawl: Crawl) -> None:
    await crawl.live(jobs=2)
    crawl.source = OTHER
    plan = await crawl.planned()

    assert not any("will not be visited" in told for told in plan.surprises)
