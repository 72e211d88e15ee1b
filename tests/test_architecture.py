"""Imports point inwards, and what must stay light stays light: the house is built as the drawing says."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "qtui"

CLOCKLESS = {"asyncio", "threading", "time", "random", "os", "socket", "aiohttp", "textual", "rich", "sqlite3"}
SCREEN = {"textual", "rich"}
MIDDLE = {"core", "errors", "text"}

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "text": set(),
    "core": {"errors", "text"},
    **dict.fromkeys(["engine", "sources", "kinds", "executors", "journal", "link", "plain", "demo"], MIDDLE),
    "tui": {"core", "text", "errors"},
    "cli": {"wiring", "errors", "core"},
}
"""Package of ours → packages of ours it may import, itself always included. `wiring` may import all."""

MUST_NOT_TOUCH: dict[str, set[str]] = {
    "core": CLOCKLESS,
    **dict.fromkeys(["engine", "sources", "kinds", "executors", "journal", "link", "demo"], SCREEN),
    "plain": {"textual"},
    "tui": {"aiohttp", "socket", "sqlite3"},
    "cli": {"textual", "aiohttp"},
}
AIOHTTP_IN = ("kinds/http/", "sources/crawl", "link/", "demo/")


def modules() -> list[Path]:
    return sorted(ROOT.rglob("*.py"))


def package(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@cache
def nodes(path: Path) -> list[ast.AST]:
    """All of a file's syntax."""
    return list(ast.walk(ast.parse(path.read_text())))


@cache
def imports(path: Path) -> set[str]:
    """Absolute module names imported anywhere in a file, inside functions too."""
    found: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where things come from"
            found.add(node.module or "")
            if node.module == "qtui":
                found |= {f"qtui.{alias.name}" for alias in node.names}
    return found


def outward(path: Path) -> set[str]:
    """Packages of ours that a file imports and may not."""
    own = package(path)
    if own in ("wiring", "__init__", "__main__"):
        return set()
    ours = {name.split(".")[1] for name in imports(path) if name.startswith("qtui.")}
    return ours - MAY_IMPORT[own] - {own, "__version__"}


def test_imports_point_inwards() -> None:
    assert {str(path): found for path in modules() if (found := outward(path))} == {}


def untouchable(path: Path) -> set[str]:
    """Libraries that a file imports and may not."""
    roots = {name.split(".")[0] for name in imports(path)}
    found = roots & MUST_NOT_TOUCH.get(package(path), set())
    if package(path) != "wiring" and not str(path.relative_to(ROOT)).startswith(AIOHTTP_IN):
        found |= roots & {"aiohttp"}
    return found


def test_nobody_touches_what_is_not_theirs() -> None:
    assert {str(path): found for path in modules() if (found := untouchable(path))} == {}


def loaded_by(statement: str) -> set[str]:
    """Top-level modules in memory after a statement, in a process of its own."""
    code = f"{statement}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import qtui.wiring.engine_process, qtui.kinds.simulate",
        "import qtui.wiring.headless",
        "import qtui.wiring.launcher",
        "import qtui.cli.verbs",
    ],
)
def test_nothing_without_a_screen_loads_textual(statement: str) -> None:
    assert "textual" not in loaded_by(statement)


@pytest.mark.parametrize("statement", ["import qtui.wiring.launcher", "import qtui.cli.verbs", "import qtui.tui.app"])
def test_launcher_and_screen_do_not_load_aiohttp(statement: str) -> None:
    assert "aiohttp" not in loaded_by(statement)


def test_the_launcher_stays_small() -> None:
    assert not {"textual", "aiohttp", "asyncio", "sqlite3"} & loaded_by("import qtui.wiring.launcher")


def test_a_preset_alone_is_opened_without_a_parser_of_options() -> None:
    started = (
        "import sys; sys.argv[1:] = ['nowhere.toml']; from qtui.cli import main\ntry: main()\nexcept SystemExit: pass"
    )

    assert not {"click", "dataclasses", "tempfile"} & loaded_by(started)


def test_the_first_frame_waits_for_no_link() -> None:
    code = "import qtui.tui.app, qtui.wiring.host, sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert not {"qtui.link.client", "qtui.link.protocol", "qtui.wiring.presets"} & set(done.stdout.split())


FORBIDDEN_CALLS = {
    "wait_for": "it swallows cancellation on 3.11; use asyncio.timeout",
    "eval": "no code from data",
    "exec": "no code from data",
}


def forbidden(path: Path) -> list[str]:
    """What a file calls and must not, each with its line and the reason."""
    found = [f"{path}: {name}" for name in imports(path) if name.split(".")[0] in ("pickle", "marshal", "shelve")]
    for node in nodes(path):
        if isinstance(node, ast.Call) and (name := called(node)) in FORBIDDEN_CALLS:
            found.append(f"{path}:{node.lineno}: {FORBIDDEN_CALLS[name]}")
        inner = node.value if isinstance(node, ast.Expr) else None
        if isinstance(inner, ast.Call) and called(inner) in ("create_task", "ensure_future"):
            found.append(f"{path}:{node.lineno}: nobody keeps this task")
    return found


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def test_forbidden_calls() -> None:
    assert [line for path in modules() for line in forbidden(path)] == []
