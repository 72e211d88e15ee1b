"""What programs read: events as JSON lines, harmless on a terminal."""

from __future__ import annotations

import json

from qtui.core.events import Notice, RunEnded
from qtui.plain.jsonlines import event_lines, shown_cell


def test_every_event_is_a_line_with_its_type() -> None:
    lines = event_lines([Notice(1.0, "hello"), RunEnded(2.0, "finished")]).splitlines()

    assert [json.loads(line)["type"] for line in lines] == ["notice", "run-ended"]


def test_missed_events_are_counted_before_those_that_follow() -> None:
    lines = event_lines([RunEnded(2.0, "finished")], missed=12).splitlines()

    assert json.loads(lines[0]) == {"type": "missed", "number": 12}
    assert len(lines) == 2


def test_on_a_terminal_nothing_can_steer_it_and_it_is_still_the_same_json() -> None:
    evil = "\x9b31m\u202e\x7f\u200bü日\U000e0041\n"
    line = event_lines([Notice(1.0, evil)], terminal=True)
    text = line.decode().rstrip("\n")

    assert json.loads(line)["text"] == evil
    assert not any(ch in text for ch in "\x9b\u202e\x7f\u200b\U000e0041\n")
    assert "ü日" in text


def test_a_cell_on_a_terminal_can_do_no_harm_and_is_never_cut() -> None:
    assert shown_cell("a\x1b[2Jb\u202e" + "x" * 5_000) == "ab" + "x" * 5_000
