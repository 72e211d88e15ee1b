"""A second screen for a run that is live."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from qtui.errors import UsageError
from qtui.journal.place import state_dir
from qtui.journal.runs import find, list_runs, read_record
from qtui.wiring.host import live_socket
from qtui.wiring.launcher import run_screen


def attach(run: str, screen: Mapping[str, object], *, state: str) -> int:
    """Show a live run, or the newest live one. Raises UsageError or LinkError when there is none."""
    where = state_dir(Path(state) if state else None)
    if not run:
        live = [entry.run_id for entry in list_runs(where) if entry.state == "running"]
        if not live:
            raise UsageError("no run is live; `qtui ls` lists the finished ones")
        run = live[0]
    told = {"joins": "watched" if screen.get("watch") else "others", "source": read_record(find(where, run)).preset}
    return run_screen({**screen, **told, "state": state, "socket": str(live_socket(where, run))})
