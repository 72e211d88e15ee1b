"""Jobs that find new ones and a source that takes them go together, or the preset is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from qtui.core.preset import parse
from qtui.wiring.presets import Options, load, vocabulary

CRAWL = """
[preset]
name = "crawl"
[[source]]
kind = "crawl"
start = ["https://shop.example/"]
[job]
kind = "http"
[job.http]
url = "{url}"
links = "a::link"
next = "a.next::link"
"""


def problems(text: str) -> list[tuple[str, int, str]]:
    return [(problem.path, problem.line, problem.message) for problem in parse(text, "p.toml", vocabulary())[1]]


def test_a_crawl_whose_jobs_find_links_is_a_preset() -> None:
    assert problems(CRAWL) == []


def test_one_of_several_sources_may_be_the_crawl() -> None:
    assert problems(CRAWL + '[[source]]\nkind = "range"\nstop = 3\nline = "https://shop.example/{n}"\n') == []


def test_jobs_that_find_new_ones_need_a_crawl() -> None:
    text = CRAWL.replace('kind = "crawl"\nstart = ["https://shop.example/"]', 'kind = "range"\nstop = 3')

    assert problems(text) == [
        ("job.http.links", 11, 'links and next find new jobs, which only a source of kind "crawl" takes')
    ]


def test_a_crawl_needs_jobs_that_find_new_ones() -> None:
    text = CRAWL.replace('links = "a::link"\nnext = "a.next::link"\n', "")

    assert problems(text) == [
        ("source[0].kind", 5, "a crawl goes where its jobs find new ones: set job.http.links or job.http.next")
    ]


def test_other_kinds_of_jobs_find_nothing() -> None:
    text = CRAWL.partition("[job]")[0] + '[job]\nkind = "simulate"\n'

    assert [message for _, _, message in problems(text)] == [
        "a crawl goes where its jobs find new ones: jobs of kind simulate never do; those of kind http can"
    ]


def test_an_input_in_place_of_the_crawl_is_refused(tmp_path: Path) -> None:
    (tmp_path / "crawl.toml").write_text(CRAWL)
    (tmp_path / "urls.txt").write_text("https://shop.example/\n")
    loaded = load(str(tmp_path / "crawl.toml"), Options(input=str(tmp_path / "urls.txt")))

    assert [problem.path for problem in loaded.problems] == ["job.http.links"]


@pytest.mark.parametrize("links", ['["a::link", "area::link"]', '"json:items[*].url"', '""'])
def test_links_are_one_place_or_several(links: str) -> None:
    text = CRAWL.replace('"a::link"', links, 1).replace('next = "a.next::link"', 'next = "header:link"')

    assert problems(text) == []
