"""A keymap changes every hint: where all keys are others, nothing on the screen names a key of before."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec
import pytest

from qtui.core.eta import Certainty, Eta
from qtui.core.queries import LogRow
from qtui.core.snapshot import AlertView, Control, RunState, SlotState, ThrottleView
from qtui.core.verdict import Judge
from qtui.core.why import why_run
from qtui.tui import actions
from qtui.tui.actions import ACTIONS, ON_APP, Context, hints
from qtui.tui.canvas import Canvas
from qtui.tui.panel import Panel
from qtui.tui.screens.away import draw_away
from qtui.tui.screens.leave import leave_sheet
from qtui.tui.screens.main import _tiny_keys
from qtui.tui.screens.summary import draw_next
from qtui.tui.screens.triage import draw_details
from qtui.tui.theme import DARK
from qtui.tui.widgets.keybar import draw_keybar
from qtui.tui.widgets.slots import draw_slots
from qtui.tui.widgets.small import draw_tiny
from qtui.tui.widgets.ticker import Answer, draw_ticker
from qtui.tui.widgets.verdict import draw_verdict
from tests.tui import test_away, test_inspector, test_job_keys
from tests.tui.rig import Rig, running
from tests.tui.samples import NOW, sample, slots
from tests.tui.test_all_sizes import VIEWS, turn_to

OWN = {action.id: chr(0x100 + number) for number, action in enumerate(ACTIONS) if action.id not in ON_APP}
"""A rare letter for each action, also for those that have no key: none of them is seen anywhere else."""
BEFORE = {label for action in ACTIONS if action.id not in ON_APP for label in action.label.split()} | {"1-6", "hjkl"}
SAID = re.compile(r"(?<![\w:/.'+-])([B-Zb-rt-z]|esc|space|enter|tab|pg(?:up|dn)|shift\+.)(?![\w:/.'-]| = )")
"""A default key in running text; `a` and `s` are words and seconds."""
NO_KEYS = re.compile(r"\[.\]|■ [\d,]+ marked|slot \d+|L = λ·W")
"""What looks like a key and is none: the cursor among cells, numbers, Little's law."""
DIALOG = {"esc", "enter"}
"""Keys of a box over the screen, which no keymap changes."""


@pytest.fixture(params=["own", "none"])
def keymap(request: pytest.FixtureRequest) -> Iterator[None]:
    actions.use({action: (key,) if request.param == "own" else () for action, key in OWN.items()})
    yield
    actions.use({})


def lies(canvas: Canvas) -> list[str]:
    """The keys of before that a drawing names: as a hint, or in a sentence."""
    found = []
    for y in range(canvas.height):
        text = NO_KEYS.sub(lambda match: " " * len(match[0]), "".join(ch or " " for ch in canvas._chars[y]))
        inked = (look.bold and "accent" in (look.fg, look.bg) for look in canvas._looks[y])
        hints = "".join(ch if is_inked else " " for ch, is_inked in zip(text, inked, strict=True))
        keys = {word for word in hints.split() if word in BEFORE} | set(SAID.findall(text))
        found += [f"{key}: {text}" for key in keys]
    return found


def on_screen(rig: Rig) -> list[str]:
    drawn = [panel._canvas for panel in rig.app.screen.query(Panel) if panel.display and panel._canvas is not None]
    assert drawn
    return [lie for canvas in drawn for lie in lies(canvas)]


@pytest.mark.usefixtures("keymap")
@pytest.mark.parametrize("view", VIEWS)
async def test_no_view_shows_a_key_of_before(view: Context) -> None:
    over = view is Context.FINISHED
    async with running(sample(state=RunState.FINISHED) if over else sample(), size=(200, 60)) as rig:
        await turn_to(rig, view)
        for size in ((200, 60), (120, 40), (80, 24)):
            await rig.pilot.resize_terminal(*size)
            await rig.pilot.pause()
            assert on_screen(rig) == []


async def test_no_list_shows_a_key_of_before_whatever_is_chosen_and_marked(keymap: None) -> None:
    """Keys reach their actions by the palette's way, because some keymaps have none."""
    port = test_job_keys.port(9, 8, 7)
    port.lines["events"] = [LogRow((float(n), 0, 0), NOW - 60 + n, "you", f"line {n}") for n in range(40)]
    async with running(port=port) as rig:
        stage, do = rig.app._main._stage, rig.app._main.action_do
        await turn_to(rig, Context.JOBS)
        await rig.shows("shop.example/p/9")
        for action in ("down", "mark", "mark_range", "unmark", "order", "order", "order", "order", "order", "order"):
            await do(action)
            await rig.pilot.pause()
            assert on_screen(rig) == [], action
        for state in ("failed", "waiting", "running", "done", "held"):
            port.stories = {9: test_inspector.story(state, 9)}
            stage.open_drawer(9)
            await rig.shows("JOB #9")
            await rig.pilot.pause()
            assert on_screen(rig) == [], state
            await do("back")
        await turn_to(rig, Context.EVENTS)
        await rig.shows("line 39")
        for action in ("up", "mark", "level", "level", "job_log"):
            await do(action)
            await rig.pilot.pause()
            assert on_screen(rig) == [], action
        for action in ("stay", "retry", "undo"):
            await rig.app.run_action(action) if action in ON_APP else await do(action)
            await rig.pilot.pause()
            assert on_screen(rig) == [], action


ALERT = AlertView(1, "halted", "critical", "halted: 5 of 5", 3.0, "P", "release")
STATES = [
    sample(),
    sample(state=RunState.PAUSED),
    sample(state=RunState.DRAINING),
    sample(state=RunState.FINISHED),
    sample(throttle=ThrottleView(held_by_person=True)),
    sample(throttle=ThrottleView(halted="5 of 5 failed")),
    sample(control=Control(0, 64)),
    sample(slots=[msgspec.structs.replace(slot, state=SlotState.LEAVING) for slot in slots()]),
]
DRAWN: dict[str, Callable[[Canvas], object]] = {
    "undo": lambda canvas: draw_ticker(canvas, sample(), answer=Answer("workers 13", undo=True)),
    "alert": lambda canvas: draw_ticker(canvas, sample(), alert=ALERT),
    "away": lambda canvas: draw_away(canvas, test_away.told(snap=test_away.settled()), 0),
    "group": lambda canvas: draw_details(canvas, (0, 0, 80, 14), sample(), sample().failures[0], scroll=1),
    "many slots": lambda canvas: draw_slots(canvas, sample(slots=slots(512)), selected=3, top=0),
    "tiny": lambda canvas: draw_tiny(
        canvas, sample(), verdict=Judge().step(sample()), eta=Eta(Certainty.COLLECTING), keys=_tiny_keys()
    ),
    **{
        f"verdict {n}": lambda canvas, snap=snap: draw_verdict(canvas, Judge().step(snap))
        for n, snap in enumerate(STATES)
    },
    **{f"next {n}": lambda canvas, snap=snap: draw_next(canvas, snap) for n, snap in enumerate(STATES)},
    **{
        f"bar {context}": lambda canvas, context=context: draw_keybar(canvas, hints(context, sample()))
        for context in Context
    },
}


@pytest.mark.usefixtures("keymap")
@pytest.mark.parametrize("name", DRAWN)
def test_no_drawing_shows_a_key_of_before(name: str) -> None:
    canvas = Canvas(160, 24, DARK)
    DRAWN[name](canvas)
    allowed = DIALOG if name == "away" else set[str]()
    assert [lie for lie in lies(canvas) if lie.partition(":")[0] not in allowed] == []


def test_the_check_sees_the_keys_that_nobody_has_changed() -> None:
    """None of these drawings passes because it shows nothing."""
    for name, draw in DRAWN.items():
        canvas = Canvas(160, 24, DARK)
        draw(canvas)
        assert lies(canvas), name


@pytest.mark.usefixtures("keymap")
def test_sentences_of_dialogs_name_no_key_of_before() -> None:
    said = [leave_sheet(snap, attached=attached).closing[0].text for snap in STATES for attached in (True, False)]
    said += [why_run(snap) for snap in STATES]
    assert not [text for text in said if SAID.search(text)]
