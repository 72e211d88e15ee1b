"""Drawing of the failure groups: the list, and everything known about the selected one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qtui.core.queries import Facet, GroupStory
from qtui.core.snapshot import FailureGroup, Snapshot
from qtui.text import clean, clean_block, count, plural, short_count
from qtui.tui.actions import key_of
from qtui.tui.canvas import Canvas, Line, Span, cut, length
from qtui.tui.hints import hint, side_by_side
from qtui.tui.prose import about, ago, bar, spark, wall, wrap

_FRAME = re.compile(r'File "([^"\n]{1,500})", line (\d{1,7}), in (\S{1,200})')
NEW_S = 300.0
"""A group is new for so long."""
_EARLY_S = 60.0
"""In its first minute every group of a run is new, so none is marked."""


def trend(group: FailureGroup, elapsed_s: float) -> str:
    """`NEW …` for a group that appeared lately, `rising …` for one that grew much, else empty."""
    last, before = sum(group.per_minute[-3:]), sum(group.per_minute[-6:-3])
    if group.first_s < NEW_S and elapsed_s - group.first_s > _EARLY_S:
        return f"▲ NEW +{count(last)} in 3 min" if last else "▲ NEW"
    if last >= 5 and last >= 2 * max(1, before):
        return f"▲ rising +{count(last)} in 3 min"
    return ""


def draw_groups(
    canvas: Canvas,
    box: tuple[int, int, int, int],
    snap: Snapshot,
    groups: Sequence[FailureGroup],
    *,
    selected: str | None,
    right: Line,
    chips: Line = (),
) -> dict[int, str]:
    """The list in the given box (x, y, width, height); returns which row shows which group."""
    x, y, width, height = box
    total = sum(group.jobs for group in snap.failures)
    title: list[Span] = [Span("FAILURES ", bold=True), *_outstanding(snap)]
    title += [Span(f" in {plural(snap.groups, 'group')}", "dim")] if snap.groups else []
    title += [Span("  "), *chips] if chips else []
    canvas.box(x, y, width, height, title=title, right=right)
    room = height - 2
    if room <= 0 or width < 8:
        return {}
    if not groups:
        _draw_none(canvas, x, y, width, snap, filtered=bool(snap.failures))
        return {}
    if room > 3:
        _heading(canvas, x, y + 1, width)
        y, room = y + 1, room - 1
    more = max(0, snap.groups - len(snap.failures))
    each = next((rows for rows in (3, 2, 1) if len(groups) * rows <= room + (rows == 3)), 1)
    if more and room > 2:
        room -= 1
        line = Span(f"and {plural(more, 'smaller group')}, not listed", "faint")
        canvas.spans(x + 10, y + 1 + room, cut((line,), width - 12))
    at = next((i for i, group in enumerate(groups) if group.signature == selected), 0)
    fits = max(1, (room + (each == 3)) // each)
    top = max(0, min(at - fits // 2, len(groups) - fits))
    shown: dict[int, str] = {}
    for index, group in enumerate(groups[top : top + fits]):
        row = y + 1 + index * each
        _draw_group(canvas, (x, row, width), snap, group, total, group.signature == selected, each > 1)
        for line_y in range(row, row + (2 if each > 1 else 1)):
            shown[line_y] = group.signature
    return shown


def _outstanding(snap: Snapshot) -> list[Span]:
    """How far it is to nothing that needs a person: `58 open of 224`, `✓ 0 open of 224`."""
    triage, failed = snap.triage, snap.counts.failed
    if not triage.ever or (triage.open == triage.ever and not triage.aside):
        return [Span(count(failed), "failed_text" if failed else "text", True)]
    ink = "failed_text" if triage.open else "done_text"
    done = "" if triage.open else "✓ "
    aside = f", {count(triage.aside)} set aside" if triage.aside else ""
    return [Span(f"{done}{count(triage.open)} open", ink, True), Span(f" of {count(triage.ever)}{aside}", "dim")]


def _heading(canvas: Canvas, x: int, y: int, width: int) -> None:
    canvas.right(x + 7, y, (Span("jobs", "faint"),))
    canvas.put(x + 10, y, "error"[: max(0, width - 12)], "faint")
    if width >= 50:
        canvas.right(x + width - 2, y, (Span("last 10 min   last", "faint"),))


def _draw_group(
    canvas: Canvas,
    place: tuple[int, int, int],
    snap: Snapshot,
    group: FailureGroup,
    total: int,
    selected: bool,
    roomy: bool,
) -> None:
    x, y, width = place
    if selected:
        canvas.fill(x + 1, y, width - 2, 2 if roomy else 1, "raised")
        for row in range(y, y + (2 if roomy else 1)):
            canvas.put(x + 1, row, "▌", "accent")
    number = count(group.jobs) if group.jobs < 100_000 else short_count(group.jobs)
    canvas.right(x + 8, y, (Span(number[:7], "failed_text" if group.jobs and not group.aside else "faint", True),))
    chart = width >= 50
    text_end = width - 22 if chart else width - 8
    note = _note(group, snap.elapsed_s)
    name: list[Span] = [Span(clean(group.title, 60), bold=True), Span(" " + clean(group.message), "dim")]
    if not roomy and note.text and text_end - 10 - length((note,)) > 24:
        shown = cut(name, text_end - 13 - length((note,)))
        canvas.spans(x + 10, y, shown)
        canvas.right(x + text_end - 1, y, (note,))
    else:
        canvas.spans(x + 10, y, cut(name, text_end - 11))
    if chart:
        minutes = ([0] * 10 + list(group.per_minute))[-10:]
        canvas.spans(x + width - 20, y, spark(minutes, "failed"))
    canvas.right(x + width - 2, y, (Span(ago(group.last_s)[:7], "dim"),))
    if roomy:
        end = canvas.spans(x + 10, y + 1, bar(min(22, width - 13), group.jobs / total if total else 0.0, "failed"))
        canvas.spans(end + 2, y + 1, cut((note,), x + width - 2 - end - 2))


def _note(group: FailureGroup, elapsed_s: float) -> Span:
    """What is most worth saying of a group in a few words."""
    again = progress(group)
    if again and group.retrying:
        return Span(again, "retry_text", True)
    if group.aside:
        return Span("set aside", "dim")
    if again:
        return Span(again, "retry_text" if not group.held_back else "pressure", True)
    if group.acknowledged:
        return Span("acknowledged", "dim")
    if said := trend(group, elapsed_s):
        return Span(said, "pressure", True)
    return Span("" if group.retryable else "not retryable", "dim")


def progress(group: FailureGroup) -> str:
    """What became of the last round a person gave: `◆ retrying 122 · 61 ok · 0 failed again`, or empty."""
    ok = group.ok_again or (group.recovered if not group.failed_again else 0)
    if not (group.retrying or ok or group.failed_again or group.held_back):
        return ""
    parts = [f"retrying {count(group.retrying)}"] if group.retrying else []
    parts += [f"{count(ok)} ok", f"{count(group.failed_again)} failed again"]
    parts += [f"{count(group.held_back)} held back"] if group.held_back else []
    return "◆ " + " · ".join(parts)


def _draw_none(canvas: Canvas, x: int, y: int, width: int, snap: Snapshot, *, filtered: bool) -> None:
    if filtered:
        lines: list[Line] = [(Span("no group matches the filter  ", "dim"), *hint("clears it", "back"))]
    else:
        lines = [(Span("✓ none yet", "done_text", True),), ()]
        lines.append((Span("Jobs that failed for good gather here, grouped by their error.", "dim"),))
        if snap.counts.retries:
            again = f"{plural(snap.counts.retries, 'attempt')} failed and had another try; "
            lines.append((Span(f"{again}{plural(snap.counts.recovered, 'job')} succeeded that way.", "dim"),))
    row = y + 2
    for line in lines:
        for part in wrap(line, width - 8):
            if row < canvas.height - 1:
                canvas.spans(x + 4, row, part)
            row += 1


def detail_lines(group: FailureGroup, snap: Snapshot, width: int, story: GroupStory | None = None) -> list[Line]:
    """Everything known about a group, in lines of at most `width` cells."""
    now = snap.started_at + snap.elapsed_s

    def fact(label: str, *value: Span) -> Line:
        return cut((Span(f"{label:<10}", "dim"), *value), width)

    lines: list[Line] = [
        fact("first", Span(wall(now - group.first_s)), Span(_since(group.first_s), "dim")),
        fact("last", Span(wall(now - group.last_s)), Span(_since(group.last_s), "dim")),
        fact(
            "attempts",
            Span(count(group.attempts), bold=True),
            Span(f" failed, {plural(group.jobs, 'job')} failed for good", "dim"),
        ),
        fact("retry", *_policy(group)),
    ]
    if again := progress(group):
        lines.append(fact("retried", Span(again, "retry_text")))
    if group.aside or group.acknowledged:
        said = "set aside, not counted as open" if group.aside else "acknowledged until it has twice as many failures"
        lines.append(fact("you said", Span(said)))
    lines += _facets(story.facets if story is not None else [Facet("host", group.hosts)], width)
    if where := innermost(group.detail):
        lines += [(), fact("where", Span(where[0], "accent"), Span(f" {where[1]}", "dim"))]
    if group.detail:
        lines.append(())
        for number, text in enumerate(clean_block(group.detail, 4000).split("\n")[:40]):
            lines += wrap((Span("  " + text, "text" if number == 0 else "dim"),), width)
    if story is not None and story.samples:
        lines.append(())
        for number, (seq, name) in enumerate(story.samples[:5]):
            lines.append(fact("" if number else "sample", Span(f"#{seq}  "), Span(clean(name, 100), "dim")))
    elif group.samples:
        lines.append(())
        lines.append(fact("sample", Span("  ".join(f"#{seq}" for seq in group.samples[:5]))))
    return lines


def innermost(detail: str) -> tuple[str, str] | None:
    """The function and the place of the last frame of a traceback, `("fetch", "scrape.py:88")`."""
    frames = _FRAME.findall(detail)
    if not frames:
        return None
    path, line, function = frames[-1]
    return clean(function, 60), f"{clean(path.replace(chr(92), '/').rpartition('/')[2], 60)}:{line}"


def _since(seconds: float) -> str:
    return f"   {about(seconds) if seconds >= 57 else f'{max(1, round(seconds))} s'} ago"


def _policy(group: FailureGroup) -> list[Span]:
    if group.retryable:
        used_up = ", but its attempts are used up" if group.jobs else ", and no job has used up its attempts"
        return [Span("yes"), Span(used_up, "dim")]
    return [Span("no"), Span(": the policy does not cover it", "dim")]


def _facets(facets: Sequence[Facet], width: int) -> list[Line]:
    """How the failures are spread: the host in full, of the others what fits into a few lines."""
    lines: list[Line] = []
    for facet in facets:
        if facet.values and (facet.name == "host" or len(facet.values) > 1 or facet.distinct > 1):
            lines += [(), *_bars(facet, width)]
    said = [facet for facet in facets if facet.name != "host" and len(facet.values) == 1 and facet.distinct <= 1]
    if said:
        lines.append(())
    for facet in said:
        value = Span(clean(facet.values[0][0], 100))
        lines.append(cut((Span(f"{clean(facet.name, 9):<10}", "dim"), Span("all ", "dim"), value), width))
    return lines


def _bars(facet: Facet, width: int) -> list[Line]:
    most = max(number for _, number in facet.values)
    name_width = max(8, min(24, width - 10 - 2 - 8 - 8))
    gauge = max(0, min(24, width - 10 - name_width - 9))
    lines: list[Line] = []
    for index, (value, number) in enumerate(facet.values[:5]):
        name = cut((Span(clean(value, 100)),), name_width)
        pad = Span(" " * (name_width - length(name) + 1))
        said = clean(facet.name, 9)
        head = "" if index else f"by {said}" if len(said) <= 6 else said
        filled = bar(gauge, number / most if most else 0, "failed")
        lines.append(cut((Span(f"{head:<10}", "dim"), *name, pad, *filled, Span(f"{count(number):>7}")), width))
    return lines


def draw_details(
    canvas: Canvas,
    box: tuple[int, int, int, int],
    snap: Snapshot,
    group: FailureGroup,
    *,
    scroll: int,
    story: GroupStory | None = None,
) -> int:
    """The details in the given box, from line `scroll` on; returns how far they can be scrolled."""
    x, y, width, height = box
    title: Line = (Span(clean(group.title, 60) + " ", "failed_text", True), Span(clean(group.message, 120)))
    canvas.box(x, y, width, height, title=title, right=(Span(plural(group.jobs, "job"), "dim"),))
    if width < 12 or height < 3:
        return 0
    lines = detail_lines(group, snap, width - 4, story)
    actions = _actions(group, width - 4)
    room = height - 2 - (len(actions) + 1 if height - 2 > len(actions) + 4 else 0)
    most = max(0, len(lines) - room)
    scroll = min(scroll, most)
    for row, line in enumerate(lines[scroll : scroll + room]):
        canvas.spans(x + 2, y + 1 + row, line)
    if room < height - 2:
        for row, line in enumerate(actions):
            canvas.spans(x + 2, y + height - 1 - len(actions) + row, line)
    if most:
        key = key_of("details_down" if scroll < most else "details_up")
        down = f"▼ {most - scroll} more  {key}".rstrip() if scroll < most else f"end  {key}".rstrip()
        canvas.right(x + width - 2, y + height - 1, (Span(f" {down} ", "faint"),))
    return most


def _actions(group: FailureGroup, width: int) -> list[Line]:
    jobs = group.open or group.jobs
    first = f"probe one, then retry all {count(jobs)}" if jobs > 1 else "retry the job"
    again = hint(first, "retry", ink="text") if group.jobs else ()
    rest = side_by_side(
        hint("take back" if group.aside else "set aside", "aside", ink="text"),
        hint("unacknowledge" if group.acknowledged else "acknowledge", "acknowledge_group", ink="text"),
        hint("copy", "copy", ink="text"),
        hint("its jobs", "inspect", ink="text"),
    )
    return [cut(line, width) for line in (again, rest) if line]
