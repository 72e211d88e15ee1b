"""Imports point inwards, and what must stay light stays light: the house is built as the drawing says."""

from __future__ import annotations

import ast
import subprocess
import sys
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


def imports(path: Path) -> set[str]:
    """Absolute module names imported anywhere in a file, inside functions too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where things come from"
            found.add(node.module or "")
            if node.module == "qtui":
                found |= {f"qtui.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_inwards(path: Path) -> None:
    own = package(path)
    if own in ("wiring", "__init__", "__main__"):
        return
    allowed = MAY_IMPORT[own] | {own, "__version__"}
    ours = {name.split(".")[1] for name in imports(path) if name.startswith("qtui.")}

    assert ours <= allowed, f"{own} may not import {ours - allowed}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_nobody_touches_what_is_not_theirs(path: Path) -> None:
    roots = {name.split(".")[0] for name in imports(path)}
    relative = str(path.relative_to(ROOT))

    assert not roots & MUST_NOT_TOUCH.get(package(path), set())
    if package(path) != "wiring":
        assert "aiohttp" not in roots or relative.startswith(AIOHTTP_IN)


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


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_forbidden_calls(path: Path) -> None:
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            assert name not in FORBIDDEN_CALLS, f"{path}:{node.lineno}: {FORBIDDEN_CALLS[name]}"
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = node.value.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            assert name not in ("create_task", "ensure_future"), f"{path}:{node.lineno}: nobody keeps this task"
    assert not {name for name in imports(path) if name.split(".")[0] in ("pickle", "marshal", "shelve")}
