"""The JOB panel: what is known, and nothing else."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import msgspec
import pytest

from qtui.core.queries import Answer, AttemptRow, JobQuery, JobRow, JobStory, Query, SlotAttempt, SlotPast, SlotQuery
from qtui.core.snapshot import ProducerState, ProducerView, Recent, SlotState, SlotView, Snapshot
from qtui.tui.canvas import Canvas
from qtui.tui.screens.job_panel import JobPanel
from qtui.tui.theme import DARK
from qtui.tui.widgets.job import draw_job
from tests.tui.fake_port import FakePort
from tests.tui.rig import running, until
from tests.tui.samples import sample
from tests.tui.stage import HOSTILE

replace = msgspec.structs.replace
SLOT = SlotView(
    7,
    SlotState.RUNNING,
    seq=8478,
    name="shop.example/c/50217",
    attempt=2,
    attempts=3,
    elapsed_s=3.8,
    timeout_s=10.0,
    note="200 · 48 kB · parsing",
    strip="aabbrrRaabbfFaannnn",
)


def drawn(
    snap: Snapshot,
    selected: int = 7,
    width: int = 52,
    height: int = 12,
    story: JobStory | None = None,
    past: Sequence[SlotAttempt] = (),
) -> list[str]:
    canvas = Canvas(width, height, DARK)
    draw_job(canvas, snap, selected=selected, story=story, past=past)
    return canvas.rows()


def story(seq: int = 8478, **fields: object) -> JobStory:
    row = JobRow(seq, SLOT.name, "running", "sitemap", 1, 6.1, 0.0, 0.0, "")
    return JobStory(row, "k", 1000.0, fields, [AttemptRow(1, 7, 1006.1, 0.0, "running", "", "", "")])  # type: ignore[arg-type]


def test_what_the_journal_adds_stands_below_and_moves_nothing() -> None:
    past = [SlotAttempt(8470, "shop.example/p/1", 0.5, "done"), SlotAttempt(8461, "\x1b[31mred", 2.0, "failed")]
    snap = sample(slots=[replace(SLOT, note="")], recent=[], producers=[])
    told = drawn(snap, height=18, story=story(n=7, url="https://shop.example/c/50217", id=12), past=past)
    bare = drawn(snap, height=18, past=past)
    assert told[4:7] == [
        "│ queued    6.1s in the queue                      │",
        "│ url       https://shop.example/c/50217           │",
        "│ n         7                                      │",
    ]
    assert bare[4:7] == ["│" + " " * 50 + "│"] * 3
    assert told[9:] == bare[9:]
    assert told[12:15] == [
        "│ ✓ shop.example/p/1                0.5s  ━━────── │",
        "│ × red                             2.0s  ━━━━━━━━ │",
        "│" + " " * 50 + "│",
    ]


@pytest.mark.parametrize("value", [*HOSTILE, {"a": ["\ud800", None]}, float("nan"), 10**40])
def test_a_field_of_a_job_is_drawn_as_text_whatever_it_is(value: object) -> None:
    rows = drawn(sample(slots=[SLOT]), height=18, story=story(**{"evil\x1b[31m": value}))
    assert all(row[0] in "╭│╰" and row[-1] in "╮│╯" for row in rows)
    assert not any(unicodedata.category(ch) in ("Cc", "Cf", "Cs") and ch != "\u200d" for row in rows for ch in row)


def test_the_story_of_another_job_is_not_told() -> None:
    assert drawn(sample(slots=[SLOT]), story=story(1, url="x")) == drawn(sample(slots=[SLOT]))


def _wide(slot: SlotView) -> Snapshot:
    return sample(slots=[slot])


async def test_the_journal_is_asked_for_what_is_new_and_not_at_every_moment() -> None:
    async with running(_wide(SLOT), size=(200, 60)) as rig:
        asked = rig.port.queries
        await until(lambda: SlotQuery(7) in asked and JobQuery(8478) in asked)
        for step in range(8):
            await rig.give(_wide(replace(SLOT, elapsed_s=4.0 + step, seq=8479 + step, last=8478 + step)))
        assert len([query for query in asked if isinstance(query, SlotQuery)]) == 1, "once a second at most"
        rig.app.screen.query_one(JobPanel)._asked_at -= 1.0
        await rig.give(_wide(replace(SLOT, elapsed_s=12.0, seq=8486, last=8485)))
        await until(lambda: JobQuery(8486) in asked)


async def test_the_past_of_the_chosen_slot_is_shown_and_asked_for_until_it_holds_the_last() -> None:
    idle = SlotView(7, SlotState.IDLE, last=8478)
    port = Past(sample(slots=[idle]))
    async with running(port=port, size=(200, 60)) as rig:
        await rig.shows("job one")
        port.attempts.insert(0, SlotAttempt(8478, "job two", 0.5, "done"))
        rig.app.screen.query_one(JobPanel)._asked_at -= 1.0
        await rig.give(sample(slots=[idle]))
        await rig.shows("job two")
        asked = len(port.queries)
        rig.app.screen.query_one(JobPanel)._asked_at -= 1.0
        await rig.give(sample(slots=[idle]))
        assert len(port.queries) == asked, "nothing has happened since"


class Past(FakePort):
    """Knows what ended in the slots."""

    def __init__(self, *snaps: Snapshot) -> None:
        super().__init__(*snaps)
        self.attempts = [SlotAttempt(8470, "job one", 0.5, "done")]

    async def query(self, query: Query) -> Answer:
        told = await super().query(query)
        return SlotPast([*self.attempts]) if isinstance(query, SlotQuery) else told


def test_everything_known_about_the_job_and_its_slot_is_told() -> None:
    snap = sample(
        slots=[SLOT],
        producers=[ProducerView(0, "sitemap", ProducerState.ACTIVE)],
        recent=[Recent(8478, SLOT.name, "retry", "HTTP 503", 6.1)],
    )
    assert drawn(snap) == [
        "╭─ JOB slot 7 ──────────────────────── enter open ─╮",
        "│ job       #8478  shop.example/c/50217            │",
        "│ state     ● running 3.8s of 10s timeout          │",
        "│ attempt   2 of 3                                 │",
        "│ last try  HTTP 503  6.1s ago                     │",
        "│ producer  sitemap                                │",
        "│ note      200 · 48 kB · parsing                  │",
        "│╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌│",
        "│ this slot, last 48 s                    ◆ 1  × 1 │",
        "│                              ▆▆▆▆▆▆◆▆▆▆▆▆×▆▆▆▆▆▆ │",
        "│                                                  │",
        "╰──────────────────────────────────────────────────╯",
    ]


def test_what_is_not_known_is_left_out() -> None:
    bare = SlotView(7, SlotState.RUNNING, seq=8478, name="a", elapsed_s=3.8)
    rows = drawn(sample(slots=[bare], recent=[]))
    assert [row[2:12].strip() for row in rows[1:-1]] == ["job", "state", *[""] * 8]
    assert "timeout" not in rows[2]


def test_an_idle_slot_has_a_state_and_a_history_but_no_job() -> None:
    idle = SlotView(7, SlotState.IDLE, strip="ab.")
    rows = drawn(sample(slots=[idle]))
    assert rows[1].startswith("│ state     · idle  ")
    assert "enter" not in rows[0]
    assert rows[4].endswith("▆▆· │")


def test_an_idle_slot_leads_to_the_job_it_had_before() -> None:
    rows = drawn(sample(slots=[SlotView(7, SlotState.IDLE, last=8478)]))
    assert rows[2].startswith("│ last job  #8478")
    assert "enter" in rows[0]


def test_nothing_selected_is_said() -> None:
    assert drawn(sample(), selected=99)[1].startswith("│ no slot selected")


def test_the_history_is_left_out_where_there_is_no_room_for_it() -> None:
    rows = drawn(sample(slots=[SLOT]), height=8)
    assert not any("╌" in row for row in rows)
