"""The JSON Schema of a preset, made from the Structs that check it; what is added to a registry is in it by itself.

It is draft 7 and has no references, because that is what the most editors understand.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from qtui.core import tables
from qtui.core.preset import Vocabulary
from qtui.core.units import WRITERS
from qtui.core.walker import unit_of
from qtui.wiring.meanings import meanings, purpose
from qtui.wiring.presets import vocabulary

Schema = dict[str, Any]
REF = "#/"


def schema_text() -> str:
    """For `qtui schema`."""
    return msgspec.json.format(msgspec.json.encode(preset_schema()), indent=2).decode()


def preset_schema() -> Schema:
    """What a preset may hold."""
    known = vocabulary()
    properties = {}
    for name, cls in plain_tables().items():
        properties[name] = table_schema(cls)
    properties |= {"source": _sources(known), "job": _job(known), "demo": _demo(known)}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "urn:qtui:preset",
        "title": "A preset of qtui",
        "description": "What `qtui PRESET` runs: where jobs come from, what a job does, and within which limits.",
        "type": "object",
        "properties": {name: properties[name] for name in order(properties)},
        "required": ["preset", "source", "job"],
        "additionalProperties": False,
    }


def order(names: Mapping[str, object]) -> list[str]:
    """Tables as a preset has them: what it is, where jobs come from, the queue, the work, then the rest."""
    first = [name for name in ("preset", "source", "demo", "queue", "workers", "job") if name in names]
    return [*first, *(name for name in names if name not in first)]


def plain_tables() -> dict[str, type[tables.Table]]:
    """Tables that are the same whatever the kinds of sources and jobs: those that `Preset` has a field for."""
    hints = typing.get_type_hints(tables.Preset)
    special = (tables.Table, tables.JobTable, tables.SourceTable)
    found = {}
    for field in msgspec.structs.fields(tables.Preset):
        for each in typing.get_args(hints[field.name]) or (hints[field.name],):
            if inspect.isclass(each) and issubclass(each, tables.Table) and each not in special:
                found["preset" if field.name == "about" else field.name] = each
    return found


def table_schema(cls: type[msgspec.Struct]) -> Schema:
    """One Struct: its fields with their meanings and defaults, and nothing else."""
    (top,), components = msgspec.json.schema_components([cls], schema_hook=_anything, ref_template=REF + "{name}")
    return _explained(_finished(top, components), cls)


def _anything(cls: type) -> Schema:
    """For `object`: whatever TOML can say, which is all but null."""
    return {"not": {"type": "null"}}


def _name(schema: Schema) -> str:
    return str(schema["$ref"]).removeprefix(REF)


def _finished(schema: Any, components: Mapping[str, Schema]) -> Any:
    """References resolved, and what only the machine cares for left out; TOML has no null."""
    if isinstance(schema, list):
        return [_finished(each, components) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _finished(components[_name(schema)], components)
    kept = {key: _finished(value, components) for key, value in schema.items() if key not in ("title", "default")}
    if "properties" in schema:  # names of keys, which may be `title` too
        kept["properties"] = {key: _finished(value, components) for key, value in schema["properties"].items()}
    if "pattern" in kept and kept.get("type", "string") != "string":
        kept["type"] = [kept["type"], "string"]
    if "anyOf" in kept:
        kept["anyOf"] = [each for each in kept["anyOf"] if each != {"type": "null"}]
        if len(kept["anyOf"]) == 1:
            kept |= kept.pop("anyOf")[0]
    return kept


def _explained(schema: Schema, cls: type[msgspec.Struct]) -> Schema:
    told = meanings(cls)
    hints = typing.get_type_hints(cls, include_extras=True)
    properties = {}
    for field in msgspec.structs.fields(cls):
        own = schema["properties"][field.encode_name]
        if inner := struct_in(hints[field.name]):
            own = table_schema(inner)
            if typing.get_origin(hints[field.name]) is list:
                own = {"type": "array", "items": own}
            if bool in typing.get_args(hints[field.name]):
                own = {"anyOf": [{"type": "boolean"}, own]}
        if field.name in told:
            own = {"description": told[field.name], **{k: v for k, v in own.items() if k != "description"}}
        default = default_of(field)
        if default is not None:
            own["default"] = written(default, hints[field.name])
        properties[field.encode_name] = own
    required = [name for name in schema.get("required", []) if name in properties]
    return {
        "type": "object",
        "description": purpose(cls),
        "properties": properties,
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def struct_in(hint: Any) -> type[msgspec.Struct] | None:
    """The Struct that a field holds, perhaps beside None."""
    for each in (hint, *typing.get_args(hint)):
        if inspect.isclass(each) and issubclass(each, msgspec.Struct):
            return each
    return None


def default_of(field: msgspec.structs.FieldInfo) -> object:
    """Its default, None where it has none or none that TOML could say."""
    if callable(field.default_factory):
        return field.default_factory()
    return None if field.default is msgspec.NODEFAULT else field.default


def written(value: object, hint: Any) -> object:
    """A value of a field as a preset has it: durations, rates and sizes with their units."""
    if isinstance(value, msgspec.Struct):
        return dict(_pairs(value))
    unit = unit_of(hint) or next(filter(None, map(unit_of, typing.get_args(hint))), "")
    if unit and isinstance(value, int | float):
        return WRITERS[unit](value)
    return msgspec.to_builtins(value)


def _pairs(table: msgspec.Struct) -> Iterator[tuple[str, object]]:
    hints = typing.get_type_hints(type(table), include_extras=True)
    for field in msgspec.structs.fields(table):
        value = getattr(table, field.name)
        if value is not None:
            yield field.encode_name, written(value, hints[field.name])


def _sources(known: Vocabulary) -> Schema:
    each = []
    for name, cls in known.sources.items():
        told = table_schema(cls)
        told["title"] = name
        told["properties"]["kind"] = {"description": meanings(cls).get("kind", ""), "const": name}
        told["required"] = ["kind", *(key for key in told.get("required", []) if key != "kind")]
        each.append(told)
    description = "Where jobs come from; one producer each."
    return {"type": "array", "description": description, "minItems": 1, "items": {"oneOf": each}}


def _job(known: Vocabulary) -> Schema:
    told = table_schema(tables.JobTable)
    kinds = {name: table_schema(cls) for name, cls in known.kinds.items()}
    told["properties"]["kind"]["enum"] = list(kinds)
    told["properties"] |= kinds
    told["allOf"] = [
        {
            "if": {"properties": {"kind": {"const": name}}, "required": ["kind"]},
            "then": {
                "properties": dict.fromkeys((other for other in kinds if other != name), False),
                **({"required": [name]} if kinds[name].get("required") else {}),
            },
        }
        for name in kinds
    ]
    return told


def _demo(known: Vocabulary) -> Schema:
    told = table_schema(known.demo)
    site = {"type": "boolean", "description": "Start the embedded shop; {site} is its address.", "default": True}
    told["description"] = "[demo] " + told["description"]
    told["properties"] = {"site": site, **told["properties"]}
    return told
