"""One way to run a statement: to its end, with the rows as a list."""

from typing import Any

import apsw


def run(connection: apsw.Connection, statement: str, *values: int | str | bytes | None) -> list[tuple[Any, ...]]:
    """Run a statement and give its rows. The tables are strict, so columns have the types the schema says.

    To the end: a statement left in the middle keeps its snapshot open and makes the next commit fail.
    """
    return connection.execute(statement, values).fetchall()
