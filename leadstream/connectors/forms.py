"""Form bodies: urlencoded and multipart as pairs, names with brackets as nested documents."""

import logging
import re
from collections.abc import Iterable
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlencode

from python_multipart import FormParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, parse_options_header

from leadstream.connectors.faults import Bad
from leadstream.connectors.port import Raw
from leadstream.connectors.reading import Doc

Pairs = list[tuple[str, str]]

logging.getLogger("python_multipart").setLevel(logging.CRITICAL)
"""What is wrong with a form is said in the rejection; anybody could fill a log with it."""

MOST_FIELDS = 1000
_DEEPEST = 8
_BRACKETED = re.compile(r"\[([^\[\]]*)\]")
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


def media_type(raw: Raw) -> str:
    """The media type of the body, lower case, without parameters."""
    return raw.header("content-type").partition(";")[0].strip().lower()


def pairs_of(text: str) -> Pairs:
    """Names and values of a query string or urlencoded body, in order; bytes that are no UTF-8 become U+FFFD.

    Raises:
        Bad: there are more fields than anyone sends.
    """
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Bad("malformed", "", f"expected at most {MOST_FIELDS} fields") from None


def form_pairs(raw: Raw) -> Pairs:
    """Names and values of an urlencoded body.

    Raises:
        Bad: it holds none.
    """
    found = pairs_of(raw.body.decode("utf-8", "replace"))
    if not found:
        raise Bad("unreadable", "", "expected form fields (application/x-www-form-urlencoded)")
    return found


def multipart_pairs(raw: Raw) -> Pairs:
    """Names and values of a multipart body; files in it are left out.

    Raises:
        Bad: it is none, is cut off, or holds more parts than anyone sends.
    """
    found: Pairs = []
    ended: list[bool] = []
    parts = count(1)

    def part() -> None:
        if next(parts) > MOST_FIELDS:
            raise Bad("malformed", "", f"expected at most {MOST_FIELDS} fields")

    def field(each: Field) -> None:
        part()
        found.append((_utf8(each.field_name), _utf8(each.value)))

    kind, options = parse_options_header(raw.header("content-type").encode("utf-8", "replace"))
    boundary = options.get(b"boundary")
    if kind != MULTIPART.encode() or not boundary:
        raise Bad("unreadable", "content-type", "expected multipart/form-data with a boundary")
    try:
        parser = FormParser(MULTIPART, field, lambda _: part(), on_end=lambda: ended.append(True), boundary=boundary)
        parser.write(raw.body)
        parser.finalize()
    except FormParserError:
        raise Bad("unreadable", "", "is no multipart form, or is cut off") from None
    if not ended:
        raise Bad("unreadable", "", "is cut off")
    return found


def _utf8(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")


def flat(pairs: Pairs) -> Doc:
    """The pairs as one document; of a repeated name all values, as a list."""
    fields: dict[str, Any] = {}
    for name, value in pairs:
        held = fields.get(name)
        if held is None:
            fields[name] = value
        elif isinstance(held, list):
            held.append(value)
        else:
            fields[name] = [held, value]
    return Doc(fields)


def nested(pairs: Pairs) -> Doc:
    """The pairs as documents in one another: `data[merges][FNAME]`; `[]` takes the next free number.

    Of two values for one name the first holds, and a name cannot be both a value and a document.
    """
    fields: dict[str, Any] = {}
    for name, value in pairs:
        head, bracket, _ = name.partition("[")
        steps = [head, *_BRACKETED.findall(name)] if bracket else [head]
        at = fields
        for step in steps[: min(len(steps), _DEEPEST) - 1]:
            below = at.setdefault(step, {})
            if not isinstance(below, dict):
                break
            at = below
        else:
            last = steps[-1] or str(len(at))
            at.setdefault(last, value)
    return Doc(fields)


def without(query: str, names: Iterable[str]) -> str:
    """A query string without some of its parameters; unchanged where it has none of them."""
    gone = frozenset(names)
    if "%" not in query and not any(name in query for name in gone):  # escaped, a name may hide
        return query
    try:
        found = parse_qsl(query, keep_blank_values=True)
    except ValueError:
        return ""
    kept = [pair for pair in found if pair[0] not in gone]
    return query if len(kept) == len(found) else urlencode(kept)
