"""What decides what a job executes: the same text for the same meaning, whatever a preset leaves unsaid."""

from __future__ import annotations

from qtui.core.preset import parse
from qtui.wiring.assemble import template
from qtui.wiring.presets import vocabulary


def told(http: str, job: str = "") -> str:
    source = '[[source]]\nkind = "range"\nstop = 2'
    text = f'[preset]\nname = "web"\n{source}\n[job]\nkind = "http"\n{job}\n[job.http]\n{http}\n'
    preset, problems = parse(text, "web.toml", vocabulary())
    assert preset is not None, problems
    return template(preset)


def test_a_default_that_is_written_out_changes_nothing() -> None:
    plain = told('url = "http://a/{n}"')
    assert told('url = "http://a/{n}"\nmethod = "GET"\nheaders = {}\nexpect = { status = ["2xx"] }') == plain
    assert '"method"' not in plain


def test_limits_of_an_attempt_are_no_part_of_it() -> None:
    assert told('url = "http://a/{n}"\nmax_body = "1KiB"', 'timeout = "1s"') == told('url = "http://a/{n}"')


def test_what_is_executed_and_what_a_job_is_are_part_of_it() -> None:
    plain = told('url = "http://a/{n}"')
    assert told('url = "http://b/{n}"') != plain
    assert told('url = "http://a/{n}"\nextract = { title = "h1::text" }') != plain
    assert told('url = "http://a/{n}"', 'key = "{n}"') != plain


def test_a_secret_stays_its_name() -> None:
    assert "{secret:env:TOKEN}" in told('url = "http://a/{n}"\nheaders = { A = "{secret:env:TOKEN}" }')
