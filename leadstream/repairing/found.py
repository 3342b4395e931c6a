"""What a repair has found, in words."""

from typing import NamedTuple


class Repair(NamedTuple):
    """One thing that is wrong, and what is done about it.

    Attributes:
        task: group and partition.
        what: what is wrong.
        found: how it is.
        becomes: how it will be, or is now.
        loses: what nobody gets back.
    """

    task: str
    what: str
    found: str
    becomes: str
    loses: str
