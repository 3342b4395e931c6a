"""Views as files for analysts: typed Parquet, or CSV. A file is there whole, or not at all."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from leadstream.exporting.csv_file import write_csv
from leadstream.exporting.whole import Told, whole
from projections.views.view import Cell, Column

__all__ = ["Form", "MissingPackage", "export"]

Form = Literal["parquet", "csv"]


class MissingPackage(Exception):
    """What writes this form is not installed; the message says what to install."""


def export(path: Path, form: Form, columns: tuple[Column, ...], rows: Iterable[Mapping[str, Cell]], told: Told) -> int:
    """Write rows to a file, in little memory; whoever reads it meanwhile sees the former one, if any.

    Args:
        path: the file; its directory must be there.
        form: what to write.
        columns: in the order of the file.
        rows: by column name.
        told: told how many more rows were written.

    Returns:
        How many rows.

    Raises:
        MissingPackage: nothing was written.
        OSError: there is no room, or no right; nothing was left behind.
    """
    if form == "csv":
        with whole(path) as file:
            return write_csv(file, columns, rows, told)
    try:
        from leadstream.exporting.parquet import write_parquet  # noqa: PLC0415 - an optional extra
    except ModuleNotFoundError as exc:
        raise MissingPackage(
            f"Parquet needs the package {exc.name}, which is not installed: pip install 'leadstream[parquet]'"
        ) from exc
    with whole(path) as file:
        return write_parquet(file, columns, rows, told)
