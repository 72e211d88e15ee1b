"""What a job is, what it is called, and what is only where its row stood."""

from __future__ import annotations

from collections.abc import Mapping

from qtui.core.job import Value
from qtui.core.naming import Naming
from qtui.core.seams import Row
from qtui.core.tables import JobTable


def no_fields(row: Mapping[str, Value]) -> Mapping[str, Value]:
    return {}


def naming(key: str = "", name: str = "", place: str = "") -> Naming:
    return Naming(JobTable(kind="simulate", key=key, name=name), no_fields, place)


def test_without_a_key_a_job_is_all_its_fields_in_any_order() -> None:
    one, other = Row({"a": 1, "b": "x"}), Row({"b": "x", "a": 1})

    assert naming().key(one) == naming().key(other) == '{"a":1,"b":"x"}'


def test_a_line_that_moved_is_the_same_job() -> None:
    named = naming(place="n")

    assert named.key(Row({"line": "x", "n": 1})) == named.key(Row({"line": "x", "n": 9}))
    assert named.content({"line": "x", "n": 1}) == named.content({"line": "x", "n": 9})


def test_a_moved_line_keeps_its_number_as_a_field() -> None:
    assert naming(place="n", name="{n}: {line}").job(1, 0, Row({"line": "x", "n": 9})).name == "9: x"


def test_an_explicit_key_is_all_that_counts() -> None:
    named = naming(key="{id}")

    assert named.key(Row({"id": 7, "price": 1})) == named.key(Row({"id": 7, "price": 2})) == "7"


def test_another_content_under_one_key_has_another_checksum() -> None:
    named = naming(key="{id}")

    assert named.content({"id": 7, "price": 1}) != named.content({"id": 7, "price": 2})


def test_the_key_that_is_looked_up_is_the_key_of_the_job() -> None:
    row = Row({"id": 7, "n": 2})
    for named in (naming(), naming(key="{id}"), naming(place="n"), naming(key="{gone}")):
        assert named.key(row) == named.job(1, 0, row).key


def test_a_template_that_cannot_be_filled_is_the_problem_of_its_job() -> None:
    job = naming(key="{gone}").job(3, 0, Row({"id": 7}))

    assert "gone" in job.problem
    assert job.key == '{"id":7}'


def test_the_problem_of_the_row_comes_first() -> None:
    assert naming(key="{gone}").job(3, 0, Row({"id": 7}, "line 3 is not UTF-8")).problem == "line 3 is not UTF-8"


def test_a_job_without_a_name_is_called_by_its_key_and_else_by_its_number() -> None:
    assert naming(key="{id}").job(3, 0, Row({"id": 7})).name == "7"
    assert naming().job(3, 0, Row({"id": 7})).name == "job 3"


def test_names_and_problems_are_harmless() -> None:
    job = naming(name="{line}").job(1, 0, Row({"line": "\x1b[2Jx"}, "bad \x1b]0;x\x07"))

    assert "\x1b" not in job.name + job.problem
