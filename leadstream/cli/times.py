"""Instants on the command line: RFC 3339, or a date; without a zone they are UTC."""

from datetime import UTC, datetime
from typing import Any

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


INSTANT = InstantType()
