"""Who does or has something, on the command line: a name that says somebody."""

from typing import Any

import click
from typing_extensions import override


class PersonType(click.ParamType):
    """The name of a person or of a program; what is blank names nobody."""

    name = "who"

    @override
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name as it was given."""
        text = str(value)
        if not text.strip():
            self.fail("expected a name, and it is blank", param, ctx)
        return text


WHO = PersonType()
