"""The first jobs of a preset and everything it may do, as people and as programs read it."""

from __future__ import annotations

import msgspec

from qtui.core.capabilities import Capabilities
from qtui.core.port import Checked
from qtui.plain.report import check_report
from qtui.text import clean


class JobLine(msgspec.Struct, frozen=True):
    """One of the first jobs; all texts are cleaned, secrets are masked."""

    source: str
    """The producer that offers it."""
    name: str
    key: str
    executes: str
    """What would be executed, e.g. `GET https://…`; empty where there is a problem."""
    problem: str = ""
    """Why the job would fail without being tried."""


class Preview(msgspec.Struct, frozen=True):
    """What is known of a preset's jobs without executing anything."""

    jobs: list[JobLine]
    unseen: list[str]
    """Sources whose jobs are not among them, and why: a sentence each."""
    total: int | None
    """How many jobs there are, where that can be known."""
    capabilities: Capabilities
    unset: list[str] = []
    """Environment variables that are asked for and not there."""


def preview_report(checked: Checked, preview: Preview) -> str:
    """Plain words: the check, the first jobs, and every capability, those too that it does without."""
    *head, last = check_report(msgspec.structs.replace(checked, total=preview.total)).split("\n")
    lines = [*head, "", "The first jobs:" if preview.jobs else "No job can be shown before it runs:"]
    for number, job in enumerate(preview.jobs, 1):
        lines.append(f"  {number}  {job.name}  (from {job.source})")
        lines.append(f"     key   {job.key}")
        lines.append(f"     fails {job.problem}" if job.problem else f"     does  {job.executes}")
    lines += [f"  {sentence}" for sentence in preview.unseen]
    lines += ["", "What it may do:", *_capabilities(preview), "", last.strip()]
    return "\n".join(lines)


_GROUPS = (
    ("runs", "runs", "no program"),
    ("imports", "imports", "no Python module of yours"),
    ("contacts", "contacts", "nobody"),
    ("reads", "reads", "no file"),
    ("environment", "reads from the environment", "nothing"),
    ("secrets", "secrets from the environment", "none"),
    ("writes", "writes", "no file"),
    ("insecure", "does without protection", "no: what is protected stays so"),
)


def _capabilities(preview: Preview) -> list[str]:
    width = max(len(title) for _, title, _ in _GROUPS)
    told = []
    for group, title, nothing in _GROUPS:
        entries = [
            clean(entry, 120) + (" (not set)" if _unset(preview, group, entry) else "")
            for entry in getattr(preview.capabilities, group)
        ]
        told.append(f"  {title:<{width}}  {', '.join(entries) or nothing}")
    if preview.capabilities.runs or preview.capabilities.imports:
        told.append("  Programs and modules may do more than that: they run with your rights.")
    return told


def _unset(preview: Preview, group: str, entry: str) -> bool:
    return group in ("environment", "secrets") and entry in preview.unset


def check_json(checked: Checked, preview: Preview | None) -> bytes:
    """The check, and what is foreseen where that was asked for, as one JSON object."""
    told = msgspec.to_builtins(checked)
    del told["text"]  # whoever asks has the file
    if preview is not None:
        told |= msgspec.to_builtins(preview)
    return msgspec.json.format(msgspec.json.encode(told), indent=2)
