"""Bodies as documents whose fields are read without ever failing on what a sender may have put there."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

import msgspec

from leadstream.connectors.faults import Bad
from leadstream.connectors.port import Raw

_EXACT = 2**53
_BOM = b"\xef\xbb\xbf"


class Doc:
    """An object of a body. What is not there, null or of another shape reads as blank.

    Args:
        fields: the object.
        path: where it stands in the body, with a dot behind it; for reports.
    """

    def __init__(self, fields: Mapping[str, Any], path: str = "") -> None:
        self.fields = fields
        self.path = path

    def text(self, *names: str) -> str:
        """The first of these fields that is not blank, as text without white space around it; else an empty text."""
        for name in names:  # a form is asked for dozens of fields
            value = self.fields.get(name)
            if value is not None and (found := words(value)):
                return found
        return ""

    def need(self, *names: str) -> str:
        """The same for what must be there.

        Raises:
            Bad: all of them are blank.
        """
        found = self.text(*names)
        if not found:
            raise Bad("malformed", self.path + names[0], "is missing or blank")
        return found

    def flag(self, name: str) -> bool:
        """Whether a field says yes: true, or one of the words that forms and vendors write for it."""
        return self.text(name).lower() in YES

    def doc(self, name: str) -> "Doc":
        """An object in a field; an empty one where there is none."""
        found = self.fields.get(name)
        return Doc(found if isinstance(found, Mapping) else {}, f"{self.path}{name}.")

    def docs(self, name: str) -> "list[Doc]":
        """The objects of a list in a field."""
        return _docs(self.fields.get(name), f"{self.path}{name}")

    def texts(self, name: str) -> list[str]:
        """The texts of a list in a field, or its only one; blanks are left out."""
        found = self.fields.get(name)
        each = found if isinstance(found, list) else [found]
        return [text for item in each if (text := words(item))]

    def __bool__(self) -> bool:
        return bool(self.fields)

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter(self.fields.items())


YES = frozenset({"true", "yes", "on", "1", "y", "t", "checked"})


def words(value: Any) -> str:
    """A scalar as text; an empty text for anything else. Numbers keep all their digits."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else ""


def scalar(value: Any) -> str | int | float | bool:
    """A value as a profile may hold it: lists as one text, numbers beyond 2^53 as text; blank for what is neither."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if -_EXACT <= value <= _EXACT else words(value)
    if isinstance(value, list):
        return "; ".join(text for item in value if (text := words(item)))
    return words(value)


def said(doc: Doc) -> str:
    """A digest of all that a document says, whatever the order of its fields; what names an item without a name."""
    return sha256(msgspec.json.encode(doc.fields, order="deterministic")).hexdigest()


def json_of(body: bytes, field: str = "") -> Any:
    """JSON in UTF-8, with a byte order mark or without.

    Raises:
        Bad: it is none, or nested beyond what can be read.
    """
    try:
        return msgspec.json.decode(body.removeprefix(_BOM))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Bad("unreadable", field, "is not JSON in UTF-8") from None


def json_doc(raw: Raw) -> Doc:
    """The body as one JSON object.

    Raises:
        Bad: it is none.
    """
    found = json_of(raw.body)
    if not isinstance(found, dict):
        raise Bad("malformed", "", "expected a JSON object")
    return Doc(found)


def json_docs(raw: Raw, most: int) -> list[Doc]:
    """The body as a JSON list of objects, or a single object as a list of one.

    Raises:
        Bad: it is neither, holds something else, nothing, or more than `most`.
    """
    found = json_of(raw.body)
    listed = found if isinstance(found, list) else [found]
    if not 1 <= len(listed) <= most:
        raise Bad("malformed", "", f"expected 1 to {most} objects in the list, found {len(listed)}")
    if not all(isinstance(item, dict) for item in listed):
        raise Bad("malformed", "", "expected a JSON list of objects")
    return _docs(listed, "")


def at_most(found: list[Doc], most: int, field: str) -> list[Doc]:
    """The objects of a list.

    Raises:
        Bad: there are more than `most`.
    """
    if len(found) > most:
        raise Bad("malformed", field, f"expected at most {most}")
    return found


def _docs(found: Any, path: str) -> list[Doc]:
    if not isinstance(found, list):
        return []
    return [Doc(item, f"{path}[{place}].") for place, item in enumerate(found) if isinstance(item, Mapping)]
