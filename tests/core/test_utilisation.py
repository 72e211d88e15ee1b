"""How busy groups of slots were: exact seconds, whoever looked when."""

from __future__ import annotations

from qtui.core.job import Job
from qtui.core.tracks import SlotTrack
from qtui.core.utilisation import GroupUse


def job(seq: int) -> Job:
    return Job(seq, f"k{seq}", f"job {seq}", {})


def ran(track: SlotTrack, start: float, end: float, then: str = "done") -> None:
    track.start(start, job(1))
    track.end(end, then)


def test_the_busy_share_of_a_group_is_told_for_every_second() -> None:
    slots = {n: SlotTrack(0.0) for n in range(1, 17)}
    for number in range(1, 5):
        ran(slots[number], 1.2, 3.5)
    ran(slots[9], 4.0, 4.5, "failed")
    slots[10].start(5.5, job(2))
    use = GroupUse().look(7.9, slots)

    assert (use.size, [row[-8:] for row in use.rows]) == (8, ["04440000", "0000b111"])


def test_what_was_missed_between_two_looks_is_made_up() -> None:
    slots = {n: SlotTrack(0.0) for n in range(1, 9)}
    seldom, often = GroupUse(), GroupUse()
    for second in range(1, 40):
        for number in range(1, 1 + second % 8):
            ran(slots[number], second + 0.1, second + 0.9)
        often.look(second + 0.95, slots)
        if second % 13 == 0:
            seldom.look(second + 0.95, slots)

    assert seldom.look(40.0, slots).rows[0][-39:] == often.look(40.0, slots).rows[0][-39:]


def test_slots_that_came_later_were_not_idle_before() -> None:
    slots = {n: SlotTrack(0.0) for n in range(1, 9)} | {n: SlotTrack(10.0) for n in range(9, 17)}

    assert [row[-6:] for row in GroupUse().look(12.0, slots).rows] == ["000000", "   000"]


def test_more_slots_make_larger_groups_never_more_than_32() -> None:
    use = GroupUse()
    slots = {n: SlotTrack(0.0) for n in range(1, 257)}
    assert use.look(3.0, slots).size == 8
    slots |= {n: SlotTrack(3.0) for n in range(257, 2001)}
    told = use.look(5.0, slots)
    assert (told.size, len(told.rows)) == (64, 32)
    assert {len(row) for row in told.rows} == {len(told.rows[0])}
