"""The plan of going on, in the words a person reads."""

from __future__ import annotations

from qtui.core.past import Plan, mark


def test_the_summary_counts_what_is_kept_and_what_runs() -> None:
    plan = Plan("scrape-1", done=812_331, failed=1_204, interrupted=14, new=187_669, gone=33)

    assert plan.summary == "812,331 done kept · 1,204 failed · 14 interrupted run again · 187,669 new · 33 gone"


def test_the_summary_leaves_out_what_there_is_none_of() -> None:
    assert Plan("scrape-1", done=3, new=0).summary == "3 done kept · 0 new"


def test_every_number_has_its_place_in_the_summary() -> None:
    plan = Plan("r", 1, 2, 3, 15, 5, 6, 7, 8, 9, undecided=10, dropped=11)

    assert plan.summary == (
        "1 done kept · 2 failed · 3 held · 4 cancelled · 11 dropped by a full queue · 5 interrupted run again"
        " · 10 interrupted are held"
        " · 6 queued go on · 7 new · 9 changed · 8 gone"
    )


def test_an_unknown_number_of_new_ones_is_no_number() -> None:
    assert Plan("scrape-1", done=3).summary == "3 done kept · new ones follow"


def test_the_lines_name_what_runs_again_and_count_the_rest() -> None:
    plan = Plan("r", interrupted=3, new=0, names=["a", "b"])

    assert plan.lines[1:] == ["run again: a, b and 1 other"]


def test_the_lines_say_what_is_surprising_last() -> None:
    plan = Plan("r", new=0, notes=["a note"], surprises=["a surprise"])

    assert plan.lines == [plan.summary, "a note", "a surprise"]


def test_a_mark_is_the_same_in_every_life_and_takes_any_key() -> None:
    assert mark("https://a/1") == "6ab528bb9ae6516f"
    assert len({mark(key) for key in ("", "a", "\ud800", "\0", "a" * 100_000)}) == 5
