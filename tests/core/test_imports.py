"""What a preset calls by name is found, or the reason is one sentence."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qtui.core.imports import resolve


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Imports leave nothing behind: neither modules nor folders to look in."""
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def wrote(folder: Path, name: str, text: str) -> str:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return str(folder)


def refusal(spec: str, path: str = "") -> str:
    with pytest.raises(ValueError, match=r".") as raised:
        resolve(spec, path)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_function_of_an_installed_module_is_found() -> None:
    assert resolve("json:dumps") is __import__("json").dumps


def test_nested_attributes_are_reached() -> None:
    assert resolve("pathlib:Path.cwd") == Path.cwd


def test_the_folder_is_looked_in_only_when_it_is_named(tmp_path: Path) -> None:
    folder = wrote(tmp_path, "crunching.py", "def crunch(): return 1")

    assert "no module crunching" in refusal("crunching:crunch")
    assert 'path = "."' in refusal("crunching:crunch")
    assert resolve("crunching:crunch", folder)() == 1  # type: ignore[operator]


def test_the_folder_comes_first_and_stays_for_imports_inside_functions(tmp_path: Path) -> None:
    wrote(tmp_path, "helping.py", "answer = 42")
    folder = wrote(tmp_path, "needing.py", "def ask():\n    import helping\n    return helping.answer")

    assert resolve("needing:ask", folder)() == 42  # type: ignore[operator]


@pytest.mark.parametrize("spec", ["crunch", "work.crunch", ":crunch", "work:", "work:a b", "../work:f", "work:f()", ""])
def test_what_is_not_a_name_is_refused_with_an_example(spec: str) -> None:
    assert "module:function" in refusal(spec)


def test_a_misspelt_module_is_told_with_the_nearest(tmp_path: Path) -> None:
    folder = wrote(tmp_path, "crunching.py", "")

    assert "did you mean crunching?" in refusal("cruching:crunch", folder)


def test_a_misspelt_function_is_told_with_the_nearest(tmp_path: Path) -> None:
    folder = wrote(tmp_path, "mill.py", "def crunch(): ...")

    assert refusal("mill:crnch", folder) == "mill has no crnch; did you mean crunch?"


def test_a_misspelt_part_of_a_package_is_told_with_the_nearest(tmp_path: Path) -> None:
    wrote(tmp_path, "factory/__init__.py", "")
    folder = wrote(tmp_path, "factory/milling.py", "")

    assert "did you mean factory.milling?" in refusal("factory.miling:run", folder)


def test_a_module_that_needs_another_says_which(tmp_path: Path) -> None:
    folder = wrote(tmp_path, "needy.py", "import nothing_of_this_name")

    assert refusal("needy:f", folder) == (
        "needy cannot be imported: it needs the module nothing_of_this_name, which is not installed"
    )


def test_an_error_of_syntax_is_told_with_its_line(tmp_path: Path) -> None:
    folder = wrote(tmp_path, "broken.py", "x = 1\ndef f(:\n")

    assert "broken.py:2)" in refusal("broken:f", folder)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise RuntimeError('no\\x1b[31m way')", "RuntimeError: no way"),
        ("exit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("class Bad(Exception):\n    def __str__(self): raise ValueError\nraise Bad", "Bad that cannot be shown"),
    ],
)
def test_a_module_that_raises_is_told_with_what_and_where(tmp_path: Path, code: str, said: str) -> None:
    told = refusal("raising:f", wrote(tmp_path, "raising.py", code))

    assert said in told
    assert f"raising.py:{code.count(chr(10)) + 1})" in told


def test_a_file_that_hides_behind_a_loaded_module_must_be_renamed(tmp_path: Path) -> None:
    assert "rename it" in refusal("json:dumps", wrote(tmp_path, "json.py", "def dumps(): ..."))


def test_a_module_whose_attributes_raise_is_refused(tmp_path: Path) -> None:
    folder = wrote(tmp_path, "strange.py", "def __getattr__(name): raise RuntimeError")

    assert refusal("strange:f", folder) == "strange has no f"
