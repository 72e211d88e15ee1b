"""How the shop answers, computed over virtual time without serving a page."""

from __future__ import annotations

import heapq
import math
from collections import Counter, deque
from itertools import pairwise
from statistics import mean, median

import msgspec
import pytest

from qtui.demo.behaviour import (
    Answer,
    Behaviour,
    Fate,
    Manner,
    TokenBucket,
    attempt_answer,
    fate,
    gone_paths,
    in_burst,
    latency,
)
from qtui.demo.catalogue import Catalogue
from qtui.demo.chance import bend, draw
from qtui.demo.config import SiteConfig

DEFAULT = SiteConfig()
PATHS = tuple(Catalogue().paths())
ONLY_LIMIT = msgspec.structs.replace(SiteConfig.calm(), rate_limit=10.0, rate_burst=20)


def crawl(config: SiteConfig, connections: int) -> tuple[float, Counter[int], Counter[str]]:
    """Fetch every page with retries in virtual time: seconds taken, answers by status, tries by path."""
    behaviour = Behaviour(config, 0.0)
    fresh, waiting = deque(PATHS), list[tuple[float, str]]()
    free = [0.0] * connections
    statuses, tries, end = Counter[int](), Counter[str](), 0.0
    while fresh or waiting:
        now = heapq.heappop(free)
        if waiting and (waiting[0][0] <= now or not fresh):
            due, path = heapq.heappop(waiting)
            now = max(now, due)
        else:
            path = fresh.popleft()
        tries[path] += 1
        answer = behaviour.answer(path, now)
        if answer.status == 302:
            answer = behaviour.answer(path, now, canonical=True)
        statuses[answer.status] += 1
        dripping = config.drip_pieces * config.drip_pause if answer.manner is Manner.DRIP else 0.0
        end = now + answer.delay + dripping + 0.002
        if answer.refused:
            heapq.heappush(waiting, (end + max(0.5, answer.retry_after), path))
        heapq.heappush(free, end)
    return max(free), statuses, tries


def burst_moment(config: SiteConfig) -> float:
    return next(t / 10 for t in range(1000) if in_burst(config, t / 10))


def test_draws_are_even_and_the_same_on_every_machine():
    drawn = [draw(7, "x", n) for n in range(4000)]
    assert min(drawn) >= 0.0
    assert max(drawn) < 1.0
    assert mean(drawn) == pytest.approx(0.5, abs=0.02)
    assert draw(7, "latency", "/p/1", 1) == 0.7394933302207113


def test_the_ends_of_a_draw_stay_finite():
    assert math.isfinite(bend(0.0))
    assert math.isfinite(bend(1.0))


def test_default_latency_has_the_mean_and_the_tail_that_was_promised():
    delays = sorted(latency(DEFAULT, path, 1) for path in PATHS)
    assert mean(delays) == pytest.approx(0.45, abs=0.05)
    assert median(delays) == pytest.approx(0.205, abs=0.02)
    assert 3.0 < delays[int(len(delays) * 0.99)] < 5.0
    assert delays[-1] <= DEFAULT.latency_cap


def test_latency_depends_on_path_and_attempt_only():
    assert latency(DEFAULT, "/p/1", 1) == latency(DEFAULT, "/p/1", 1)
    assert len({latency(DEFAULT, path, attempt) for path in PATHS[:10] for attempt in (1, 2, 3)}) == 30


def test_a_calm_site_has_no_delay_and_no_mishap():
    calm = Behaviour(SiteConfig.calm(), 0.0)
    assert {calm.answer(path, n / 1000) for n, path in enumerate(PATHS)} == {Answer()}


def test_eight_connections_fetch_the_shop_in_about_two_minutes():
    seconds, statuses, _ = crawl(DEFAULT, 8)
    assert 105 < seconds < 140
    assert statuses[429] == 0
    assert 60 < statuses[500] + statuses[503] < 200


def test_sixty_four_connections_meet_the_rate_limit():
    _, statuses, _ = crawl(DEFAULT, 64)
    assert statuses[429] > 100


@pytest.mark.parametrize("connections", [1, 8, 64])
def test_three_tries_always_win(connections: int):
    _, statuses, tries = crawl(DEFAULT, connections)
    assert max(tries.values()) == 3
    assert statuses[404] == len(gone_paths(DEFAULT, Catalogue()))


def test_a_page_is_served_after_its_refusals_in_a_row_even_on_the_worst_day():
    worst = msgspec.structs.replace(DEFAULT, reset_share=1.0, gone_share=0.0, moved_share=0.0, rate_limit=0.0)
    behaviour = Behaviour(worst, 0.0)
    refused = [behaviour.answer("/p/1", 0.0).refused for _ in range(6)]
    assert refused == [True, True, False, True, True, False]


def test_a_few_product_pages_are_gone_for_ever():
    gone = gone_paths(DEFAULT, Catalogue())
    assert 4 <= len(gone) <= 12
    behaviour = Behaviour(DEFAULT, 0.0)
    assert all(behaviour.answer(path, t).status == 404 for t in (0.0, 50.0, 100.0) for path in gone)


def test_listings_are_never_gone_or_moved():
    everything = msgspec.structs.replace(DEFAULT, gone_share=1.0)
    assert fate(everything, "/list/1") is Fate.HERE
    assert fate(everything, "/p/1") is Fate.GONE


def test_a_moved_page_redirects_until_it_is_asked_for_by_its_canonical_address():
    moved = next(path for path in PATHS if fate(DEFAULT, path) is Fate.MOVED)
    behaviour = Behaviour(DEFAULT, 0.0)
    assert behaviour.answer(moved, 0.0) == Answer(status=302)
    assert behaviour.answer(moved, 0.0, canonical=True).status == 200


def test_about_the_chosen_share_of_requests_is_reset_or_drips():
    config = msgspec.structs.replace(SiteConfig.calm(), reset_share=0.1, drip_share=0.2)
    manners = Counter(attempt_answer(config, path, 1, 0.0).manner for path in PATHS)
    assert manners[Manner.RESET] / len(PATHS) == pytest.approx(0.1, abs=0.02)
    assert manners[Manner.DRIP] / len(PATHS) == pytest.approx(0.2, abs=0.03)


def test_every_period_has_one_burst_of_the_chosen_length():
    for period in range(8):
        start = int(period * DEFAULT.burst_every * 100)
        lit = [in_burst(DEFAULT, t / 100) for t in range(start, start + int(DEFAULT.burst_every * 100))]
        assert sum(lit) / 100 == pytest.approx(DEFAULT.burst_length, abs=0.02)
        assert sum(a != b for a, b in pairwise(lit)) <= 2


def test_errors_come_in_bursts_only():
    during = burst_moment(DEFAULT)
    inside = Counter(attempt_answer(DEFAULT, path, 1, during).status for path in PATHS)
    outside = Counter(
        attempt_answer(DEFAULT, path, 1, during + DEFAULT.burst_length).status for path in PATHS
    )
    assert (inside[500] + inside[503]) / len(PATHS) == pytest.approx(DEFAULT.burst_share, abs=0.04)
    assert min(inside[500], inside[503]) > 200
    assert set(outside) == {200}


def test_a_burst_as_long_as_its_period_never_ends():
    config = msgspec.structs.replace(DEFAULT, burst_every=5.0, burst_length=9.0)
    assert all(in_burst(config, float(t)) for t in range(30))


def test_a_bucket_gives_its_burst_and_then_its_rate():
    bucket = TokenBucket(rate=10.0, burst=3, now=0.0)
    assert [bucket.take(0.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert bucket.take(0.0) == pytest.approx(0.1)
    assert bucket.take(0.11) == 0.0
    assert bucket.take(0.15) == pytest.approx(0.05)


def test_a_bucket_never_holds_more_than_its_burst():
    bucket = TokenBucket(rate=10.0, burst=2, now=0.0)
    assert [bool(bucket.take(3600.0)) for _ in range(3)] == [False, False, True]


def test_requests_above_the_rate_get_429_with_whole_seconds_to_wait():
    behaviour = Behaviour(ONLY_LIMIT, 0.0)
    answers = [behaviour.answer(path, 0.0) for path in PATHS[:30]]
    assert [answer.status for answer in answers] == [200] * 20 + [429] * 10
    assert answers[-1].retry_after == 1


def test_after_the_named_wait_the_request_is_served():
    behaviour = Behaviour(ONLY_LIMIT, 0.0)
    refused = [behaviour.answer(path, 0.0) for path in PATHS[:21]][-1]
    assert behaviour.answer(PATHS[20], float(refused.retry_after)).status == 200
