"""How long a preset will take, from what it says itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from qtui.wiring.checking import checked
from qtui.wiring.presets import Options, load

HEAD = '[preset]\nname = "x"\n[results]\npath = ""\n'
RANGE = '[[source]]\nkind = "range"\nstop = 1200\n'
FAST = '[[source]]\nkind = "range"\nstop = 1200\nrate = "100/s"\n'
SIMULATED = '[job]\nkind = "simulate"\n[job.simulate]\nlatency = "1s"\ndistribution = "constant"\n'
HTTP = '[job]\nkind = "http"\n[job.http]\nurl = "http://shop.example/{n}"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (RANGE + SIMULATED + "[workers]\nconcurrency = 8\n", "about 2:30 at 8 workers"),
        (RANGE + SIMULATED + "fail = 0.5\nretryable = 1.0\n[workers]\nconcurrency = 8\n", "about 3:45 at 8 workers"),
        (FAST + SIMULATED + "[workers]\nconcurrency = 500\n", "about 0:10 at the 100/s it is offered"),
        (RANGE + SIMULATED + '[throttle]\nrate = "0.2/s"\n', "about 1h 40m at its limit of 12/min"),
        (RANGE + SIMULATED + '[workers]\nstrategy = "unbounded"\n', ""),
        (RANGE + SIMULATED + "[workers]\nconcurrency = 0\n", ""),
        (FAST + HTTP, "at least 0:10 at the 100/s it is offered"),
        (RANGE + HTTP, ""),
    ],
)
def test_only_what_the_preset_tells_is_estimated(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(HEAD + text)
    made = checked(load(str(path), Options()))
    assert not made.problems
    assert made.takes == said
