"""A keymap file: what it may say, how it is refused, and that its keys work and are shown."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.keys import _character_to_key

from qtui.core.commands import Pause
from qtui.errors import UsageError
from qtui.tui import actions
from qtui.tui.actions import ACTIONS, ON_APP, Context, action_of, entries, hints, key_of
from qtui.tui.key_names import named, printed
from qtui.tui.keymap import read, template
from tests.tui.rig import running
from tests.tui.samples import sample


@pytest.fixture
def own_keys() -> Iterator[None]:
    yield
    actions.use({})


def keymap(tmp_path: Path, text: str) -> dict[str, tuple[str, ...]]:
    path = tmp_path / "keys.toml"
    path.write_text(text)
    return read(path)


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(UsageError) as caught:
        keymap(tmp_path, text)
    return str(caught.value).removeprefix(f"{tmp_path}/")


def test_keys_are_written_as_people_write_them(tmp_path: Path) -> None:
    assert keymap(tmp_path, '[keys]\npause = "F5"\nmore = ["+", "ctrl+up"]\ncancel = []') == {
        "pause": ("f5",),
        "more": ("plus", "ctrl+up"),
        "cancel": (),
    }


@pytest.mark.parametrize("key", [*"+-=[]{}/:?\\@_~'\"!#$%&*(),.;<>^`|aZ0é", " "])
def test_a_character_has_the_name_the_terminal_library_gives_it(key: str) -> None:
    assert named(key) == _character_to_key(key)


def test_every_key_of_the_registry_can_be_written_and_read_back() -> None:
    for action in ACTIONS:
        for key in action.keys:
            assert named(key) == key
            assert named(printed(key)) == key or printed(key)[-1] in "↑↓←→"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[keys]\n\npawse = 'p'", "keys.toml, line 3: there is no action pawse; did you mean pause?"),
        ("[keys]\npause = 'hyper+p'", 'keys.toml, line 2: "hyper+p" is no key'),
        ("[keys]\npause = 3", "keys.toml, line 2: this must be a key"),
        ("[key]\npause = 'p'", "keys.toml, line 1: there is no table key"),
        ("keys = 3", "keys.toml, line 1: this must be a table"),
        ("[keys", "keys.toml is not TOML"),
        ("[keys]\nleave_now = 'x'", "keys.toml, line 2: leave_now is always ctrl+c"),
        ("[keys]\npause = 'ctrl+c'", "keys.toml, line 2: ctrl+c always means leave_now"),
    ],
)
def test_a_mistake_is_refused_with_its_line(tmp_path: Path, text: str, why: str) -> None:
    assert refusal(tmp_path, text).startswith(why)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    told = refusal(tmp_path, "[key]\n[keys]\npawse = 'p'\nundo = 'hyper+z'\nhold = 'h'\nretry = 'r'\n")
    starts = [line.removeprefix(f"{tmp_path}/").partition(":")[0] for line in told.splitlines()]
    assert starts == [f"keys.toml, line {line}" for line in (1, 3, 4, 5)]


def test_a_key_of_two_actions_in_one_place_is_refused_with_the_line(tmp_path: Path) -> None:
    told = refusal(tmp_path, '[keys]\nhold = "h"\npause = "z"')
    assert told.startswith("keys.toml, line 2: h is also the key of left (in overview)")


def test_two_changed_actions_may_swap_their_keys(tmp_path: Path) -> None:
    assert keymap(tmp_path, '[keys]\npause = "z"\nundo = "p"') == {"pause": ("z",), "undo": ("p",)}


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read(tmp_path / "keys.toml")


def test_the_template_changes_nothing_and_each_of_its_lines_may_be_used(tmp_path: Path) -> None:
    assert keymap(tmp_path, template()) == {}
    used = "\n".join(line.removeprefix("# ") if " = [" in line else line for line in template().splitlines())

    assert set(tomllib.loads(used)["keys"]) == {action.id for action in ACTIONS} - ON_APP
    assert keymap(tmp_path, used) == {action.id: action.keys for action in ACTIONS if action.id not in ON_APP}


@pytest.mark.usefixtures("own_keys")
async def test_an_own_key_works_and_the_one_before_does_not() -> None:
    actions.use({"pause": ("f6",)})
    async with running() as rig:
        await rig.press("p")
        await rig.press("f6")

        assert await rig.asked() == [Pause()]


@pytest.mark.usefixtures("own_keys")
async def test_an_own_key_is_shown_in_key_bar_palette_and_help() -> None:
    actions.use({"pause": ("f6",)})
    assert ("pause", "Pause or resume the producers", "f6") in entries(Context.OVERVIEW)
    assert key_of("pause") == "f6"
    async with running() as rig:
        assert "f6 pause" in rig.rows()[-1]
        await rig.press("question_mark", *"pause the")
        await rig.shows("Pause the producers")
        assert "f6" in rig.text()


@pytest.mark.usefixtures("own_keys")
def test_the_key_bar_writes_the_keys_of_all_actions_that_one_entry_stands_for() -> None:
    actions.use({"fewer": ("f6",), "jobs": ()})
    bar = {hint.action: hint.keys for hint in hints(Context.OVERVIEW, sample())}
    assert bar["more"] == "+ f6"
    assert bar["overview"] == "1 2 4 5 6"


@pytest.mark.usefixtures("own_keys")
def test_an_action_without_a_key_stays_in_the_palette() -> None:
    actions.use({"pause": ()})
    assert action_of("p", Context.OVERVIEW) is None
    assert ("pause", "Pause or resume the producers", "") in entries(Context.OVERVIEW)
