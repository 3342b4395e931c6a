"""vCard 2.1, 3.0 and 4.0: a card is a row. Its lines are read by `vobject`.

Columns are `name`, `first_name`, `last_name`, `organization`, `department`, `title`, `email`, `email_2`, `phone`,
`phone_2`, `mobile`, `fax`, `street`, `city`, `region`, `postcode`, `country`, `url`, `note`, `categories`, `uid` and
`rev`; any other property by its name in capitals, such as `X-BADGE-ID`. Of several of one kind the preferred
one comes first.
"""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from leadstream.importing.columns import LooseColumns, LooseReader
from leadstream.importing.extra import needed
from leadstream.importing.model import FileSpec
from leadstream.importing.problems import FilesError
from leadstream.importing.reading import Lines, Record, text_of, whole

_LARGEST = 4_000_000
"""Signs of a card; a photograph in it may be large."""
_PLAIN = {"title": "title", "url": "url", "note": "note", "uid": "uid", "rev": "rev", "fn": "name"}
_LEFT_OUT = frozenset({"photo", "logo", "sound", "key", "agent"})
_SAYS_NOTHING = frozenset({"version", "prodid", "begin", "end"})
_ADDRESS = ("street", "city", "region", "postcode", "country")
_KNOWN = (
    *("name", "first_name", "last_name", "organization", "department", "title", "email", "email_2", "phone", "mobile"),
    *("phone_2", "fax", "street", "city", "region", "postcode", "country", "url", "note", "categories", "uid", "rev"),
)
_QUOTED = "QUOTED-PRINTABLE"
_ENDS = "\r\n"
_ESCAPE = re.compile(r"\\([nN,;:\\])")
_ESCAPE_OLD = re.compile(r"\\([,;:\\])")
_SIGNS = {"begin:vcard": 1, "end:vcard": -1}


class VcardReader(LooseReader):
    """Reads one file of cards.

    Args:
        path: the file.
        spec: its `encoding`, `rename`, `aliases` and `optional`.

    Raises:
        FilesError: it cannot be opened, or `vobject` is not installed.
    """

    def __init__(self, path: Path, spec: FileSpec) -> None:
        self._name = path.name
        needed(path.name, "vobject", "vCards")
        self._text = text_of(path, spec.encoding or "utf-8-sig")
        self._lines = Lines(self._text)
        self._columns = LooseColumns(path.name, spec, "card")
        self._columns.known(_KNOWN)

    def __iter__(self) -> Iterator[Record]:
        """See `Reader.__iter__`."""
        cards, depth, size = 0, 0, 0
        with whole(self._name):
            for line in self._lines:
                sign = _SIGNS.get(line.strip().lower(), 0)
                size += len(line)
                if sign > 0 and not (depth and self._is_nested()):
                    if len(self._lines.held) > 1:
                        cards += 1
                        yield self._cut_off(depth)
                        self._lines.forget()
                        self._lines.held.append(line)
                    depth, size = 1, len(line)
                    continue
                depth += sign
                if depth <= 0 and len(self._lines.held) == 1 and not line.strip():
                    self._lines.forget()
                elif (sign and depth <= 0) or size > _LARGEST:
                    cards += 1
                    yield self._record(whole_card=size <= _LARGEST)
                    self._lines.forget()
                    depth, size = 0, 0
            if self._lines.held:
                cards += 1
                yield Record(self._lines.first, (), self._lines.fault or _reason(depth))
        if not cards:
            raise FilesError([f"{self._name}: is empty; expected cards from BEGIN:VCARD to END:VCARD"])
        self._columns.finished = True

    def _cut_off(self, depth: int) -> Record:
        """What stands before the line just read, which begins a card."""
        self._lines.held.pop()
        return Record(self._lines.first - 1, (), self._lines.fault or _reason(depth))

    def _is_nested(self) -> bool:
        """Whether the card that begins is the agent of the one around it, as vCard 2.1 has them."""
        before = next((line for line in reversed(self._lines.held[:-1]) if line.strip()), "")
        return before.strip().upper().startswith("AGENT")

    def _record(self, *, whole_card: bool) -> Record:
        line, fault = self._lines.first, self._lines.fault
        if not whole_card and not fault:
            fault = f"is a card of more than {_LARGEST} signs"
        if not fault and _SIGNS.get(self._lines.held[0].strip().lower()) != 1:
            fault = _reason(0)
        if fault:
            return Record(line, (), fault)
        try:
            card = _card(self._lines.held)
        except _NoCard as error:
            return Record(line, (), f"is not a vCard: {error}")
        cells = self._columns.cells()
        for name, value in card.items():
            self._columns.fill(cells, name, value)
        if any("\0" in cell for cell in cells):
            return Record(line, (), "has a NUL sign in it")
        return Record(line, cells)

    def original(self) -> bytes:
        """See `Reader.original`."""
        return self._lines.original()

    def close(self) -> None:
        """See `Reader.close`."""
        self._text.close()


def _reason(depth: int) -> str:
    return "has no END:VCARD" if depth else "is no card: it does not begin with BEGIN:VCARD"


class _NoCard(ValueError):
    """A card with a line that `vobject` does not take."""


def _card(lines: Sequence[str]) -> dict[str, str]:
    """A card's columns, told by its lines.

    Lines are put together and decoded by `vobject`. What is between their separators is taken apart here: its own
    reading of a text ends at the first comma that is not escaped, and many programs escape none.
    """
    from vobject.base import getLogicalLines, textLineToContentLine  # noqa: PLC0415 - an extra

    text = "".join(f"{line.rstrip(_ENDS)}\n" for line in _without_pictures(lines))
    try:
        # Quoted-printable lines of 2.1 go on after the sign `=` alone, which `allowQP` asks for.
        logical = getLogicalLines(io.StringIO(text), allowQP=_QUOTED.lower() in text.lower())
        found = _columns([textLineToContentLine(_plainly(line), number) for line, number in logical])
        "".join(found.values()).encode()
    except Exception as error:  # noqa: BLE001 - it raises whatever its decoding and splitting of a broken line raise
        raise _NoCard(" ".join(str(error).split())[:200] or type(error).__name__) from None
    return found


def _plainly(line: str) -> str:
    """The name of the encoding in capitals, by which alone it is known."""
    head, colon, value = line.partition(":")
    return f"{head.upper() if _QUOTED in head.upper() else head}{colon}{value}"


def _without_pictures(lines: Sequence[str]) -> Iterator[str]:
    """A card's lines without pictures, sounds, keys and the cards of agents, which say nothing here and break often."""
    leaving, inside = False, 0
    for line in lines:
        plain = line.strip().lower()
        if leaving and (inside or plain == "begin:vcard"):
            inside += _SIGNS.get(plain, 0)
            continue
        goes_on = line[:1] in " \t" or ":" not in line
        if leaving and goes_on:
            continue
        name = plain.partition(":")[0].partition(";")[0].rpartition(".")[2]
        leaving = name in _LEFT_OUT and not goes_on
        if not leaving:
            yield line


def _columns(lines: Sequence[Any]) -> dict[str, str]:
    named: dict[str, list[Any]] = {}
    for line in lines:
        named.setdefault(line.name.lower(), []).append(line)
    old = any(line.value.strip() == "2.1" for line in named.get("version", ()))
    made: dict[str, str] = {}
    for name, each in named.items():
        ranked = sorted(each, key=_rank)
        value = ranked[0].value
        if name == "n":
            _add(made, zip(("last_name", "first_name"), _parts(value, ";", old=old), strict=False))
        elif name == "org":
            first, *others = _parts(value, ";", old=old)
            _add(made, [("organization", first), ("department", ", ".join(other for other in others if other))])
        elif name == "adr":
            _add(made, zip(_ADDRESS, _parts(value, ";", old=old)[2:], strict=False))
        elif name == "tel":
            _phones(made, ranked)
        elif name == "email":
            _add(made, zip(("email", "email_2"), (_uri(line.value) for line in ranked), strict=False))
        elif name == "categories":
            _add(made, [(name, ", ".join(part for line in each for part in _parts(line.value, ",", old=old) if part))])
        elif name not in _SAYS_NOTHING:
            _add(made, [(_PLAIN.get(name, name.upper()), _unescaped(value, old=old))])
    if "name" not in made:
        _add(made, [("name", " ".join(made[part] for part in ("first_name", "last_name") if part in made))])
    return made


def _parts(value: str, sign: str, *, old: bool) -> list[str]:
    """What stands between separators that are not escaped."""
    return [_unescaped(part, old=old).strip() for part in _split(value, sign)]


def _split(value: str, sign: str) -> list[str]:
    parts, signs = [""], iter(value)
    for each in signs:
        if each == sign:
            parts.append("")
        else:  # a backslash takes the next sign with it, another backslash too
            parts[-1] += each + next(signs, "") if each == "\\" else each
    return parts


def _unescaped(value: str, *, old: bool) -> str:
    """A text as it was meant. Version 2.1 has no sign for the end of a line: a backslash before an `n` is one there."""
    escape = _ESCAPE_OLD if old else _ESCAPE
    return escape.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def _add(made: dict[str, str], columns: Iterable[tuple[str, str]]) -> None:
    made.update((name, text.strip()) for name, text in columns if text.strip())


def _types(line: Any) -> set[str]:
    """What a property is for, in all ways of the three versions: `TEL;CELL`, `TYPE=cell,voice`, `TYPE="cell"`."""
    said = [*line.params.get("TYPE", ()), *line.singletonparams]
    return {part.strip().lower() for each in said for part in str(each).strip('"').split(",")}


def _rank(line: Any) -> tuple[int, int]:
    """Preferred ones first, `PREF=1` before `PREF=2`; the order of the card decides between equals."""
    said = next(iter(line.params.get("PREF", ())), "")
    if said.isascii() and said.isdigit():
        return (0, int(said[:3]))
    return (0, 1) if "pref" in _types(line) else (1, 0)


def _phones(made: dict[str, str], ranked: list[Any]) -> None:
    plain: list[str] = []
    for line in ranked:
        types, number = _types(line), _uri(line.value)
        if "fax" in types:
            made.setdefault("fax", number)
        elif types & {"cell", "iphone"} and "mobile" not in made:
            made["mobile"] = number
        else:
            plain.append(number)
    _add(made, zip(("phone", "phone_2"), plain, strict=False))


def _uri(value: str) -> str:
    """A number or an address without the scheme that version 4.0 puts before it."""
    text = value.strip()
    scheme, colon, rest = text.partition(":")
    return rest if colon and scheme.lower() in ("tel", "mailto") else text
