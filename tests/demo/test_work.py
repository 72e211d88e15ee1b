"""The functions of the bundled presets do what their words say."""

from __future__ import annotations

import pytest

from qtui.demo.work import UnreadableMessage, on_message, primes, wait


def ignore(share: float, text: str = "") -> None:
    assert 0 <= share <= 1


def test_primes_are_counted() -> None:
    assert primes(1, ignore) == {"below": 1000, "primes": 168, "largest": 997}


async def test_waiting_ends() -> None:
    assert await wait(3, ignore) == {"n": 3}


def test_a_message_in_json_is_taken_as_it_is() -> None:
    assert on_message('{"a": 1}\n') == {"a": 1}


def test_a_line_of_a_log_is_read_by_its_level() -> None:
    assert on_message("12:00 ERROR no room") == {"level": "ERROR", "words": 4, "text": "12:00 ERROR no room"}
    assert on_message("hello")["level"] == "INFO"


@pytest.mark.parametrize("line", ["", "  ", '{"a": '])
def test_what_is_no_message_is_not_tried_again(line: str) -> None:
    with pytest.raises(UnreadableMessage) as raised:
        on_message(line)

    assert raised.value.permanent
