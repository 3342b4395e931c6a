"""JSON objects, one a line. Keys are columns, those inside an object with a dot between: `contact.email`."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from leadstream.importing.columns import LooseColumns, LooseReader
from leadstream.importing.model import FileSpec
from leadstream.importing.problems import FilesError, shown
from leadstream.importing.reading import Lines, Record, text_of, whole

_SEPARATOR = ", "


class _NoJson(ValueError):
    """What the standard library takes and JSON is not: NaN and infinities."""


class _TwiceError(ValueError):
    """An object has a key, or two of its keys a column, twice; which of them counts, nobody said."""

    def __init__(self, key: str) -> None:
        super().__init__(f"has the key {shown(key)} twice")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = Counter(key for key, _ in pairs)
        raise _TwiceError(keys.most_common(1)[0][0])
    return found


def _refused(word: str) -> Any:
    raise _NoJson(f"{word} is no JSON")


class JsonLinesReader(LooseReader):
    """Reads one file of JSON lines.

    Args:
        path: the file.
        spec: its `encoding`, `rename`, `aliases` and `optional`; columns are what its objects have.

    Raises:
        FilesError: it cannot be opened.
    """

    def __init__(self, path: Path, spec: FileSpec) -> None:
        self._name = path.name
        self._text = text_of(path, spec.encoding or "utf-8-sig")
        self._lines = Lines(self._text)
        self._columns = LooseColumns(path.name, spec, "object")

    def __iter__(self) -> Iterator[Record]:
        """See `Reader.__iter__`."""
        rows = 0
        with whole(self._name):
            for line in self._lines:
                if not line.isspace() or self._lines.fault:
                    rows += 1
                    yield self._record(line)
                self._lines.forget()
        if not rows:
            raise FilesError([f"{self._name}: is empty; expected one JSON object a line"])
        self._columns.finished = True

    def _record(self, line: str) -> Record:
        place = self._lines.count
        if self._lines.fault:
            return Record(place, (), self._lines.fault)
        try:
            # Numbers stay as they are written: an amount never passes through a float.
            found = json.loads(line, parse_float=str, parse_int=str, parse_constant=_refused, object_pairs_hook=_object)
        except _TwiceError as error:
            return Record(place, (), str(error))
        except (ValueError, RecursionError) as error:
            return Record(place, (), f"is not JSON: {_said(error)}")
        if not isinstance(found, dict):
            return Record(place, (), "is not a JSON object; expected one a line")
        cells = self._columns.cells()
        fault = self._filled(cells, found)
        return Record(place, (), fault) if fault else Record(place, cells)

    def _filled(self, cells: list[str], found: dict[str, Any]) -> str:
        """Put an object's values into their places; what is wrong with them, or nothing."""
        try:
            self._fill(cells, "", found, set())
            "".join(cells).encode()
        except _TwiceError as error:
            return str(error)
        except UnicodeEncodeError:
            return "has half a sign in it: a lone surrogate such as \\ud800"
        except RecursionError:
            return "is not JSON: nested too deeply"
        return "has a NUL sign in it" if any("\0" in cell for cell in cells) else ""

    def _fill(self, cells: list[str], prefix: str, found: dict[str, Any], filled: set[str]) -> None:
        for key, value in found.items():
            name = prefix + key
            if isinstance(value, dict):
                self._fill(cells, f"{name}.", value, filled)
                continue
            if name in filled:
                raise _TwiceError(name)
            filled.add(name)
            self._columns.fill(cells, name, _text(value))

    def original(self) -> bytes:
        """See `Reader.original`."""
        return self._lines.original()

    def close(self) -> None:
        """See `Reader.close`."""
        self._text.close()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return _SEPARATOR.join(_text(each) for each in value if each is not None)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def _said(error: Exception) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error) or "nested too deeply"
