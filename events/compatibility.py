"""Whether a changed fact may keep its version: every old record must be readable, and mean the same.

What fails here needs the next major version in the catalogue and an upcaster (see `events.upcasters`). What breaks
nobody but readers that check strictly is told apart (`events.changes`).
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from events.changes import Change, Kind, Verdict, in_order
from events.schema import PERSONAL, PERSONAL_KEYS
from events.units import unit_of

Schema = dict[str, Any]

_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_INNER = (("items", "[...]"), ("additionalProperties", "[...]"), ("propertyNames", "(key)"))
_BESIDE = frozenset({"description", "title", "default", "examples", PERSONAL, PERSONAL_KEYS})
"""What does not belong to the shape of a field."""
_ABSENT = object()


def contract_changes(
    old: Mapping[str, Schema], new: Mapping[str, Schema], upcast: Mapping[str, str] | None = None
) -> list[Change]:
    """All that has changed between two sets of schemas, the gravest first.

    Args:
        old: wire type -> the schema that others rely on.
        new: wire type -> the schema of today.
        upcast: wire type that is not written any more -> the one that its records are read as.
    """
    found: list[Change] = []
    read_as = upcast or {}
    for fact, schema in old.items():
        if fact in new:
            found += [change._replace(fact=fact) for change in changes(schema, new[fact])]
        elif fact in read_as:
            found.append(Change(Kind.UPCAST, "", f"read as {read_as[fact]} now", fact))
        else:
            found.append(Change(Kind.FACT_REMOVED, "", "fact removed", fact))
    found += [Change(Kind.FACT_ADDED, "", "fact added", fact) for fact in new if fact not in old]
    return in_order(found)


def changes(old_schema: Schema, new_schema: Schema) -> list[Change]:
    """All that has changed from one schema of a fact to another, in the order of its fields."""
    walk = _Walk(old_schema.get("$defs", {}), new_schema.get("$defs", {}))
    return list(walk.compare("", old_schema, new_schema))


def incompatibilities(old_schema: Schema, new_schema: Schema) -> list[str]:
    """What of the old schema the new one breaks, one line each, `path: what`; empty where the change is compatible.

    Incompatible are: a field removed or renamed; a field that must now be there; a type, an enumeration or a bound
    narrowed; a pattern or format that was not there; a default changed, since a default is left out on the wire and old
    records would mean something else; another unit; a personal mark taken away, since sealed values would stay sealed.
    Added optional fields, wider types and bounds, and other words are compatible.
    """
    found = changes(old_schema, new_schema)
    return [change.line for change in found if change.verdict is Verdict.INCOMPATIBLE]


class _Walk:
    """Compares place by place.

    Args:
        old_parts: what references of the old schema stand for, by name.
        new_parts: the same of the new one.
    """

    def __init__(self, old_parts: Schema, new_parts: Schema) -> None:
        self._old_parts, self._new_parts = old_parts, new_parts

    def compare(self, path: str, old: Schema, new: Schema, *, always: bool = False) -> Iterator[Change]:
        """What has changed at a place; `always` where no record relies on its default."""
        old, new = _resolved(old, self._old_parts), _resolved(new, self._new_parts)
        if not always and _default(old) != _default(new):
            yield Change(Kind.DEFAULT, path, f"default changed from {_shown(old)} to {_shown(new)}")
        yield from _marks(path, old, new)
        yield from self._words(path, old, new)
        yield from self._types(path, old, new)

    def _types(self, path: str, old: Schema, new: Schema) -> Iterator[Change]:
        before = [_resolved(option, self._old_parts) for option in _options(old)]
        after = [_resolved(option, self._new_parts) for option in _options(new)]
        for option in before:
            # The new options it could go to: the one that breaks least says what is broken.
            tried = [list(self._shape(path, option, other)) for other in after if _takes(other, option)]
            if tried:
                yield from min(tried, key=_graveness)
            else:
                yield Change(Kind.NARROWED, path, f"type narrowed: no longer takes {_kind(option)}")
        for other in after:
            if not any(_takes(option, other) and _within(option, other) for option in before):
                yield Change(Kind.WIDENED, path, f"type widened: takes {_kind(other)} too")

    def _shape(self, path: str, old: Schema, new: Schema) -> Iterator[Change]:
        yield from _bounds(path, old, new)
        yield from _words_of(path, old, new)
        yield from self._fields(path, old, new)
        for keyword, step in _INNER:
            before, after = old.get(keyword, {}), new.get(keyword, {})
            if _anything(before) or _anything(after):
                yield from _opened(path, keyword, before, after)
            elif after is False and before is not False:
                yield _no_longer(path, keyword)
            elif before is False and after is not False:
                yield Change(Kind.WIDENED, path, f"{keyword} taken")
            elif isinstance(before, dict):
                yield from self.compare(path + step, before, after)

    def _fields(self, path: str, old: Schema, new: Schema) -> Iterator[Change]:
        fields: Schema = new.get("properties", {})
        before: Schema = old.get("properties", {})
        needed: list[str] = new.get("required", [])
        was_needed: list[str] = old.get("required", [])
        added = {name: field for name, field in fields.items() if name not in before}
        for name in needed:
            if name not in was_needed:
                yield Change(Kind.REQUIRED, _under(path, name), "required, and was not")
        for name, field in before.items():
            if name in fields:
                if name in was_needed and name not in needed:
                    yield Change(Kind.OPTIONAL, _under(path, name), "optional, and was required")
                always = name in was_needed  # so no record relies on its default
                yield from self.compare(_under(path, name), field, fields[name], always=always)
            elif alike := [other for other in added if self._same_shape(field, added[other])]:
                yield _renamed(_under(path, name), name, alike)
            else:
                yield Change(Kind.REMOVED, _under(path, name), "field removed")
        for name in added:
            yield Change(Kind.ADDED, _under(path, name), "field added")

    def _words(self, path: str, old: Schema, new: Schema) -> Iterator[Change]:
        before, after = unit_of(old, path), unit_of(new, path)
        if before != after and before and after:
            yield Change(Kind.UNIT, path, f"unit changed from {before} to {after}")
        elif old.get("description") != new.get("description"):
            yield Change(Kind.WORDS, path, "said in other words")

    def _same_shape(self, old: Schema, new: Schema) -> bool:
        return _bare(_resolved(old, self._old_parts)) == _bare(_resolved(new, self._new_parts))


def _renamed(path: str, name: str, alike: list[str]) -> Change:
    """A field of the same shape has come as it went; two names of one number differ in their unit at times."""
    before, after = unit_of({}, name), unit_of({}, alike[0])
    unit = f", unit changed from {before} to {after}" if before and after and before != after else ""
    return Change(Kind.RENAMED, path, f"field removed, or renamed to {' or '.join(alike)}{unit}")


def _marks(path: str, old: Schema, new: Schema) -> Iterator[Change]:
    for mark in (PERSONAL, PERSONAL_KEYS):
        if mark in old and old[mark] != new.get(mark):
            yield Change(Kind.PERSONAL_REMOVED, path, "personal mark taken away")
        elif mark in new and mark not in old:
            yield Change(Kind.PERSONAL_ADDED, path, "personal now")


def _bounds(path: str, old: Schema, new: Schema) -> Iterator[Change]:
    for keyword in (*_LOWER, *_UPPER):
        before, after = old.get(keyword), new.get(keyword)
        if before == after:
            continue
        is_lower = keyword in _LOWER
        narrower = after is not None and (before is None or (after > before if is_lower else after < before))
        kind, word = (Kind.NARROWED, "narrowed") if narrower else (Kind.WIDENED, "widened")
        yield Change(kind, path, f"{keyword} {word} from {before} to {after}")
    for keyword in ("pattern", "format"):
        if keyword in new and new[keyword] != old.get(keyword):
            yield Change(Kind.NARROWED, path, f"{keyword} narrowed from {old.get(keyword)} to {new[keyword]}")
        elif keyword in old and keyword not in new:
            yield Change(Kind.WIDENED, path, f"{keyword} {old[keyword]} taken away")


def _words_of(path: str, old: Schema, new: Schema) -> Iterator[Change]:
    """Of two enumerations; an enumeration that became a text is wider as a whole."""
    if "enum" not in old or "enum" not in new:
        return
    gone = [value for value in old["enum"] if value not in new["enum"]]
    yield from (Change(Kind.NARROWED, path, f"enum value {value!r} removed") for value in gone)
    come = [value for value in new["enum"] if value not in old["enum"]]
    yield from (Change(Kind.WIDENED, path, f"enum value {value!r} added") for value in come)


def _opened(path: str, keyword: str, before: Any, after: Any) -> Iterator[Change]:
    """One of the two takes anything."""
    if _anything(before) and _anything(after):
        return
    if _anything(after):
        yield Change(Kind.WIDENED, path, f"{keyword} widened: takes anything")
    elif after is False:
        yield _no_longer(path, keyword)
    else:
        yield Change(Kind.NARROWED, path, f"{keyword} narrowed: took anything")


def _no_longer(path: str, keyword: str) -> Change:
    return Change(Kind.NARROWED, path, f"{keyword} no longer allowed")


def _anything(schema: Any) -> bool:
    return schema is True or schema == {}


def _takes(new: Schema, old: Schema) -> bool:
    """Whether an option of one schema is of the kind of an option of the other, or of a wider one."""
    before, after = _kind(old), _kind(new)
    return after in (before, "anything") or (before, after) in (("integer", "number"), ("enum", "string"))


def _within(old: Schema, new: Schema) -> bool:
    """Whether bounds of an option take all that an option of another, narrower kind lets through.

    Two of the same kind are compared elsewhere, bound by bound.
    """
    if _kind(old) == _kind(new) or _kind(old) == "anything":
        return True
    if "enum" not in new:
        return all(change.kind is not Kind.WIDENED for change in _bounds("", old, new))
    least, most = old.get("minLength", 0), old.get("maxLength", math.inf)
    closed = "pattern" in old or "format" in old
    return not closed and all(least <= len(value) <= most for value in new["enum"])


def _graveness(found: list[Change]) -> tuple[int, int]:
    return sum(change.verdict is Verdict.INCOMPATIBLE for change in found), len(found)


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


def _bare(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key not in _BESIDE}


def _default(schema: Schema) -> tuple[type, Any]:
    value = schema.get("default", _ABSENT)
    return type(value), value


def _shown(schema: Schema) -> str:
    return repr(schema["default"]) if "default" in schema else "none"


def _under(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
