"""The position record: where a task stands, kept in the changelog beside its states."""

import msgspec

from engine.decided import Ranges


class Position(msgspec.Struct, frozen=True, omit_defaults=True):
    """The position record: where a task stands, in the same transaction as all it has done.

    Attributes:
        offsets: next offset of every source by logical name.
        time: partition time in microseconds.
        format: format of the states beside it (`GroupSpec.state_format`).
        ahead: ranges of offsets that are decided although earlier ones are not: a run in virtual time decides in the
            order of record time, and what tasks tell one another lies behind all that is still to be read.
        overdue: the earliest deadline that was due before partition time and has not fired; None when there is none.
            A record that came later than its own time can set one.
    """

    offsets: dict[str, int]
    time: int
    format: int = 0
    ahead: dict[str, Ranges] = {}
    overdue: int | None = None

    @property
    def passed(self) -> int:
        """All that was due before this instant has fired, in microseconds."""
        return self.time if self.overdue is None else min(self.time, self.overdue)


encode_position = msgspec.json.Encoder(order="sorted").encode
"""The bytes of a position record."""
decode_position = msgspec.json.Decoder(Position).decode
