"""A dead row once more: from the bytes that were kept and how they were read, by a mapping that was mended."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from leadstream.importing.dates import Dates, Order
from leadstream.importing.given import Given
from leadstream.importing.layout import Layout
from leadstream.importing.model import ImportMapping
from leadstream.importing.problems import FilesError
from leadstream.importing.spool import imported
from leadstream.importing.values import DeadRow, Entry, Imported
from leadstream.importing.written import NoKeys, Options, Written, kind_of

_UTF8 = "utf-8"


class HowRead(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How a file was read; kept with each of its dead rows.

    Attributes:
        mapping: the mapping's name.
        role: the file's role in it.
        format: the kind of file; of a workbook `csv`, since its rows are kept so.
        encoding: codec of the bytes that are kept.
        delimiter: the sign between cells.
        columns: the columns of a table as the mapping calls them.
        dates: which of two numbers is the day.
        zone: zone of times that name none, where an option named it.
        at: when rows became known that do not say.
        typed: dates were of a type of their own.
    """

    mapping: str
    role: str
    format: str
    encoding: str = ""
    delimiter: str = ""
    columns: tuple[str, ...] = ()
    dates: Order | None = None
    zone: str | None = None
    at: str = ""
    typed: bool = False


class RetryError(Exception):
    """A dead row cannot be tried again, or failed again. The message says why, in words."""


class StillRefusedError(RetryError):
    """A dead row was tried again, and is refused still.

    Attributes:
        dead: the row as it is refused now.
    """

    def __init__(self, dead: DeadRow) -> None:
        field = f"{dead.field}: " if dead.field else ""
        super().__init__(f"cannot be translated still ({field}{dead.reason})")
        self.dead = dead


def how_read(mapping: ImportMapping, one: Written, columns: Sequence[str], options: Options) -> HowRead:
    """How a file of an import was read."""
    workbook = one.layout.format == "xlsx"
    return HowRead(
        mapping=mapping.name,
        role=one.spec.role,
        format="csv" if workbook else one.layout.format,
        encoding=_UTF8 if workbook else one.layout.encoding,
        delimiter="," if workbook else one.layout.delimiter,
        columns=tuple(columns),
        dates=one.given.dates.order,
        zone=options.zone,
        at=options.at,
        typed=workbook,
    )


def once_more(
    mapping: ImportMapping, how: HowRead, row: int, original: bytes, name: str, *, until: int, secret: bytes
) -> list[Imported]:
    """The facts of a row that was a dead one, with the ids they would have had.

    Args:
        mapping: the mapping as it is now.
        how: how the row's file was read.
        row: the row's number in its file, from 1.
        original: the row's own bytes.
        name: the file's name.
        until: the latest instant at which anything can have happened, microseconds.
        secret: the deployment's key for hashes of personal keys.

    Raises:
        RetryError: the mapping is another one, or the row is a dead one still.
    """
    index = next((index for index, file in enumerate(mapping.files) if file.role == how.role), None)
    if mapping.name != how.mapping or index is None:
        raise RetryError(f"it is a row of `{how.role}` under the mapping `{how.mapping}`; this is `{mapping.name}`")
    spec = mapping.files[index]
    settled = spec.model_copy(
        update={
            "format": how.format, "encoding": how.encoding or None, "delimiter": how.delimiter or None,
            "columns": how.columns or None, "rename": spec.rename if not how.columns else {}, "header": 1,
        }
    )  # fmt: skip
    given = Given(Dates(spec.dates or how.dates), how.at, secret, typed=how.typed)
    zone = how.zone or spec.zone or mapping.zone
    with TemporaryDirectory() as folder:
        path = Path(folder) / "row"
        path.write_bytes(b"<log>" + original + b"</log>" if how.format == "xes" else original)
        one = Written(index, path, settled, Layout(kind_of(how.format)), zone, given)
        became = _became(one, row, until)
    if isinstance(became, DeadRow):
        raise StillRefusedError(became)
    return [imported(entry, f"{mapping.name}/{how.role}", mapping.source, name) for entry in became]


def _became(one: Written, row: int, until: int) -> DeadRow | list[Entry]:
    try:
        reader = one.reader()
        try:
            translator = one.translator(reader, NoKeys(), until)
            if wrong := reader.missing():
                raise RetryError("; ".join(wrong))
            rows = list(translator.run(row))
        finally:
            reader.close()
    except FilesError as error:
        raise RetryError(str(error)) from None
    if len(rows) != 1:
        raise RetryError(f"its bytes are {len(rows)} rows; mend the file and import it again")
    return rows[0] if isinstance(rows[0], DeadRow | list) else []
