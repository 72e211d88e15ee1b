"""Files, pipes, standard input and gzip: what is there is delivered, and nothing is held."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path

import pytest

from qtui.errors import InputError
from qtui.sources import SOURCES, CsvSource, JsonlSource, LinesSource, for_input
from tests.sources.reading import counted, fields, rows, written

Source = LinesSource | CsvSource | JsonlSource


@pytest.mark.parametrize("source", [LinesSource, JsonlSource, CsvSource])
def test_a_path_that_cannot_be_read_is_named_in_one_sentence(tmp_path: Path, source: type[Source]) -> None:
    missing = str(tmp_path / "missing")
    assert source(path=missing).check() == f"{missing} does not exist"
    assert source(path=str(tmp_path)).check() == f"{tmp_path} is a directory; name a file in it"
    assert source(path="a\0b").check() == "a␀b is not a path: it contains a NUL character"
    with pytest.raises(InputError, match="does not exist"):
        rows(source(path=missing))
    with pytest.raises(InputError, match="directory"):
        rows(source(path=str(tmp_path)))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "secret.txt", "a\n")
    os.chmod(path, 0)
    assert LinesSource(path=path).check() == f"{path} may not be read by this user"


@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        (b"\xff\xfea\0", "is UTF-16; save it as UTF-8 text"),
        (b"PK\x03\x04..", "is a ZIP archive; save it as UTF-8 text"),
        (b"\x1f\x8b\x08\0", "is gzip; give it a name that ends in .gz"),
    ],
)
def test_a_file_that_is_plainly_no_text_is_refused(tmp_path: Path, start: bytes, sentence: str) -> None:
    path = written(tmp_path, "x.txt", start)
    assert LinesSource(path=path).check() == f"{path} {sentence}"


def test_a_hostile_file_name_is_cleaned(tmp_path: Path) -> None:
    path = written(tmp_path, "a\x1b]0;owned\x07b.txt", b"\xff\n")
    assert LinesSource(path=path).title == "lines of ab.txt"
    assert rows(LinesSource(path=path))[0].problem.startswith("ab.txt line 1: ")
    assert "\x1b" not in LinesSource(path=path + "x").check()


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("x.txt.gz", "a\nb\n", [{"line": "a", "n": 1}, {"line": "b", "n": 2}]),
        ("x.csv.gz", "a,b\n1,2\n", [{"a": "1", "b": "2"}]),
        ("x.jsonl.gz", '{"a": 1}\n', [{"a": 1}]),
    ],
)
def test_gzip_is_unpacked_on_the_way(tmp_path: Path, name: str, content: str, expected: list[object]) -> None:
    source = for_input(written(tmp_path, name, content))
    assert source.check() == ""
    assert fields(source) == expected
    assert counted(source) == len(expected)


def test_gzip_of_several_members_is_read_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"a\nb", mtime=0) + gzip.compress(b"c\n", mtime=0) + b"\0" * 100)
    assert [row["line"] for row in fields(LinesSource(path=str(path)))] == ["a", "bc"]


def test_a_gzip_bomb_is_unpacked_block_by_block(tmp_path: Path) -> None:
    path = written(tmp_path, "x.gz", b"a" * 30_000_000 + b"\nb\n")
    tracemalloc.start()
    found = rows(LinesSource(path=path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [row.fields["line"] for row in found] == ["a" * 199 + "…", "b"]
    assert peak < 8_000_000


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda packed: packed[:-20], "ends in the middle of its compressed content"),
        (lambda packed: packed[:20] + b"\xff" * 20 + packed[40:], "is damaged"),
    ],
)
def test_damaged_gzip_is_an_input_error(tmp_path: Path, damage: object, says: str) -> None:
    assert callable(damage)
    path = tmp_path / "x.gz"
    path.write_bytes(damage(gzip.compress(os.urandom(200_000).hex().encode())))
    with pytest.raises(InputError, match=says):
        rows(LinesSource(path=str(path)))


def test_a_name_in_gz_without_gzip_inside_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(b"plain\n")
    assert LinesSource(path=str(path)).check() == f"{path} is not gzip, whatever its name says"


def test_reading_holds_one_block_of_a_large_file(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        for start in range(0, 200_000, 10_000):
            file.write(b"".join(b"%0250d\n" % n for n in range(start, start + 10_000)))
    assert path.stat().st_size > 50_000_000
    tracemalloc.start()
    total = sum(len(batch) for batch in LinesSource(path=str(path)).batches())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == 200_000
    assert peak < 3_000_000


@pytest.mark.parametrize(
    ("source", "first", "second", "expected"),
    [
        (LinesSource, b"one\ntwo\nhal", b"f\n", [["one", "two"], ["half"]]),
        (JsonlSource, b'"one"\n"ha', b'lf"\n', [["one"], ["half"]]),
        (CsvSource, b'line\none\n"ha', b'\nlf"\n', [["one"], ["ha\nlf"]]),
    ],
)
def test_a_slow_pipe_delivers_what_is_there(
    tmp_path: Path, source: type[Source], first: bytes, second: bytes, expected: list[list[str]]
) -> None:
    fifo = str(tmp_path / "pipe")
    os.mkfifo(fifo)
    got_first = threading.Event()

    def write() -> None:
        fd = os.open(fifo, os.O_WRONLY)
        os.write(fd, first)
        assert got_first.wait(10)
        os.write(fd, second)
        os.close(fd)

    writer = threading.Thread(target=write)
    writer.start()
    reader = source(path=fifo)
    assert reader.check() == ""
    assert counted(reader) is None
    batches = []
    for batch in reader.batches():
        if batch:
            batches.append([row.fields["line"] for row in batch])
            got_first.set()
    writer.join()
    assert batches == expected


def test_standard_input_delivers_before_it_ends() -> None:
    program = (
        "from qtui.sources import LinesSource\n"
        "source = LinesSource(path='-')\n"
        "print(source.title, source.check(), source.count(lambda: False), source.total(), flush=True)\n"
        "for batch in source.batches():\n"
        "    print([row.fields['line'] for row in batch], flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdin
        assert reader.stdout
        assert reader.stdout.readline() == "lines of standard input  None None\n"
        reader.stdin.write("a\nb\n")
        reader.stdin.flush()
        assert reader.stdout.readline() == "['a', 'b']\n"
        reader.stdin.write("c")
        reader.stdin.close()
        assert reader.stdout.readline() == "['c']\n"


def test_closing_the_batches_closes_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "x", "a\n" * 200_000)
    before = len(os.listdir("/proc/self/fd"))
    batches = LinesSource(path=path).batches()
    next(batches)
    assert len(os.listdir("/proc/self/fd")) == before + 1
    batches.close()  # type: ignore[attr-defined]
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("urls.txt", "lines"),
        ("-", "lines"),
        ("a.CSV", "csv"),
        ("a.tsv.gz", "csv"),
        ("a.jsonl", "jsonl"),
        ("a.ndjson.gz", "jsonl"),
        ("csv", "lines"),
    ],
)
def test_an_input_is_read_by_its_suffix(path: str, kind: str) -> None:
    assert for_input(path).kind == kind


def test_every_source_is_registered_under_its_kind() -> None:
    for kind, source in SOURCES.items():
        assert source.__struct_defaults__[-1] is not None
        assert kind == source.__name__.removesuffix("Source").lower()


def test_importing_the_registry_is_light() -> None:
    program = (
        "import sys, qtui.sources; print([m for m in ('aiohttp', 'asyncio', 'selectolax', 'gzip') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "[]\n"
