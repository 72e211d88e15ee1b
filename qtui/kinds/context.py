"""What a kind is given of the world: clock, sleep, chance, environment and where outputs go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from qtui.core.job import Value
from qtui.core.template import TemplateError


class Progress:
    """Where a kind tells how far a running attempt is; whoever draws it listens."""

    __slots__ = ("listener",)

    def __init__(self) -> None:
        self.listener: Callable[[int, float | None, str], None] = lambda seq, share, text: None

    def tell(self, seq: int, share: float | None, text: str = "") -> None:
        """Job `seq` has done `share` (0 to 1, None where unknown) of its attempt; `text` is cleaned by the listener."""
        self.listener(seq, share, text)


@dataclass(frozen=True, slots=True)
class KindContext:
    """Handed over once, when the kind is made."""

    clock: Callable[[], float]
    """Seconds on a clock that never jumps."""
    sleep: Callable[[float], Awaitable[None]]
    """Waits on the same clock."""
    seed: int = 7
    """Everything a kind draws follows from it, unless its table has a seed of its own."""
    environ: Mapping[str, str] = field(default_factory=dict)
    """What `{env:NAME}` and `{secret:env:NAME}` look up."""
    directory: str = "."
    """Relative output paths begin here: where qtui was started."""
    timeout_s: float = 30.0
    """The longest an attempt may take; the engine enforces it too. 0 for no limit."""
    fields: Mapping[str, Value] = field(default_factory=dict)
    """Fields of the run that every template may use, e.g. `site`."""
    run_id: str = ""
    """The run's id, for what a job tells others about itself."""
    alone: bool = False
    """One job at a time has this process for itself, and whoever started it reads what is written there."""
    progress: Progress = field(default_factory=Progress)

    def look_up(self, field_name: str) -> str:
        """The value of `env:NAME` or `secret:env:NAME`. Raises TemplateError when it is not set."""
        name = field_name.removeprefix("secret:").removeprefix("env:")
        if name not in self.environ:
            raise TemplateError(f"the environment variable {name} is not set")
        return self.environ[name]
