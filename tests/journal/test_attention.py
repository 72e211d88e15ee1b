"""What a person has said about failures survives the engine."""

from __future__ import annotations

from pathlib import Path

from qtui.core.attention import Attention
from qtui.core.events import Acknowledged, AsideChanged
from qtui.journal.journal import SqliteJournal
from qtui.journal.recovery import Policy, look
from tests.journal.story import Told, accepted, failed, opening, requeued, started


async def test_groups_and_jobs_set_aside_and_acknowledged_groups_are_known_to_the_next_life(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    told = Told.create(folder)
    told.tell(*opening())
    for seq in (1, 2, 3):
        told.tell(accepted(seq), started(seq), failed(seq))
    group = "group http:503"
    told.tell(
        AsideChanged(2.0, "you", True, "group other"),
        AsideChanged(2.0, "you", True, "", [(1, group), (2, group)]),
        Acknowledged(2.0, "you", group, 3),
        requeued(2),
    )
    await told.journal.close("stopped")

    past = look(folder, 1_000_100.0).past
    attention = Attention()
    attention.restore(past.attention)
    assert attention.groups == {"group other"}
    assert attention.jobs == {1: group}, "a job that was given another round is no longer set aside"
    assert attention.is_quiet(group, 5)
    assert not attention.is_quiet(group, 6)

    journal, _ = SqliteJournal.resume(folder, Policy())
    journal.append(1, AsideChanged(3.0, "you", False, "group other"))
    await journal.close("stopped")
    attention.restore(look(folder, 1_000_100.0).past.attention)
    assert attention.groups == set()
    assert attention.jobs == {1: group}, "what earlier lives were told is kept beside what is new"


def test_what_cannot_be_read_is_left_out() -> None:
    attention = Attention()
    attention.restore({"aside_groups": "[1", "aside_jobs": '[["x"]]', "acknowledged": "{}"})

    assert attention.facts() == Attention().facts()
