"""What the parts of the flow band mean, in a sentence with the numbers of the moment."""

from __future__ import annotations

from textual.geometry import Region

from qtui.core.snapshot import Snapshot
from qtui.core.verdict import Verdict
from qtui.text import count, percent, plural, rate, rate_limit, seconds
from qtui.tui.prose import wrap_text
from qtui.tui.scene import Scene
from qtui.tui.tip import Tip
from qtui.tui.widgets.band import plan
from qtui.tui.widgets.gate import blocked, gate_word

_COLUMNS = 44


def band_tip(scene: Scene, x: int, y: int, width: int, height: int) -> Tip | None:
    """The sentence for the gate, the queue or the valve at a cell of the band."""
    if width < 70 or height < 5:
        return None
    places = plan(width if height >= 7 else min(width, 109))
    snap, verdict = scene.snap, scene.verdict
    for (left, wide), sentence in (
        (places.gate, gate_sentence),
        (places.queue, queue_sentence),
        (places.valve, valve_sentence),
    ):
        if left <= x < left + wide:
            lines = [line for text in sentence(snap, verdict) for line in wrap_text(text, _COLUMNS)]
            return Tip(lines, Region(left, 0, wide, height))
    return None


def gate_sentence(snap: Snapshot, verdict: Verdict) -> list[str]:
    match gate_word(snap):
        case "closed":
            return ["The gate is closed for good: what was accepted is finished, nothing new comes in."]
        case "done":
            return ["The producers have given all they have; nothing more comes through the gate."]
        case "off":
            return ["The producers are paused: the queue empties, and the workers go on until it has."]
        case _ if verdict.pressure:
            waiting = max(1, sum(blocked(producer, verdict) for producer in snap.producers))
            wait = "waits" if waiting == 1 else "wait"
            return [
                f"The queue is full, so {plural(waiting, 'producer')} {wait} in put() until a worker takes a job. "
                "That is backpressure: memory stays flat."
            ]
        case _:
            return [f"The gate is open: {rate(snap.rates.admitted)} come in from {_producers(snap)}."]


def _producers(snap: Snapshot) -> str:
    return plural(len(snap.producers), "producer")


def queue_sentence(snap: Snapshot, verdict: Verdict) -> list[str]:
    queue = snap.queue
    if not queue.capacity:
        return [f"{plural(queue.depth, 'job')} wait, and nothing bounds how many may."]
    told = [f"{count(queue.depth)} of {count(queue.capacity)} places are taken; the head is on the right."]
    if queue.depth and queue.wait_s:
        told.append(f"Who comes in now waits about {seconds(queue.wait_s)} for a worker.")
    if queue.depth:
        told.append(f"The one at the head has waited {seconds(queue.oldest_s)}.")
    shares = f"Full {percent(queue.full_share)}, empty {percent(queue.empty_share)} of the last minute"
    told.append(f"{shares}; at most {count(queue.high_water)} so far.")
    return told


def valve_sentence(snap: Snapshot, verdict: Verdict) -> list[str]:
    throttle = snap.throttle
    if not verdict.held:
        limit = f", at most {rate_limit(throttle.rate)} by the rate limit" if throttle.rate is not None else ""
        return [f"{rate(snap.rates.started)} leave the queue for a worker{limit}."]
    if throttle.held_by_person:
        return ["The workers are held by you: what runs finishes, nothing new starts."]
    if throttle.halted:
        return [f"Halted: {throttle.halted}. Nothing new starts until it is released."]
    if throttle.short_of_memory:
        return ["Memory is short: nothing new starts until there is some again."]
    if throttle.rate is not None:
        return [f"The rate limit lets {rate_limit(throttle.rate)} start; free workers wait for it."]
    return ["A limit keeps free workers waiting although there is work."]
