"""A preset to start from: the example of a kind, with every other option behind a #, made from the same Structs."""

from __future__ import annotations

import re
import textwrap
import tomllib
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from qtui.core import tables
from qtui.core.port import Template
from qtui.core.preset import parse
from qtui.core.walker import literals, nearest, unit_of
from qtui.errors import CannotWrite, QtuiError, UsageError
from qtui.kinds import KINDS
from qtui.sources import SOURCES
from qtui.text import clean
from qtui.wiring.finding import bundled, locate
from qtui.wiring.meanings import meanings
from qtui.wiring.presets import vocabulary
from qtui.wiring.schema import default_of, order, plain_tables, struct_in, written

WIDTH = 110
SAMPLES = {
    "rate": "50/s",
    "duration": "10s",
    "size": "1MiB",
    "tolerance": "20%",
    "int": 7,
    "float": 1.0,
    "str": "",
    "bool": True,
}
"""For options that are absent by default: a value that shows what one looks like."""
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def write_new(kind: str, file: str) -> str:
    """Write a preset to `file`; tells what was done.

    Raises:
        UsageError: there is no such kind, or `file` cannot be a preset's name. CannotWrite, also over a file.
    """
    path = Path(file).expanduser()
    if path.suffix != ".toml":
        raise UsageError(f"{clean(file)} is no name for a preset; let it end in .toml")
    text = new_preset(kind, path.stem)
    try:
        with open(path, "x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise CannotWrite(f"{clean(path)} exists already and is left as it is; choose another name") from None
    except OSError as error:
        raise CannotWrite(f"cannot write {clean(path)}: {clean(error.strerror)}") from None
    return f"wrote {clean(path)}\nsee what it does: qtui check --plan {clean(path)}\nrun it: qtui {clean(path)}"


def templates() -> list[Template]:
    """Everything that a new preset can be made from: the kinds of jobs, then the presets that come with qtui."""
    examples = {kind: textwrap.dedent(KINDS[kind].table().example) for kind in KINDS}
    found = [Template(kind, _about(example), is_kind=True) for kind, example in examples.items()]
    return found + [Template(path.stem, _about(path.read_text("utf-8")), is_kind=False) for path in bundled()]


def _about(text: str) -> str:
    return str(tomllib.loads(text)["preset"].get("description", ""))


def new_preset(kind: str, name: str = "") -> str:
    """The text of a preset for a kind, or of a bundled one. Raises UsageError with the nearest spelling."""
    shapes = [path.stem for path in bundled()]
    if kind in KINDS:
        return _from_structs(kind, clean(name, 60) or f"my-{kind}")
    if kind in shapes:
        text = locate(kind).read_text(encoding="utf-8")
        own = f"name = {_quoted(clean(name, 60))}" if name else r"\g<0>"
        return re.sub(r'^name = ".*?"', own.replace("\\", "\\\\") if name else own, text, count=1, flags=re.MULTILINE)
    known = f"there are the kinds {', '.join(KINDS)} and the bundled presets {', '.join(shapes)}"
    if not kind:
        raise UsageError(f"which kind of job? {known}")
    near = nearest(kind, [*KINDS, *shapes])
    hint = f"did you mean {near}? " if near else ""
    raise UsageError(f"there is no kind {clean(kind, 60)}; {hint}{known[0].upper()}{known[1:]}")


def _from_structs(kind: str, name: str) -> str:
    table = KINDS[kind].table()
    example = tomllib.loads(textwrap.dedent(table.example))
    example.setdefault("preset", {})["name"] = name
    example.setdefault("source", [{"kind": "range", "stop": 10}])
    plain = plain_tables()
    lines = [
        f"# A preset for jobs of kind {kind}, to start from. An option behind a # shows its default:",
        "# take the # away to change it. `qtui check --plan` tells what the preset does, `qtui` runs it.",
    ]
    for part in order({**plain, "source": 0, "job": 0, **({"demo": 0} if "demo" in example else {})}):
        lines.append("")
        if part == "source":
            lines += _sources(example["source"])
        elif part == "job":
            lines += _job(kind, example.get("job", {}), table)
        elif part == "demo":
            lines += ["[demo]", "# Start the embedded shop; {site} is its address.", *_keys(None, example["demo"])]
        else:
            mark = "#" if part not in example and part in _absent() else ""
            lines += [f"{mark}[{part}]", *_keys(plain[part], example.get(part, {}))]
    text = "\n".join(lines) + "\n"
    preset, problems = parse(text, name, vocabulary())
    if preset is None:
        raise QtuiError(f"the example of {kind} is wrong: {problems[0].path}: {problems[0].message}")
    return text


def _absent() -> set[str]:
    """Tables that a preset is without unless it names them."""
    return {field.name for field in msgspec.structs.fields(tables.Preset) if field.default is None}


def _sources(examples: list[dict[str, Any]]) -> Iterator[str]:
    for example in examples:
        kind = example["kind"]
        others = ", ".join(name for name in SOURCES if name != kind)
        yield "[[source]]"
        yield f"# Where the jobs come from; others: {others}. For the lines of a file:"
        yield '# kind = "lines" and path = "urls.txt". There may be several sources, each with its [[source]].'
        yield from _keys(SOURCES[kind], example, {"kind"})


def _job(kind: str, example: Mapping[str, Any], table: type[tables.Table]) -> Iterator[str]:
    own = example.get(kind, {})
    yield "[job]"
    yield from _keys(tables.JobTable, {"kind": kind, **{key: value for key, value in example.items() if key != kind}})
    yield ""
    yield f"[job.{kind}]"
    yield from _keys(table, own)


def _keys(
    cls: type[msgspec.Struct] | None, example: Mapping[str, Any], silent: set[str] | None = None
) -> Iterator[str]:
    """Every key of a table, those of the example first; its meaning stands above it."""
    if cls is None:
        yield from (f"{key} = {toml(value)}" for key, value in example.items())
        return
    told, hints = meanings(cls), typing.get_type_hints(cls, include_extras=True)
    fields = {field.encode_name: field for field in msgspec.structs.fields(cls)}
    for key in [*(key for key in fields if key in example), *(key for key in fields if key not in example)]:
        field, hint = fields[key], hints[fields[key].name]
        if key not in (silent or set()):
            yield from _comment(told.get(field.name, ""), hint)
        if key in example:
            yield f"{key} = {toml(example[key])}"
        else:
            default = default_of(field)
            yield f"#{key} = {toml(written(default, hint) if default is not None else _sample(hint))}"


def _comment(meaning: str, hint: Any) -> Iterator[str]:
    inner = struct_in(hint)
    choices = [] if inner else literals(hint)
    if len(choices) > 1 and not all(choice in meaning for choice in choices):
        meaning = f"{meaning} One of {', '.join(choices)}.".strip()
    if meaning:
        yield from textwrap.wrap(meaning, WIDTH, initial_indent="# ", subsequent_indent="# ", break_long_words=False)
    for field in msgspec.structs.fields(inner) if inner else ():
        said = f"{field.encode_name}: {meanings(inner).get(field.name, '')}" if inner else ""
        yield from textwrap.wrap(said, WIDTH, initial_indent="#   ", subsequent_indent="#     ")


def _sample(hint: Any) -> object:
    """A value for an option that is absent by default."""
    if inner := struct_in(hint):
        example = inner.example if issubclass(inner, tables.Table) else ""
        return tomllib.loads(example) if example else written(inner(), inner)
    for each in (hint, *typing.get_args(hint)):
        if unit := unit_of(each):
            return SAMPLES[unit]
        if choices := literals(each):
            return choices[0]
        plain = getattr(each, "__origin__", each)  # of Annotated too
        if plain in (dict, list):
            return plain()
        if isinstance(plain, type) and plain.__name__ in SAMPLES:
            return SAMPLES[plain.__name__]
    return ""


def toml(value: object) -> str:
    """A value in one line of TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, Mapping):
        pairs = (f"{key if _BARE.fullmatch(key) else _quoted(key)} = {toml(inner)}" for key, inner in value.items())
        return f"{{ {', '.join(pairs)} }}" if value else "{}"
    return str(value)


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")
