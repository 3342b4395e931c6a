"""Whether a changed fact may keep its version: every old record must be readable, and mean the same.

What fails here needs the next major version in the catalogue and an upcaster (see `events.upcasters`).
"""

from collections.abc import Iterator
from typing import Any

from events.schema import PERSONAL, PERSONAL_KEYS

Schema = dict[str, Any]

_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_ABSENT = object()


def incompatibilities(old_schema: Schema, new_schema: Schema) -> list[str]:
    """What of the old schema the new one breaks, one line each, `path: what`; empty where the change is compatible.

    Incompatible are: a field removed; a field that must now be there; a type, an enumeration or a bound narrowed; a
    pattern or format that was not there; a default changed, since a default is left out on the wire and old records
    would mean something else; a personal mark taken away, since sealed values would stay sealed. Added optional fields,
    wider types and bounds, and other words are compatible.
    """
    return list(_compare("", old_schema, new_schema, old_schema.get("$defs", {}), new_schema.get("$defs", {})))


def _compare(
    path: str, old: Schema, new: Schema, old_parts: Schema, new_parts: Schema, *, always: bool = False
) -> Iterator[str]:
    old, new = _resolved(old, old_parts), _resolved(new, new_parts)
    if not always and _default(old) != _default(new):
        yield _line(path, f"default changed from {_shown(old)} to {_shown(new)}")
    for mark in (PERSONAL, PERSONAL_KEYS):
        if mark in old and old[mark] != new.get(mark):
            yield _line(path, "personal mark taken away")
    options = _options(new)
    for option in _options(old):
        # The new options it could go to: the one that breaks least says what is broken.
        tried = [list(_narrowed(path, option, _resolved(other, new_parts), old_parts, new_parts))
                 for other in options if _takes(_resolved(other, new_parts), option, old_parts)]  # fmt: skip
        if tried:
            yield from min(tried, key=len)
        else:
            yield _line(path, f"type narrowed: no longer takes {_kind(_resolved(option, old_parts))}")


def _narrowed(path: str, old: Schema, new: Schema, old_parts: Schema, new_parts: Schema) -> Iterator[str]:
    old = _resolved(old, old_parts)
    yield from _bounds(path, old, new)
    if "enum" in new:
        gone = [value for value in old.get("enum", ()) if value not in new["enum"]]
        yield from (_line(path, f"enum value {value!r} removed") for value in gone)
    yield from _fields(path, old, new, old_parts, new_parts)
    for keyword, step in (("items", "[...]"), ("additionalProperties", "[...]"), ("propertyNames", "(key)")):
        inner = new.get(keyword, True)
        if inner is False and old.get(keyword, True) is not False:
            yield _line(path, f"{keyword} no longer allowed")
        elif isinstance(inner, dict):
            before = old.get(keyword, {})
            if before == {} or before is True:
                yield _line(path, f"{keyword} narrowed: took anything")
            elif isinstance(before, dict):
                yield from _compare(path + step, before, inner, old_parts, new_parts)


def _fields(path: str, old: Schema, new: Schema, old_parts: Schema, new_parts: Schema) -> Iterator[str]:
    fields: Schema = new.get("properties", {})
    for name in new.get("required", ()):
        if name not in old.get("required", ()):
            yield _line(_under(path, name), "required, and was not")
    for name, field in old.get("properties", {}).items():
        if name not in fields:
            yield _line(_under(path, name), "field removed")
        else:
            always = name in old.get("required", ())  # so no record relies on its default
            yield from _compare(_under(path, name), field, fields[name], old_parts, new_parts, always=always)


def _bounds(path: str, old: Schema, new: Schema) -> Iterator[str]:
    for keyword in (*_LOWER, *_UPPER):
        if keyword not in new:
            continue
        before, after = old.get(keyword), new[keyword]
        if before is None or (after > before if keyword in _LOWER else after < before):
            yield _line(path, f"{keyword} narrowed from {before} to {after}")
    for keyword in ("pattern", "format"):
        if keyword in new and new[keyword] != old.get(keyword):
            yield _line(path, f"{keyword} narrowed from {old.get(keyword)} to {new[keyword]}")


def _takes(new: Schema, old: Schema, old_parts: Schema) -> bool:
    """Whether an option of the new schema is of the kind of an old one."""
    before, after = _kind(_resolved(old, old_parts)), _kind(new)
    return after in (before, "anything") or (before, after) in (("integer", "number"), ("enum", "string"))


def _kind(schema: Schema) -> str:
    return "enum" if "enum" in schema else str(schema.get("type", "anything"))


def _options(schema: Schema) -> list[Schema]:
    options: list[Schema] = schema.get("anyOf", [schema])
    return options


def _resolved(schema: Schema, parts: Schema) -> Schema:
    """The schema a reference stands for, with what stands beside the reference."""
    if "$ref" not in schema:
        return schema
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    return {**parts[schema["$ref"].rpartition("/")[2]], **beside}


def _default(schema: Schema) -> tuple[type, Any]:
    value = schema.get("default", _ABSENT)
    return type(value), value


def _shown(schema: Schema) -> str:
    return repr(schema["default"]) if "default" in schema else "none"


def _under(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _line(path: str, what: str) -> str:
    return f"{path or '(record)'}: {what}"
