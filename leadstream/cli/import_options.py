"""Options of `leadstream import` that say how files are written, instead of the mapping and of what they look like."""

import codecs
import functools
from collections.abc import Callable, Coroutine
from typing import Any, cast
from zoneinfo import ZoneInfo

import click
from typing_extensions import override

from events.instants import iso
from leadstream.cli.times import INSTANT, ZONE
from leadstream.importing import Options
from leadstream.importing.dates import Order
from leadstream.importing.model import FORMATS
from leadstream.settings import Settings

_SIGNS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "\\t": "\t"}
_FEW = 10
"""Rows of a preview that names no number."""


class _Encoding(click.ParamType):
    """A text encoding that Python knows."""

    name = "encoding"

    @override
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The codec's own name."""
        try:
            "".encode(value)
        except (LookupError, UnicodeError, ValueError):
            self.fail(f"{value!r}: expected an encoding such as utf-8, utf-16 or windows-1252", param, ctx)
        name: str = codecs.lookup(value).name
        return name


class _Delimiter(click.ParamType):
    """One sign, or the name of one."""

    name = "delimiter"

    @override
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The sign itself."""
        sign: str = _SIGNS.get(value, value)
        if len(sign) != 1 or sign in '"\r\n\0':
            self.fail(f"{value!r}: expected one sign such as ';', or tab", param, ctx)
        return sign


_OPTIONS = (
    click.option("--read-as", type=click.Choice(FORMATS), help="What kind of file it is, whatever it looks like."),
    click.option("--encoding", type=_Encoding(), help="Of the text: utf-8, utf-16, windows-1252, …"),
    click.option("--delimiter", type=_Delimiter(), help="Between cells: ',' ';' '|' or tab."),
    click.option("--sheet", metavar="NAME", help="Which sheet of a workbook; the first one without it."),
    click.option("--dates", type=click.Choice(["day-first", "month-first"]), help="How 3/4/2026 is meant."),
    click.option("--zone", type=ZONE, help="Zone of times that name none, such as Europe/Berlin."),
    click.option("--at", type=INSTANT, help="When the rows became known, for lists that do not say (a day or a time)."),
)


def reading_options(function: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Add the options; the command gets them together, as `reading`."""

    @functools.wraps(function)
    async def run(settings: Settings, **given: Any) -> Any:
        zone: ZoneInfo | None = given.pop("zone")
        dates: str | None = given.pop("dates")
        at: int | None = given.pop("at")
        reading = Options(
            format=given.pop("read_as"),
            encoding=given.pop("encoding"),
            delimiter=given.pop("delimiter"),
            sheet=given.pop("sheet"),
            dates=cast("Order | None", dates and dates.replace("-", "_")),
            zone=None if zone is None else zone.key,
            at="" if at is None else iso(at),
        )
        return await function(settings, reading=reading, **given)

    made: Callable[..., Coroutine[Any, Any, Any]] = run
    for option in reversed(_OPTIONS):
        made = option(made)
    return made


class PreviewCommand(click.Command):
    """A command whose `--preview` may have a number behind it, and needs none."""

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """`--preview FILE` means the usual number of rows, as `--preview` at the end does."""
        found = [
            f"{arg}={_FEW}" if arg == "--preview" and not "".join(args[place + 1 : place + 2]).isdecimal() else arg
            for place, arg in enumerate(args)
        ]
        return super().parse_args(ctx, found)
