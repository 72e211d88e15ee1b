"""A small engine for tests that kill it: `python -m tests.journal.child FOLDER JOBS [ORDER FORMAT]`.

Each acknowledged job is one line of FOLDER/shown, written after the journal said so and before anything else: what
stands there was shown to a person. FOLDER/ran has a line for each job whose work was done. In the order of submission
the jobs of a pair end in the wrong order.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from qtui.errors import CannotWrite
from qtui.journal.journal import SqliteJournal
from qtui.journal.outflow import facts
from tests.journal.story import accepted, done, lifetime, opening, record, started


async def run(folder: Path, jobs: int, order: str = "completion", format_: str = "jsonl") -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    shown, ran = os.open(folder / "shown", flags, 0o600), os.open(folder / "ran", flags, 0o600)
    (folder / "run").mkdir(mode=0o700)
    journal = SqliteJournal.create(
        folder / "run", run=record(), results=folder / "results.jsonl", facts=facts(order, format_)
    )
    pending: list[tuple[int, int]] = []

    def on_commit(position: int) -> None:
        count = sum(1 for last, _ in pending if last <= position)
        os.write(shown, b"".join(b"%d\n" % seq for _, seq in pending[:count]))
        del pending[:count]

    def on_state(state: str, sentence: str) -> None:
        os.write(2, f"{state}: {sentence}\n".encode())

    journal.on_commit, journal.on_state = on_commit, on_state
    position = 0
    for event in opening():
        position += 1
        journal.append(position, event)
    os.write(1, b"begun\n")
    try:
        for number in range(1, jobs + 1):
            await journal.room()
            seq = number
            events = lifetime(seq, {"value of": seq})
            if order == "submission":
                seq = number + 1 if number % 2 else number - 1
                begun = [accepted(number), started(number), accepted(seq), started(seq)] if number % 2 else []
                events = [*begun, done(seq, {"value of": seq})]
            os.write(ran, b"%d\n" % seq)
            for event in events:
                position += 1
                journal.append(position, event)
            pending.append((position, seq))
            if seq % 10 == 0:
                await asyncio.sleep(0.001)
        await journal.close("finished")
    except CannotWrite as error:
        os.write(2, f"{error}\n".encode())
        os._exit(error.exit_code)


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:]))
