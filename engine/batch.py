"""A batch: all records of one fetch of one source partition, decided in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.ports import Record


@dataclass(slots=True, eq=False)
class Batch:
    """Records of one source partition in order.

    Attributes:
        topic: logical name of the source.
        partition: its partition number.
        first_offset: the offset the fetch started from.
        records: what was there; may be empty when only gaps were read. Perhaps not decoded before it is looked at.
        next_offset: where to go on.
        submitted: the agent has handed it over.
    """

    topic: str
    partition: int
    first_offset: int
    records: Sequence[Record]
    next_offset: int
    submitted: bool = field(default=False)
