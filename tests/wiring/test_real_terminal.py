"""The real program in a real terminal: every key does what it says, and every way out leaves what it promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.wiring.stage import Stage, restored


def test_keys_do_what_they_say(stage: Stage) -> None:
    with stage.open(stage.preset()) as screen:
        screen.wait("FULL")
        screen.press("+")
        screen.wait("WORKERS 5")
        screen.press("-")
        screen.wait("concurrency 5 → 4")
        screen.press("}")
        screen.wait("WORKERS 8")
        screen.press("{")
        screen.wait("concurrency 8 → 4")
        screen.press("z")
        screen.wait("concurrency 4 → 8")
        screen.press("p")
        screen.wait("PAUSED")
        screen.press("p")
        screen.wait("producers resumed")
        screen.press("P")
        screen.wait("≈ HELD")
        screen.press("P")
        screen.wait("workers released")
        screen.press("b")
        screen.wait("Bound of the queue")
        screen.send("33")
        screen.press("enter")
        screen.wait("/ 33")
        screen.press("t")
        screen.wait("no limit")
        screen.send("5")
        screen.press("enter")
        screen.wait("rate limit")
        screen.press("z")
        screen.wait("no rate limit")
        screen.press("c")
        screen.wait("enter set")
        screen.send("3")
        screen.press("enter")
        screen.wait("concurrency 8 → 3")


def test_views_inspector_help_and_palette_open_and_close(stage: Stage) -> None:
    with stage.open(stage.preset(fail=0.5)) as screen:
        screen.wait("FULL")
        screen.press("enter")
        screen.wait("ATTEMPTS")
        screen.press("esc")
        screen.wait_gone("ATTEMPTS")
        screen.press("4")
        screen.wait("in 1 group")
        screen.press("3")
        screen.wait("JOBS")
        screen.send("/shop.example/p/1\r")
        screen.wait('"shop.example/p/1"')
        assert "PAUSED" not in screen.text(), "what was typed ahead went to the view instead of the filter"
        screen.press("1")
        screen.wait("LATENCY")
        screen.press("?")
        screen.wait("Pause the producers")
        screen.press("esc")
        screen.wait_gone("Pause the producers, or")
        screen.send(":hold")
        screen.wait("Hold or release")
        screen.wait_gone("Double the workers")
        screen.press("enter")
        screen.wait("workers held")


def test_a_failed_group_is_retried_from_its_view(stage: Stage) -> None:
    with stage.open(stage.preset(fail=1.0)) as screen:
        screen.wait("FAILURES")
        screen.press("4")
        screen.wait("in 1 group")
        screen.press("r")
        screen.wait("Probe one first")
        screen.press("enter")
        screen.wait(", one first")


def test_it_follows_the_size_of_the_terminal(stage: Stage) -> None:
    with stage.open(stage.preset()) as screen:
        screen.wait("FULL")
        for columns, lines, shown in ((80, 24, "p50"), (200, 60, "LATENCY"), (60, 16, "bench"), (38, 9, "%")):
            screen.resize(columns, lines)
            screen.wait(shown)
        screen.resize(120, 40)
        screen.wait("LATENCY")
        screen.press("+")
        screen.wait("WORKERS 5")


def test_keep_running_leaves_the_engine_and_attach_finds_it_again(stage: Stage) -> None:
    with stage.open(stage.preset()) as screen:
        screen.wait("FULL")
        screen.press("q")
        screen.wait("Leave this run?")
        screen.press("enter")
        assert screen.wait_exit() == 0
        restored(screen)
        assert "qtui attach bench" in screen.text()
    assert stage.engines
    with stage.open("attach") as again:
        again.wait("FULL", 20)
        again.press("+")
        again.wait("WORKERS 5")


def test_a_watching_face_cannot_steer(stage: Stage) -> None:
    with stage.open(stage.preset()) as screen:
        screen.wait("FULL")
        with stage.open("attach", "--watch") as watching:
            watching.wait("FULL", 20)
            watching.press("+")
            watching.wait("only watches")


def test_drain_ends_by_itself_and_says_what_is_left(stage: Stage) -> None:
    with stage.open(stage.preset(latency="300ms")) as screen:
        screen.wait("FULL")
        screen.press("q")
        screen.wait("Leave this run?")
        screen.press("d")
        screen.wait("DRAINING")
        assert screen.wait_exit() == 130
        restored(screen)
        assert "left" in screen.text()
    stage.all_end()


def test_a_drain_can_be_taken_back(stage: Stage) -> None:
    with stage.open(stage.preset(latency="1s")) as screen:
        screen.wait("FULL")
        screen.press("q")
        screen.wait("Leave this run?")
        screen.press("d")
        screen.wait("DRAINING")
        screen.press("esc")
        screen.wait("● RUNNING")


@pytest.mark.parametrize("keys", [("q", "s"), ("ctrl+c", "ctrl+c")], ids=" ".join)
def test_stop_now_ends_the_engine(stage: Stage, keys: tuple[str, str]) -> None:
    with stage.open(stage.preset(latency="20s")) as screen:
        screen.wait("FULL")
        screen.press(keys[0])
        screen.wait("Leave this run?")
        screen.press(keys[1])
        assert screen.wait_exit() == 130
        restored(screen)
    stage.all_end()


def test_stay_stays(stage: Stage) -> None:
    with stage.open(stage.preset()) as screen:
        screen.wait("FULL")
        screen.press("q")
        screen.wait("Leave this run?")
        screen.press("esc")
        screen.wait_gone("Leave this run?")
        screen.press("+")
        screen.wait("WORKERS 5")


def test_a_finished_run_can_retry_what_failed_and_ends_with_its_code(stage: Stage) -> None:
    with stage.open(stage.preset(jobs=10, latency="1ms", fail=1.0)) as screen:
        screen.wait("✓ FINISHED")
        screen.press("R")
        screen.wait("Retry")
        screen.press("down", "enter")
        screen.wait("retry of all 10 failed jobs")
        screen.wait("✓ FINISHED")
        screen.press("q")
        assert screen.wait_exit() == 1
        restored(screen)
        assert "10 failed" in screen.text()
    stage.all_end()


def test_a_bad_preset_is_shown_and_starts_by_itself_once_it_is_mended(stage: Stage) -> None:
    good = Path(stage.preset())
    text = good.read_text()
    good.write_text(text.replace("capacity = 16", "capcity = 16"))
    with stage.open(str(good)) as screen:
        screen.wait("nothing was started")
        screen.wait('Did you mean "capacity"?')
        good.write_text(text)
        screen.wait("FULL")


def test_a_bad_preset_that_is_given_up_is_exit_code_2(stage: Stage) -> None:
    bad = stage.folder / "bad.toml"
    bad.write_text("[preset\n")
    with stage.open(str(bad)) as screen:
        screen.wait("this is not TOML")
        screen.press("q")
        assert screen.wait_exit() == 2
        restored(screen)


def test_without_a_preset_one_is_picked(stage: Stage) -> None:
    with stage.open() as screen:
        screen.wait("choose a preset")
        screen.press("enter")
        screen.wait("● RUNNING")


def test_jobs_on_standard_input_leave_the_keyboard_alone(stage: Stage) -> None:
    preset = stage.preset()
    with stage.shell(f"printf 'alpha\\nbeta\\n' | $QTUI {preset} --input -") as screen:
        screen.wait("✓ FINISHED")
        screen.wait("2 / 2")
        screen.press("q")
        assert screen.wait_exit() in (0, 1)


def test_own_keys_are_used_and_shown(stage: Stage) -> None:
    keys = stage.write("keys.toml", '[keys]\npause = "f6"\n')
    with stage.open(stage.preset(), "--keys", keys) as screen:
        screen.wait("f6 pause")
        screen.press("f6")
        screen.wait("PAUSED")


def test_keys_that_clash_are_refused_before_anything_starts(stage: Stage) -> None:
    keys = stage.write("keys.toml", '[keys]\npause = "q"\n')
    with stage.open(stage.preset(), QTUI_KEYS=keys) as screen:
        assert screen.wait_exit() == 2
        assert "keys.toml, line 2: q is also the key" in screen.text()
    assert not stage.records()
