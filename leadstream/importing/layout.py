"""How a file is written, told by its bytes and its name where neither the mapping nor an option says it.

Kind of file, encoding and delimiter. The same bytes always tell the same.
"""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from leadstream.importing.model import FileSpec
from leadstream.importing.problems import FilesError
from leadstream.importing.reading import opened, whole

Format = Literal["csv", "tsv", "xlsx", "jsonl", "xes", "vcard"]
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}

_SAMPLE = 1 << 16
_CHUNK = 1 << 20
_RECORDS = 50
_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_ENDINGS: dict[str, Format] = {
    ".xlsx": "xlsx", ".xlsm": "xlsx", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".json": "jsonl", ".xes": "xes", ".vcf": "vcard", ".vcard": "vcard", ".csv": "csv",
}  # fmt: skip
_SHOWN = {"utf-8-sig": "UTF-8 with a mark", "utf-8": "UTF-8", "utf-16": "UTF-16", "utf-16-le": "UTF-16 LE",
          "utf-16-be": "UTF-16 BE", "cp1252": "Windows-1252", "ascii": "ASCII"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written.

    Attributes:
        format: the kind of file.
        encoding: codec of its text; empty where the kind of file settles it.
        delimiter: the sign between cells; empty where there is none.
        detected: which of these were told by the file itself.
    """

    format: Format
    encoding: str = ""
    delimiter: str = ""
    detected: frozenset[str] = frozenset()

    def words(self) -> list[str]:
        """What is said of it, such as `delimiter semicolon (detected)`."""
        said: list[tuple[str, str]] = [("format", self.format)]
        if self.encoding:
            said.append(("encoding", _SHOWN.get(self.encoding, self.encoding)))
        if self.delimiter and self.format != "tsv":
            said.append(("delimiter", f"delimiter {DELIMITERS.get(self.delimiter, self.delimiter)}"))
        return [f"{text} (detected)" if name in self.detected else text for name, text in said]


def layout_of(path: Path, spec: FileSpec) -> Layout:
    """How a file is written.

    Args:
        path: the file.
        spec: what the mapping or an option says of it.

    Raises:
        FilesError: it cannot be read, or is of a kind that there is no reader for.
    """
    with whole(path.name), opened(path) as file:
        sample = file.read(_SAMPLE)
    form = spec.format or _format(path, sample)
    if form in ("xlsx", "xes"):
        return Layout(form, detected=frozenset() if spec.format else frozenset({"format"}))
    encoding = _with_byte_order(spec.encoding, sample) if spec.encoding else _encoding(path, sample)
    delimiter = spec.delimiter or ("\t" if form == "tsv" else "")
    detected = {"format"} if not spec.format else set()
    detected |= set() if spec.encoding else {"encoding"}
    if form == "csv" and not delimiter:
        with whole(path.name):
            delimiter = _delimiter(sample, encoding, spec.header)
        detected.add("delimiter")
    return Layout(form, encoding, delimiter if form in ("csv", "tsv") else "", frozenset(detected))


def _format(path: Path, sample: bytes) -> Format:
    """By the first bytes where they are plain, else by the ending of the name, else CSV."""
    if sample.startswith(_ZIP):
        return "xlsx"
    if sample.startswith(_OLD_OFFICE):
        raise FilesError([f"{path.name}: is an old or encrypted Excel file; save it as .xlsx without a password"])
    text = _beginning(sample)
    if text.lower().startswith("begin:vcard"):
        return "vcard"
    named = next((_ENDINGS[each.lower()] for each in reversed(path.suffixes) if each.lower() in _ENDINGS), None)
    if text.startswith("{") and named is None:
        return "jsonl"
    return named or ("xes" if text.startswith(("<?xml", "<log")) else "csv")


def _beginning(sample: bytes) -> str:
    return sample[:256].decode(_marked(sample) or "utf-8", "replace").lstrip("\ufeff \t\r\n")


def _marked(sample: bytes) -> str | None:
    return next((name for bom, name in _MARKS if sample.startswith(bom)), None) or _unmarked_utf16(sample)


def _unmarked_utf16(sample: bytes) -> str | None:
    """UTF-16 without a mark, as western text has it: every second byte is null, or nearly."""
    half = len(sample) // 2
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if half and odd > half * 0.6 and even < half * 0.1:
        return "utf-16-le"
    return "utf-16-be" if half and even > half * 0.6 and odd < half * 0.1 else None


def _encoding(path: Path, sample: bytes) -> str:
    """A mark at the start, else UTF-8 where the whole file is, else Windows-1252.

    A file that has both signs of UTF-8 and bytes that are none is a broken UTF-8 file: its bad rows are dead letters.
    Guessing by the frequency of letters is left out: for short lists it is wrong more often than right.
    """
    if marked := _marked(sample):
        return marked
    broken = False
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for chunk in _chunks(path):
        if chunk.isascii() and not decoder.getstate()[0]:
            continue
        text = decoder.decode(chunk)
        broken = broken or "\ufffd" in text
        if any(sign > "\x7f" and sign != "\ufffd" for sign in text):
            return "utf-8"
    broken = broken or "\ufffd" in decoder.decode(b"", final=True)
    return "cp1252" if broken else "utf-8"


def _with_byte_order(encoding: str, sample: bytes) -> str:
    """An encoding of several bytes a sign with the order they come in: as the mark says, else the low one first."""
    if encoding not in ("utf-16", "utf-32"):
        return encoding
    return f"{encoding}-be" if sample.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)) else f"{encoding}-le"


def _chunks(path: Path) -> Iterator[bytes]:
    with whole(path.name), opened(path) as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _delimiter(sample: bytes, encoding: str, header: int) -> str:
    """The sign by which most lines have as many cells as the header line; of several the one with most cells."""
    text = codecs.getincrementaldecoder(encoding)("replace").decode(sample)
    lines = text.split("\n")
    if len(sample) == _SAMPLE and len(lines) > header + 1:
        lines.pop()  # cut off in the middle
    told = _told_by_excel(lines[0])
    if told:
        return told
    scored = [(_score(lines[header - 1 :], sign), -place, sign) for place, sign in enumerate(DELIMITERS)]
    best = max(scored)
    return best[2] if best[0] > (0, 0) else ","


def _told_by_excel(line: str) -> str:
    plain = line.strip('\ufeff\r\n "')
    return plain[4] if len(plain) == 5 and plain[:4].lower() == "sep=" else ""


def _score(lines: Sequence[str], sign: str) -> tuple[int, int]:
    widths: list[int] = []
    try:
        for cells in csv.reader(io.StringIO("\n".join(lines)), delimiter=sign):
            if cells:
                widths.append(len(cells))
            if len(widths) == _RECORDS:
                break
    except csv.Error:
        pass  # what was read up to there counts
    if not widths or widths[0] < 2:
        return (0, 0)
    alike = widths.count(widths[0])
    return (alike * 10 // len(widths), widths[0])


def spec_with(spec: FileSpec, layout: Layout) -> FileSpec:
    """What the mapping says of a file, with what was found out."""
    found = {"format": layout.format, "encoding": layout.encoding or None, "delimiter": layout.delimiter or None}
    return spec.model_copy(update=found)
