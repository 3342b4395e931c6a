"""XES (IEEE 1849), plain or gzipped, read as a stream; DTDs and entities are refused.

Every event is a row. Its own attributes are columns by their key, those of its trace are columns with `case:` before
the key. Nested attributes, lists and containers are no columns.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from xml.sax import SAXException
from xml.sax.handler import ContentHandler
from xml.sax.saxutils import quoteattr
from xml.sax.xmlreader import AttributesImpl

from defusedxml.common import DefusedXmlException, DTDForbidden
from defusedxml.sax import make_parser
from typing_extensions import override

from leadstream.importing.columns import LooseColumns, LooseReader
from leadstream.importing.model import FileSpec
from leadstream.importing.problems import FilesError
from leadstream.importing.reading import Record, opened, whole

_CHUNK = 1 << 16
_SCALARS = frozenset({"string", "date", "int", "float", "boolean", "id"})
_CASE = "case:"

_Attribute = tuple[str, str, str]
"""Kind, key, value."""


class _Events(ContentHandler):
    """Collects finished events: (line, attributes of the event, attributes of its trace).

    A trace's attributes may stand behind its events, so its events are given when it ends.
    """

    def __init__(self, line: Callable[[], int | None]) -> None:
        super().__init__()
        self.root = ""
        self.done: list[tuple[int, list[_Attribute], list[_Attribute]]] = []
        self._now = line
        self._path: list[str] = []
        self._trace: list[_Attribute] = []
        self._event: list[_Attribute] = []
        self._waiting: list[tuple[int, list[_Attribute]]] = []
        self._line = 0

    @override
    def startElement(self, name: str, attrs: AttributesImpl) -> None:
        kind = name if ":" not in name else name.rpartition(":")[2]
        parent = self._path[-1] if self._path else ""
        self._path.append(kind)
        if kind in _SCALARS:
            if parent == "event":
                self._event.append((kind, attrs.get("key", ""), attrs.get("value", "")))
            elif parent == "trace":
                self._trace.append((kind, attrs.get("key", ""), attrs.get("value", "")))
        elif kind == "event" and parent in ("trace", "log"):
            self._event = []
            self._line = self._now() or 0
        elif not parent:
            self.root = kind

    @override
    def endElement(self, name: str) -> None:
        kind = self._path.pop()
        if kind in _SCALARS:
            return
        parent = self._path[-1] if self._path else ""
        if kind == "event" and parent == "trace":
            self._waiting.append((self._line, self._event))
        elif kind == "event" and parent == "log":
            self.done.append((self._line, self._event, []))
        elif kind == "trace" and parent == "log":
            self.done += [(line, event, self._trace) for line, event in self._waiting]
            self._waiting, self._trace = [], []


class XesReader(LooseReader):
    """Reads one XES file.

    Args:
        path: the file.
        spec: its `rename`; columns are what its events have.

    Raises:
        FilesError: it cannot be opened.
    """

    def __init__(self, path: Path, spec: FileSpec) -> None:
        self._name = path.name
        self._file = opened(path)
        self._columns = LooseColumns(path.name, spec, "event")
        self._event: tuple[list[_Attribute], list[_Attribute]] = ([], [])

    def __iter__(self) -> Iterator[Record]:
        """See `Reader.__iter__`."""
        parser = make_parser()
        handler = _Events(parser.getLineNumber)
        parser.forbid_dtd = True
        parser.setContentHandler(handler)
        try:
            with whole(self._name):
                while chunk := self._file.read(_CHUNK):
                    parser.feed(chunk)
                    yield from self._records(handler)
                parser.close()
                yield from self._records(handler)
        except DTDForbidden as error:
            raise FilesError([f"{self._name}: has a DTD, which is not read; take it out of the file"]) from error
        except (SAXException, DefusedXmlException) as error:
            raise FilesError([f"{self._name}: is not well-formed XML: {error}"]) from error
        if handler.root != "log":
            raise FilesError([f"{self._name}: is not XES: expected the element `log`, found {handler.root or 'none'}"])
        self._columns.finished = True

    def _records(self, handler: _Events) -> Iterator[Record]:
        last: list[_Attribute] | None = None
        case: list[str] = []
        for line, event, trace in handler.done:
            if trace is not last:
                last, case = trace, self._columns.cells()
                for _, key, value in trace:
                    self._columns.fill(case, _CASE + key, value)
            self._event = (event, trace)
            cells = case.copy()
            for _, key, value in event:
                self._columns.fill(cells, key, value)
            yield Record(line, cells)
        handler.done.clear()

    def original(self) -> bytes:
        """The event as XML; attributes of its trace stand before its own, with `case:` before their keys."""
        event, trace = self._event
        lines = [_element(kind, _CASE + key, value) for kind, key, value in trace]
        lines += [_element(kind, key, value) for kind, key, value in event]
        return "".join(["<event>", *lines, "</event>"]).encode()

    def close(self) -> None:
        """See `Reader.close`."""
        self._file.close()


def _element(kind: str, key: str, value: str) -> str:
    return f"<{kind} key={quoteattr(key)} value={quoteattr(value)}/>"
