"""Queries and forms: every value arrives as it was, and the query belongs to the address."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest

from qtui.core.job import Failed, Value
from qtui.kinds.http.options import HttpTable
from qtui.kinds.http.parameters import added
from tests.kinds.http.serving import echo, fetched, fields, opened, serving
from tests.kinds.http.test_requests import Recorder
from tests.kinds.running import job, real


class Asked(Recorder):
    """What came, as the server's own library reads it."""

    async def __call__(self, request):  # type: ignore[no-untyped-def]
        self.query = list(request.query.items())
        self.form = list((await request.post()).items()) if request.method == "POST" else []
        return await super().__call__(request)


ROW: dict[str, Value] = {"q": "a b&c=d+e%20é/#?", "tags": ["x", None, "y z"], "nothing": None, "yes": True, "n": 1.5}
PARAMETERS = {
    "q": "{q}",
    "tag": "{tags}",
    "none": "{nothing}",
    "yes": "{yes}",
    "n": "{n}",
    "page": 2,
    "two": ["{n}", 3],
}
ARRIVES = [
    ("q", ROW["q"]),
    ("tag", "x"),
    ("tag", "y z"),
    ("yes", "true"),
    ("n", "1.5"),
    ("page", "2"),
    ("two", "1.5"),
    ("two", "3"),
]


async def test_a_query_arrives_as_it_was_written() -> None:
    asked = Asked()
    async with serving(asked) as site:
        await fields(HttpTable(url=f"{site}/search", query=PARAMETERS), **ROW)
    assert asked.query == ARRIVES


async def test_a_form_arrives_as_it_was_written() -> None:
    asked = Asked()
    async with serving(asked) as site:
        await fields(HttpTable(url=site, method="POST", form=PARAMETERS), **ROW)
    assert asked.form == ARRIVES
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("address", "whole"),
    [
        ("http://h/a", "http://h/a?x=1"),
        ("http://h/a?", "http://h/a?x=1"),
        ("http://h/a?b=2", "http://h/a?b=2&x=1"),
        ("http://h/a?b=2&", "http://h/a?b=2&x=1"),
        ("http://h/a#part?no", "http://h/a?x=1#part?no"),
    ],
)
def test_parameters_stand_behind_those_that_the_address_has(address: str, whole: str) -> None:
    assert added(address, "x=1") == whole
    assert added(address, "") == address


async def test_the_query_is_part_of_the_url_for_keys_and_in_the_plan() -> None:
    table = HttpTable(url="http://h.example/s", query={"q": "{q}", "page": 2})
    async with opened(table) as kind:
        named = kind.fields({"q": "a b"})
    assert named["url"] == "http://h.example/s?q=a%20b&page=2"
    assert table.own_fields(lambda text: text.replace("{q}", "a b")) == named
    assert table.describe(lambda text: text.replace("{q}", "a b")) == f"GET {named['url']}"


async def test_a_query_without_its_field_fails_for_good() -> None:
    outcome = await fetched(HttpTable(url="http://h.example/", query={"q": "{q}"}), n=1)
    assert outcome == Failed("input", "there is no field {q}; this row has n", permanent=True)


async def test_a_redirect_that_asks_with_get_leaves_the_form_behind() -> None:
    async with serving(echo) as site:
        table = HttpTable(url=f"{site}/a", method="POST", form={"a": 1}, extract={"body": "json:body"})
        assert (await fields(table))["body"] == "a=1"


async def test_every_attempt_of_a_job_has_the_same_idempotency_key() -> None:
    recorder = Recorder()

    async def keys(run_id: str) -> list[str]:
        recorder.requests.clear()
        context = dataclasses.replace(real(), run_id=run_id)
        async with opened(HttpTable(url=site, method="POST", idempotency=True), context) as kind:
            for seq, attempt in ((1, 1), (1, 2), (2, 1)):
                await kind.run(job(seq, attempt))
        return [headers["Idempotency-Key"] for _, _, headers, _ in recorder.requests]

    async with serving(recorder) as site:
        first, again, other = await keys("run-1")
        assert first == again != other
        assert len(first) == 32
        assert first not in await keys("run-2")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"form": {}, "json": {}}, "there is a json and a form; a request has one of them"),
        (
            {"form": {"t": "{secret:env:T}"}},
            "form uses a secret; secrets may be used in headers, auth and cookies only",
        ),
        ({"query": {"t": ["{secret:env:T}"]}}, "query uses a secret"),
        ({"query": {"t": "{"}}, "query: "),
        (
            {"idempotency": True, "headers": {"idempotency-key": "x"}},
            "headers has Idempotency-Key, and idempotency makes the same header; leave one of them out",
        ),
    ],
)
def test_what_cannot_work_is_refused_in_one_sentence(options: dict[str, object], says: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert({"url": "u", **options}, HttpTable)
    assert str(refused.value).startswith(says)
