"""Every verdict of the table, its numbers, and its calm."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from qtui.core.snapshot import (
    AutoView,
    Control,
    Counts,
    FailureGroup,
    Grip,
    HeadView,
    Health,
    HostView,
    LaneView,
    Latency,
    ProducerState,
    ProducerView,
    QueueView,
    Rates,
    RunState,
    Series,
    SlotState,
    SlotView,
    Snapshot,
    ThrottleView,
)
from qtui.core.stall import Stall
from qtui.core.verdict import Judge, Kind, Verdict, unreachable


def producer(pressure: float = 0.0, state: ProducerState = ProducerState.ACTIVE) -> ProducerView:
    return ProducerView(0, "sitemap", state, 100, 200, 7.0, 14.0, pressure=pressure)


def slots(busy: int, idle: int = 0, leaving: int = 0) -> list[SlotView]:
    states = [SlotState.RUNNING] * busy + [SlotState.IDLE] * idle + [SlotState.LEAVING] * leaving
    return [SlotView(n, state, n, "job", 1, 3, 1.0, 10.0) for n, state in enumerate(states, 1)]


def snapshot(at: float = 100.0, **changes: object) -> Snapshot:
    calm = Snapshot(
        run_id="r",
        name="scrape",
        preset="scrape",
        state=RunState.RUNNING,
        started_at=0.0,
        elapsed_s=at,
        counts=Counts(accepted=200, pending=10, running=8, done=182, total=400),
        control=Control(8, 64),
        queue=QueueView(64, 10),
        producers=[producer()],
        slots=slots(8),
        rates=Rates(admitted=14.1, started=14.0, done=13.6, done_30s=13.6, busy_share=0.7),
        series=Series(1.0, [14] * 60, [0] * 60),
    )
    return msgspec.structs.replace(calm, **changes)


def judged(*snaps: Snapshot) -> Verdict:
    judge = Judge()
    verdicts = [judge.step(snap) for snap in snaps]
    return verdicts[-1]


def test_flowing_says_what_goes_in_and_out() -> None:
    verdict = judged(snapshot())
    assert (verdict.kind, verdict.glyph, verdict.word) == (Kind.FLOWING, "✓", "FLOWING")
    assert verdict.sentence == "14/s in, 14/s out · bottleneck: producers, workers have slack (70% busy)"


def test_a_blocked_producer_is_pressure_and_the_workers_are_named() -> None:
    verdict = judged(snapshot(producers=[producer(0.12)], rates=Rates(busy_share=1.0)))
    assert verdict.word == "BACKPRESSURE"
    assert verdict.sentence == "queue full, producers wait in put() · bottleneck: workers, 100% busy"
    assert (verdict.key, verdict.key_text) == ("+", "add a worker")
    assert verdict.pressure


def test_pressure_stays_until_all_are_calm_for_two_seconds() -> None:
    judge = Judge()
    seen = [
        judge.step(snapshot(at, producers=[producer(share)])).pressure
        for at, share in ((0, 0.09), (1, 0.10), (2, 0.05), (3, 0.02), (4.9, 0.02), (5, 0.02))
    ]
    assert seen == [False, True, True, True, True, False]


def test_depth_hovering_at_capacity_does_not_flicker() -> None:
    judge = Judge()
    kinds = []
    for tick in range(240):
        depth = 64 - tick % 2
        share = 0.08 + 0.07 * (tick % 3 == 0)
        kinds.append(judge.step(snapshot(tick / 4, queue=QueueView(64, depth), producers=[producer(share)])).kind)
    changes = sum(a is not b for a, b in itertools.pairwise(kinds))
    assert changes <= 1


def test_a_rate_limit_is_the_bottleneck_and_not_the_workers() -> None:
    limited = ThrottleView(rate=5.0, holding=0.8)
    verdict = judged(snapshot(producers=[producer(0.9)], throttle=limited))
    assert verdict.sentence == "queue full · bottleneck: rate limit 5/s, not the workers"
    assert (verdict.key, verdict.key_text) == ("t", "change limit")
    assert judged(snapshot(throttle=limited)).kind is Kind.HELD


@pytest.mark.parametrize("state", [RunState.HALTED, RunState.DRAINING])
def test_a_halted_run_says_why_and_who_can_release_it(state: RunState) -> None:
    halted = ThrottleView(held_by_person=True, halted="23 of the last 100 attempts failed")
    verdict = judged(snapshot(state=state, throttle=halted, series=Series(1.0, [0] * 60, [14] * 60)))
    assert (verdict.word, verdict.glyph, verdict.held) == ("HALTED", "×", True)
    assert verdict.sentence == "stopped starting: 23 of the last 100 attempts failed"
    assert (verdict.key, verdict.key_text) == ("P", "release")


@pytest.mark.parametrize(
    ("health", "sentence"),
    [
        (Health(memory_share=0.93, memory_limit=2 * 10**9), "memory 93% of 2.0 GB: nothing new starts"),
        (Health(), "memory: nothing new starts"),
    ],
)
def test_short_memory_is_told_in_numbers(health: Health, sentence: str) -> None:
    throttle = ThrottleView(short_of_memory=True)
    verdict = judged(snapshot(health=health, throttle=throttle, producers=[producer(0.9)]))
    assert (verdict.word, verdict.sentence, verdict.held) == ("HELD", sentence, True)


def test_held_is_left_below_three_percent() -> None:
    judge = Judge()
    kinds = [
        judge.step(snapshot(at, throttle=ThrottleView(5.0, share))).kind
        for at, share in ((1, 0.1), (2, 0.04), (3, 0.02))
    ]
    assert kinds == [Kind.HELD, Kind.HELD, Kind.FLOWING]


def test_a_hold_by_a_person_offers_release() -> None:
    verdict = judged(snapshot(throttle=ThrottleView(held_by_person=True)))
    assert verdict.sentence == "nothing new starts · 10 waiting · 8 running jobs to finish"
    assert verdict.key == "P"


def test_pause_says_since_when_and_when_the_queue_is_empty() -> None:
    paused = {"state": RunState.PAUSED, "rates": Rates(started=5.0)}
    verdict = judged(snapshot(10), snapshot(11, **paused), snapshot(16, **paused, queue=QueueView(64, 40)))
    assert verdict.sentence == "producers paused 5s ago · queue empty in ~8s"
    assert (verdict.key, verdict.key_text) == ("p", "resume")


def test_a_pause_from_before_has_no_invented_age() -> None:
    assert judged(snapshot(state=RunState.PAUSED, rates=Rates())).sentence == "producers paused"


def test_starving_needs_an_empty_queue_and_idle_slots_for_three_seconds() -> None:
    judge = Judge()
    empty = {"queue": QueueView(64, 0), "slots": slots(2, idle=6)}
    verdicts = [judge.step(snapshot(at, **empty)) for at in (0, 2.9, 3.0)]
    assert [verdict.kind for verdict in verdicts] == [Kind.FLOWING, Kind.FLOWING, Kind.STARVING]
    assert verdicts[-1].sentence == "queue empty, 6 of 8 workers idle · bottleneck: producers, they offer 14/s"


def test_the_last_jobs_of_a_run_are_not_starvation() -> None:
    end = {
        "queue": QueueView(64, 0),
        "slots": slots(1, idle=7),
        "producers": [producer(state=ProducerState.DONE)],
        "counts": Counts(accepted=200, running=1, done=199, total=200),
    }
    verdict = judged(snapshot(0, **end), snapshot(9, **end))
    assert verdict.sentence == "producers are done, 1 job to finish"


def test_the_last_jobs_in_back_off_are_named() -> None:
    end = snapshot(
        producers=[producer(state=ProducerState.DONE)],
        counts=Counts(accepted=200, waiting=2, done=198, total=200),
        lane=LaneView(2, 1.8, [1.8, 4.0]),
    )
    assert judged(end).sentence == "2 jobs left, in back-off, next in 1.8s"


def storm(failed: int, done: int) -> Snapshot:
    group = FailureGroup("503", "HTTP 503", "down", 3, 156, 0, 1, [0, failed], True, hosts=[("api.example", 9)])
    return snapshot(series=Series(1.0, [0] * 59 + [done], [0] * 59 + [failed]), failures=[group])


def test_failing_wins_over_everything_and_names_the_group() -> None:
    verdict = judged(msgspec.structs.replace(storm(156, 300), producers=[producer(0.9)]))
    assert verdict.sentence == "156 failed attempts of 456 in the last minute · HTTP 503 on api.example"
    assert (verdict.key, verdict.key_text) == ("4", "triage")
    assert verdict.pressure


@pytest.mark.parametrize(
    ("failed", "done", "kind"),
    [(19, 0 + 100, Kind.FLOWING), (20, 100, Kind.FAILING), (20, 300, Kind.FLOWING), (5, 0, Kind.FAILING)],
)
def test_failing_needs_many_and_a_tenth_or_all_of_a_few(failed: int, done: int, kind: Kind) -> None:
    assert judged(storm(failed, done)).kind is kind


def test_failing_is_left_below_half() -> None:
    assert judged(storm(40, 100), storm(11, 100)).kind is Kind.FAILING
    assert judged(storm(40, 100), storm(9, 100)).kind is Kind.FLOWING


def test_leaving_slots_are_counted_under_pressure() -> None:
    verdict = judged(
        snapshot(producers=[producer(0.9)], slots=slots(5, leaving=7), control=Control(5, 64, undo="concurrency"))
    )
    assert verdict.sentence == "7 slots leaving, slowest up to 9.0s · queue full"
    assert verdict.key == "z"


AUTO = AutoView(7, 4, 32, False, "429 from api")


@pytest.mark.parametrize(
    ("throttle", "bottleneck"),
    [
        (ThrottleView(adaptive=AUTO), "auto limit 7 of 8: 429 from api"),
        (ThrottleView(adaptive=msgspec.structs.replace(AUTO, frozen=True)), "frozen auto limit 7 of 8: 429 from api"),
        (ThrottleView(adaptive=AUTO, descriptors=5), "this machine, file descriptors for 5 of 8 workers"),
        (ThrottleView(adaptive=msgspec.structs.replace(AUTO, limit=8)), "workers, 70% busy"),
    ],
)
def test_a_limit_of_our_own_is_named_when_it_holds(throttle: ThrottleView, bottleneck: str) -> None:
    assert judged(snapshot(producers=[producer(0.9)], throttle=throttle)).bottleneck == bottleneck


def test_no_workers_under_pressure_is_said() -> None:
    verdict = judged(snapshot(producers=[producer(0.9)], control=Control(0, 64), slots=[]))
    assert verdict.bottleneck == "no workers"


def test_a_slow_disk_is_the_bottleneck() -> None:
    verdict = judged(snapshot(producers=[producer(0.9)], health=Health(journal="slow", journal_lag=1204)))
    assert verdict.bottleneck == "the disk, 1,204 records not yet written"


def test_a_slow_disk_is_said_where_nobody_waits_in_put_and_is_over_after_two_calm_seconds() -> None:
    judge = Judge()
    slow = Health(journal="slow", journal_lag=1204)
    verdict = judge.step(snapshot(100, health=slow))
    kinds = [judge.step(snapshot(at)).kind for at in (101, 102, 103)]

    assert (verdict.word, verdict.glyph) == ("JOURNAL SLOW", "▲")
    assert verdict.sentence == "done jobs are shown late · bottleneck: the disk, 1,204 records not yet written"
    assert kinds == [Kind.JOURNAL_SLOW, Kind.JOURNAL_SLOW, Kind.FLOWING]


def test_a_full_disk_comes_before_everything_else_and_is_over_at_once() -> None:
    full = "disk full: nothing is lost, the run goes on when there is space for /state/x"
    judge = Judge()
    verdict = judge.step(snapshot(100, health=Health(journal="blocked"), problem=full, state=RunState.PAUSED))

    assert verdict.word == "DISK FULL"
    assert verdict.sentence == f"nothing new starts until there is space · what runs is finished · {full}"
    assert judge.step(snapshot(101)).kind is Kind.FLOWING


def test_a_journal_that_another_program_locks_is_not_called_a_full_disk() -> None:
    verdict = judged(snapshot(health=Health(journal="blocked"), problem="another program has locked the journal"))

    assert verdict.word == "JOURNAL BLOCKED"
    assert verdict.sentence == "nothing new starts · another program has locked the journal"


def test_a_late_loop_is_named_before_workers_are_blamed_and_forgotten_when_it_is_over() -> None:
    judge = Judge()
    pressed = {"producers": [producer(0.9)], "rates": Rates(busy_share=1.0)}
    verdict = judge.step(snapshot(100, health=Health(0.4), **pressed))
    kinds = [judge.step(snapshot(at, **pressed)).kind for at in (101, 102, 103.5)]

    assert (verdict.word, verdict.pressure) == ("LAGGING", True)
    assert verdict.sentence == "numbers may lag · bottleneck: the engine itself, its loop is 0.40s late"
    assert kinds == [Kind.LAGGING, Kind.LAGGING, Kind.PRESSURE]


def test_a_loop_that_is_a_little_late_is_no_verdict() -> None:
    assert judged(snapshot(health=Health(0.24))).kind is Kind.FLOWING


@pytest.mark.parametrize(
    ("lost", "gone", "word", "sentence"),
    [
        (
            False,
            False,
            "NO ANSWER",
            "the engine has not answered for 8 s · this is the last picture · nothing can be changed",
        ),
        (True, False, "ENGINE LOST", "looking for the engine · this is the last picture · nothing can be changed"),
        (
            True,
            True,
            "ENGINE LOST",
            "`qtui scrape` resumes the run · `qtui results r` · nothing that was shown as done is lost",
        ),
    ],
)
def test_an_engine_that_cannot_be_heard_is_told_with_what_can_be_typed(
    lost: bool, gone: bool, word: str, sentence: str
) -> None:
    last = Verdict(Kind.PRESSURE, "queue full", pressure=True, held=True)
    verdict = unreachable(snapshot(), last, 8.2, lost=lost, gone=gone)

    assert (verdict.word, verdict.sentence) == (word, sentence)
    assert (verdict.pressure, verdict.held) == (True, True)  # the wall on the last picture stays


def test_code_that_blocks_a_silent_engine_is_named_with_what_helps() -> None:
    last = Verdict(Kind.PRESSURE, "queue full", pressure=True, held=True)
    verdict = unreachable(snapshot(), last, 3.4, lost=False, gone=False, stall=Stall(3.2, "work.py:12 in primes()"))

    assert verdict.word == "LOOP BLOCKED"
    assert verdict.sentence == (
        "the loop has been blocked for 3 s by work.py:12 in primes()"
        ' · workers.executor = "process" keeps such work off it'
    )
    assert (verdict.pressure, verdict.held) == (True, True)


def test_a_lost_engine_is_lost_whatever_blocked_it_before() -> None:
    stall = Stall(3.2, "work.py:12 in primes()")
    verdict = unreachable(snapshot(), Verdict(Kind.FLOWING), 3.4, lost=True, gone=False, stall=stall)

    assert verdict.kind is Kind.LOST


PRESSED = {"producers": [producer(0.9)], "rates": Rates(done=10.0, done_30s=10.0, busy_share=1.0)}


def after_more(workers: int, waited: float, **changes: object) -> Verdict:
    """The verdict so many seconds after 8 workers became more, while producers wait."""
    judge = Judge()
    for at in (0, 25, 50):
        judge.step(snapshot(at, **PRESSED))
    verdict = judge.step(snapshot(51, **{**PRESSED, **changes}, control=Control(workers, 64)))
    for tenth in range(1, round(waited * 10) + 1):
        verdict = judge.step(snapshot(51 + tenth / 10, **{**PRESSED, **changes}, control=Control(workers, 64)))
    return verdict


def test_more_workers_in_vain_is_said_within_twenty_seconds() -> None:
    verdict = after_more(16, 19.0)
    assert verdict.sentence == "more workers did not help, 8 → 16 · bottleneck: not the workers, still 10/s"
    assert verdict.key == "-"


def test_one_worker_more_in_vain_is_said_within_twenty_seconds_where_a_limit_explains_it() -> None:
    held = ThrottleView(None, 0.9, per_host=4, hosts=[HostView("api.x:443", 4, 60, "limit")])
    verdict = after_more(9, 19.0, throttle=held)
    assert verdict.sentence == (
        "more workers did not help, 8 → 9 · bottleneck: one host (api.x:443 has 4 of 8 running), limit 4 per host"
    )
    idle = after_more(9, 19.0, throttle=ThrottleView(5.0, 0.9), producers=[producer()])
    assert idle.sentence == "more workers did not help, 8 → 9 · bottleneck: rate limit 5/s, not the workers"


def test_nothing_is_said_before_the_rate_is_one_of_after_the_change() -> None:
    assert after_more(16, 11.0).bottleneck == "workers, 100% busy"


def test_what_may_be_chance_is_not_said() -> None:
    assert after_more(9, 19.0).bottleneck == "workers, 100% busy"
    many = Rates(done=1000.0, done_30s=1000.0, busy_share=1.0)
    judge = Judge()
    for at in (0, 50):
        judge.step(snapshot(at, producers=[producer(0.9)], rates=many))
    verdicts = [
        judge.step(snapshot(at, producers=[producer(0.9)], rates=many, control=Control(9, 64))) for at in (51, 70)
    ]
    assert verdicts[-1].what == "more workers did not help, 8 → 9"


def test_long_jobs_are_given_time_before_more_workers_are_called_useless() -> None:
    slow = Latency(20.0, 25.0, 30.0)
    assert after_more(16, 30.0, latency=slow).bottleneck == "workers, 100% busy"
    assert after_more(16, 45.0, latency=slow).what == "more workers did not help, 8 → 16"


def test_more_workers_that_helped_are_not_blamed() -> None:
    fast = Rates(done=19.0, done_30s=14.0, busy_share=1.0)
    assert after_more(16, 19.0, rates=fast).bottleneck == "workers, 100% busy"


def test_no_workers_at_all_is_the_answer() -> None:
    verdict = judged(snapshot(control=Control(0, 64), slots=[]))
    assert (verdict.kind, verdict.sentence) == (Kind.HELD, "no workers: concurrency is 0 · 10 waiting")
    assert verdict.key == "+"


def test_a_pause_and_a_hold_say_who_and_since_when_even_to_a_face_that_came_later() -> None:
    paused = judged(snapshot(state=RunState.PAUSED, rates=Rates(), paused=Grip("ops", 190.0, "deploy")))
    assert paused.sentence == "producers paused by ops 3 min ago (deploy)"
    held = judged(snapshot(throttle=ThrottleView(held_by_person=True, grip=Grip("you", 12.0))))
    assert held.sentence == "held by you 12s ago · nothing new starts · 10 waiting · 8 running jobs to finish"
    halted = judged(snapshot(throttle=ThrottleView(halted="5 of 5 failed", grip=Grip("qtui", 190.0))))
    assert halted.sentence == "stopped starting 3 min ago: 5 of 5 failed"


def test_a_slow_rate_limit_says_when_the_next_job_starts() -> None:
    verdict = judged(snapshot(throttle=ThrottleView(1 / 60, 0.9, next_s=12.0)))
    assert verdict.bottleneck.startswith("rate limit 1/min until ")
    assert verdict.bottleneck.endswith(", in 12s, not the workers")


def test_starving_names_the_retries_that_everything_waits_for() -> None:
    empty = {
        "queue": QueueView(64, 0),
        "slots": slots(0, idle=8),
        "counts": Counts(accepted=200, waiting=5, done=195),
        "lane": LaneView(5, 12.0, [12.0]),
    }
    verdict = judged(snapshot(0, **empty), snapshot(3, **empty))
    assert verdict.kind is Kind.STARVING
    assert verdict.what.startswith("queue empty, 8 of 8 workers idle · all 5 jobs wait for a retry, the next at ")


def test_draining_counts_down() -> None:
    verdict = judged(snapshot(state=RunState.DRAINING))
    assert verdict.sentence == "18 jobs to finish, ~1s · no new jobs are taken"
    assert verdict.key == "esc"


def test_a_problem_is_said_at_once() -> None:
    verdict = judged(snapshot(problem="disk full: 12 jobs put back"))
    assert (verdict.kind, verdict.what) == (Kind.FAILING, "disk full: 12 jobs put back")


@pytest.mark.parametrize(
    ("state", "counts", "sentence"),
    [
        (RunState.FINISHED, Counts(accepted=5, done=5, total=5), "all 5 jobs done in 1:40"),
        (RunState.FINISHED, Counts(accepted=5, done=3, failed=2), "3 done, 2 failed in 1:40"),
        (RunState.FINISHED, Counts(), "the sources gave no jobs"),
        (
            RunState.STOPPED,
            Counts(accepted=5, done=3, total=9),
            "6 jobs left, kept in the journal · start it again to go on",
        ),
        (RunState.STOPPING, Counts(running=1), "1 running job interrupted, no try is spent"),
    ],
)
def test_ends_are_said_in_words(state: RunState, counts: Counts, sentence: str) -> None:
    assert judged(snapshot(state=state, counts=counts)).sentence == sentence


def test_starting_says_what_is_being_done() -> None:
    verdict = judged(snapshot(state=RunState.STARTING, doing="counting urls.txt, 1.2M lines"))
    assert (verdict.glyph, verdict.what) == ("…", "counting urls.txt, 1.2M lines")


def test_paused_producers_press_no_more_however_they_did_before() -> None:
    judge = Judge()
    judge.step(snapshot(1, producers=[producer(0.9, ProducerState.BLOCKED)]))
    paused = judge.step(snapshot(1.2, state=RunState.PAUSED, producers=[producer(0.8, ProducerState.PAUSED)]))

    assert not paused.pressure


@pytest.mark.parametrize(
    ("host", "per_host", "per_host_rate", "bottleneck"),
    [
        (HostView("api.x:443", 0, 9, "cooling", 12.0), None, None, "api.x:443 cooling down 12.0s (Retry-After)"),
        (HostView("api.x:443", 0, 9, "open", 25.4), None, None, "api.x:443 left alone 25.4s (circuit open)"),
        (HostView("", 0, 9, "open", 25.4), None, None, "jobs without a host left alone 25.4s (circuit open)"),
        (HostView("api.x:443", 1, 9, "probing"), None, None, "api.x:443 probed (circuit half open)"),
        (HostView("api.x:443", 4, 9, "limit"), 4, None, "one host (api.x:443 has 4 of 8 running), limit 4 per host"),
        (HostView("api.x:443", 1, 9, "limit"), 4, 2.0, "one host (api.x:443), rate limit 2/s per host"),
    ],
)
def test_the_host_that_holds_is_named(
    host: HostView, per_host: int | None, per_host_rate: float | None, bottleneck: str
) -> None:
    other = HostView("other.x:443", 1, 3, "limit")
    throttle = ThrottleView(None, 0.5, False, per_host, per_host_rate, [other, host])
    verdict = judged(snapshot(throttle=throttle))

    assert (verdict.kind, verdict.bottleneck, verdict.held) == (Kind.HELD, bottleneck, True)


def test_the_job_that_holds_back_results_is_named() -> None:
    head = HeadView(3187, "shop.example/p/3187", "waiting", 2, 318)
    assert (
        "318 results behind job 3187 (waiting, attempt 2) shop.example/p/3187" in judged(snapshot(head=head)).sentence
    )
    mixed = HeadView(3187, "shop.example/p/3187", "running", 1, 3)
    assert "behind job" not in judged(snapshot(head=mixed)).sentence, "that many are always out of order"
