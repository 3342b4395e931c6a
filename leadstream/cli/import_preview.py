"""What rows of files would become, before anything of them is imported."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from engine.recordtime import TOLERANCE
from events.instants import iso
from leadstream.cli.output import counted, show
from leadstream.clock import now_us
from leadstream.importing import Aside, DeadRow, ImportMapping, Options, Written, glance, prepared
from leadstream.importing.rows import Became

_COLUMNS = ("file", "line", "row", "became", "subject", "at", "data", "field", "reason")


def tell_layout(one: Written) -> None:
    """Say on stderr how a file is read, and what it means that its rows have no key."""
    click.echo(one.words(), err=True)
    if one.spec.key is None:
        click.echo(
            f"warning: rows of `{one.spec.role}` have no `key`: their ids are their row numbers; another file for it "
            "adds nothing to the same leads where the numbers are the same",
            err=True,
        )


def show_preview(
    mapping: ImportMapping, files: Mapping[str, Path], *, rows: int, reading: Options, secret: bytes, form: str
) -> None:
    """Show what the first rows of each file become: a line a fact, or the refusal with line, field and reason.

    Raises:
        FilesError: a file cannot be read.
    """
    settled = prepared(mapping, files, reading, secret, tell_layout)
    shown = [
        row for one, became in glance(settled, rows, until=now_us() + TOLERANCE) for row in _rows(one, became, form)
    ]
    names = _COLUMNS if len(settled) > 1 or form != "table" else _COLUMNS[1:]
    show(shown, form, columns=names, empty="no rows")
    refused = sum(row["became"] == "refused" for row in shown)
    click.echo(
        f"preview of {counted(rows, 'row')} of each file at most, {refused} refused; nothing is imported", err=True
    )


def _rows(one: Written, became: Became, form: str) -> Iterator[dict[str, Any]]:
    file = one.path.name
    if isinstance(became, DeadRow):
        yield _row(file, became.line, became.row, "refused") | {"field": became.field, "reason": became.reason}
    elif isinstance(became, Aside):
        yield _row(file, became.line, became.row, "skipped") | {"reason": became.reason}
    else:
        for at, _, _, row, _, name, subject, data, line, _ in became:
            told: dict[str, Any] = msgspec.json.decode(data)
            yield _row(file, line, row, name) | {
                "subject": subject,
                "at": iso(at),
                "data": told if form == "json" else _words(told),
            }


def _row(file: str, line: int, row: int, became: str) -> dict[str, Any]:
    empty = {"subject": None, "at": None, "data": None, "field": None, "reason": None}
    return {"file": file, "line": line, "row": row, "became": became, **empty}


def _words(data: dict[str, Any]) -> str:
    """The fields of a fact at a glance; those of a profile stand beside the others."""
    flat = {**{name: value for name, value in data.items() if name != "profile"}, **data.get("profile", {})}
    return ", ".join(f"{name}={_word(value)}" for name, value in flat.items())


def _word(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else msgspec.json.encode(value).decode()
