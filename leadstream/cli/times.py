"""Instants on the command line: RFC 3339, or a date; without a zone they are UTC. Time zones by name."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from typing_extensions import override

from events.instants import to_us


class InstantType(click.ParamType):
    """An instant, converted to microseconds since the Unix epoch."""

    name = "time"

    @override
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Microseconds of `2026-03-02T09:00:00+02:00`, `2026-03-02 09:00` or `2026-03-02`."""
        if isinstance(value, int):
            return value
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r}: expected a time such as 2026-03-02T09:00:00+02:00", param, ctx)
        return to_us(at if at.tzinfo else at.replace(tzinfo=UTC))


class ZoneType(click.ParamType):
    """An IANA time zone."""

    name = "zone"

    @override
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> ZoneInfo:
        """The zone of a name such as `Europe/Bucharest`."""
        if isinstance(value, ZoneInfo):
            return value
        try:
            return ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.fail(f"{value!r}: expected a time zone such as Europe/Bucharest", param, ctx)


INSTANT = InstantType()
ZONE = ZoneType()
