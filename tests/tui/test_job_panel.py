"""The JOB panel: what is known, and nothing else."""

from __future__ import annotations

from qtui.core.snapshot import ProducerState, ProducerView, Recent, SlotState, SlotView, Snapshot
from qtui.tui.canvas import Canvas
from qtui.tui.theme import DARK
from qtui.tui.widgets.job import draw_job
from tests.tui.samples import sample

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


def drawn(snap: Snapshot, selected: int = 7, width: int = 52, height: int = 12) -> list[str]:
    canvas = Canvas(width, height, DARK)
    draw_job(canvas, snap, selected=selected)
    return canvas.rows()


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
