"""What a person types to do by hand what a job does: it works, and no secret is in it."""

from __future__ import annotations

import subprocess

import msgspec

from qtui.core.seams import Reproducible
from qtui.kinds.http.kind import HttpKind
from qtui.kinds.http.options import HttpTable
from qtui.kinds.secrets import MASK
from tests.kinds.running import job, real
from tests.kinds.shell.running import made

SECRET = "tr0ub4dor&3-secret"


def http(**keys: object) -> HttpKind:
    return HttpKind(msgspec.convert(keys, HttpTable), real(environ={"TOKEN": SECRET}))


def test_a_request_is_a_line_for_curl() -> None:
    kind = http(url="https://shop.example/p/{n}?q={q}", headers={"X-Trace": "it's {n}"})
    assert isinstance(kind, Reproducible)

    assert kind.reproduce(job(n=7, q="a b")) == """curl -H 'X-Trace: it'"'"'s 7' 'https://shop.example/p/7?q=a+b'"""


def test_a_body_and_a_method_are_written_out() -> None:
    line = http(url="https://x.example/", method="PUT", json={"n": "{n}"}).reproduce(job(n=7))

    assert line.startswith("curl -X PUT -H 'Content-Type: application/json' --data-binary ")
    assert line.endswith("""'{"n":"7"}' https://x.example/""") or line.endswith("""'{"n":7}' https://x.example/""")


def test_secrets_are_masked_wherever_they_stand() -> None:
    kind = http(
        url="https://me:hunter22@x.example/",
        method="POST",
        body=f"token={SECRET}",
        headers={"X-Signed": "by {secret:env:TOKEN}", "X-Api-Key": "plain-but-sensitive"},
    )
    line = kind.reproduce(job())

    assert "secret" not in line
    assert "sensitive" not in line
    assert "hunter22" not in line
    assert line.count(MASK) == 3


def test_a_command_that_is_typed_does_the_same() -> None:
    kind = made(command=["printf", "<%s>", "{what}"], env={"UNUSED": "a b"})
    line = kind.reproduce(job(what="it's $HOME; rm *"))

    assert subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True).stdout == "<it's $HOME; rm *>"


def test_a_script_is_given_the_fields_it_uses() -> None:
    kind = made(command='echo "$QTUI_what/$QTUI_what"', shell=True)
    line = kind.reproduce(job(what="it's $HOME", unused="x"))

    assert (
        subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True).stdout
        == "it's $HOME/it's $HOME\n"
    )
    assert "unused" not in line


def test_a_row_that_gives_no_command_has_no_reproducer() -> None:
    assert made(command=["echo", "{missing}"]).reproduce(job(what="x")) == ""
    assert http(url="{missing}").reproduce(job(n=1)) == ""
