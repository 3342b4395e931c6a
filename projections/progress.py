"""How far the writers are: what `complete_to` of the views rests on.

A projection never asks a clock. The writer's position record says up to which time its partition is decided; whoever
has read the facts up to an end offset seen *after* that record was read, has all that was recorded by that time.
"""

from typing import NamedTuple, Protocol

import msgspec

from engine.ports import EventLog
from engine.position import decode_position
from engine.state import POSITION
from projections.projection import Projection
from projections.views.times import instant_text


class Heard(NamedTuple):
    """What a writer was heard to say.

    Attributes:
        time: partition time of the writer, as far as what was due before has fired, in microseconds.
        end: whoever has read the facts up to this offset has all that was recorded by `time`.
    """

    time: int
    end: int


class Writer(Protocol):
    """The write side, as far as a projection asks for it."""

    async def heard(self, partition: int) -> Heard | None:
        """How far the writer of a partition is; None before its first transaction."""
        ...


class LogWriter:
    """Reads it from the writers' changelog."""

    def __init__(self, log: EventLog, projection: Projection) -> None:
        self._log, self._of = log, projection

    async def heard(self, partition: int) -> Heard | None:
        """The position record first, the end offset after it."""
        raw = await self._log.latest(self._of.writer, partition, POSITION)
        if raw is None:
            return None
        time = decode_position(raw).passed
        return Heard(time, (await self._log.ends(self._of.log))[partition])


class Progress(msgspec.Struct, frozen=True, omit_defaults=True):
    """A record of a projection's topic of progress, such as `view.progress`; its key is the partition number as text.

    While the views of a partition are rebuilt (`projections.rebuild`) its `edition` first is the old one; from before
    the first row of the new one is written it is the new one, and `building` goes when the last one is.

    Attributes:
        partition: partition number.
        complete_to: the views of the partition hold all that was recorded up to this instant; empty: nothing is known.
        edition: of the projection, by which the rows were made (`Projection.edition`); 0: by a program that named none.
        building: the edition that is being built; 0: none is.
        read: facts folded for it so far.
        facts: facts that there are to fold.
    """

    partition: int
    complete_to: str
    edition: int = 0
    building: int = 0
    read: int = 0
    facts: int = 0

    def is_whole(self, edition: int) -> bool:
        """Whether all rows are of an edition."""
        return self.edition == edition and self.building != edition

    def is_beyond(self, edition: int) -> bool:
        """Whether rows may be there that are not of an edition or an earlier one, or only some of those of it."""
        return self.edition > edition or (self.edition == edition and not self.is_whole(edition))


encode_progress = msgspec.json.Encoder().encode
decode_progress = msgspec.json.Decoder(Progress).decode


def progress_key(partition: int) -> bytes:
    """The key of a partition's records."""
    return str(partition).encode()


def progress_record(partition: int, time: int, edition: int) -> tuple[bytes, bytes]:
    """Key and value that say a partition is complete to an instant in microseconds; 0: nothing is known of that."""
    told = Progress(partition, instant_text(time) if time else "", edition)
    return progress_key(partition), encode_progress(told)
