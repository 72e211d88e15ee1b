"""Known-bad variants of the product: each must be caught by its check, or the check proves nothing.

A mutant is the tree copied elsewhere with one passage changed. The passage must be there exactly once: where the
product has moved on, the mutant has to follow.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from tests.faults.report import Report
from tests.faults.tracing import ROOT, why_not

POWER = "tests/faults/test_power.py::test_after_a_power_cut_nothing_shown_is_lost"


class Mutant(msgspec.Struct, frozen=True):
    """One planted fault."""

    file: str
    old: str
    new: str
    check: str
    """The narrowest test that must fail with it and pass without."""
    says: str
    """What the failure must say, as a pattern: another failure is no proof."""
    traced: bool = False
    """Its check needs strace."""


MUTANTS = {
    "ack before commit": Mutant(
        "qtui/journal/writer.py",
        "        self._persist(store, lambda: store.save(batch))\n",
        "        self._voice.saved(batch.position)\n        self._persist(store, lambda: store.save(batch))\n",
        POWER,
        "shown as done and lost",
        traced=True,
    ),
    "no results sync": Mutant(
        "qtui/journal/results.py",
        "            os.fdatasync(self._handle)\n        except OSError as error:\n            error.filename",
        "        except OSError as error:\n            error.filename",
        POWER,
        "changed by somebody else|JSONDecodeError|results file and the journal differ",
        traced=True,
    ),
    "synchronous=NORMAL": Mutant(
        "qtui/journal/schema.py",
        "PRAGMA synchronous = FULL",
        "PRAGMA synchronous = NORMAL",
        POWER,
        "shown as done and lost",
        traced=True,
    ),
    "no lease": Mutant(
        "qtui/engine/dispatch.py",
        "        except asyncio.CancelledError as error:\n"
        "            outcome = with_last_words(self._why_cancelled(slot), error)\n",
        "        except asyncio.CancelledError:\n            return\n",
        "tests/engine/test_engine.py::test_stop_interrupts_and_spends_no_try",
        "Deadlock",
    ),
    "lock dropped": Mutant(
        "qtui/journal/lock.py",
        "            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)\n            return\n",
        "            return\n",
        "tests/faults/test_lock.py::test_a_second_engine_on_a_live_run_is_refused_with_75_and_the_holder",
        "== 75",
    ),
    "wait_for": Mutant(
        "qtui/engine/engine.py",
        "        await self._ended.wait()\n",
        "        await asyncio.wait_for(self._ended.wait(), None)\n",
        "tests/test_architecture.py::test_forbidden_calls",
        "swallows cancellation",
    ),
}


def verdict(mutant: Mutant, *, planted: bool) -> str:
    """Run the check of a mutant, with the fault or without; what is wrong with its outcome, or empty."""
    with tempfile.TemporaryDirectory() as place:
        tree = Path(place) / "tree"
        for name in ("qtui", "tests", "presets"):
            shutil.copytree(ROOT / name, tree / name)  # what is compiled too, so that it starts fast
        shutil.copy(ROOT / "pyproject.toml", tree)
        if planted:
            _plant(mutant, tree)
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--color=no", mutant.check]
        done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    if not planted:
        return "" if done.returncode == 0 else f"the check fails without the fault: {_end(done.stdout)}"
    if done.returncode == 0:
        return "NOT CAUGHT"
    if done.returncode != 1 or not re.search(mutant.says, done.stdout):
        return f"the check fails for another reason: {_end(done.stdout or done.stderr)}"
    return ""


def _plant(mutant: Mutant, tree: Path) -> None:
    path = tree / mutant.file
    text = path.read_text()
    assert text.count(mutant.old) == 1, f"{mutant.file} has changed: plant the fault anew"
    path.write_text(text.replace(mutant.old, mutant.new))


def _end(text: str) -> str:
    return " ".join(text.split())[-400:]


def full(report: Report) -> None:
    """Every check, without the fault and with it."""
    for name, mutant in MUTANTS.items():
        group = f"mutant: {name}"
        if mutant.traced and (reason := why_not()):
            report.skip(group, reason)
            continue
        for planted in (False, True):
            report.case(group, verdict(mutant, planted=planted))
        report.note(group, f"caught by {mutant.check.rpartition('::')[2]}")
