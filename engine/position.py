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
    """

    offsets: dict[str, int]
    time: int
    format: int = 0
    ahead: dict[str, Ranges] = {}


encode_position = msgspec.json.Encoder(order="sorted").encode
"""The bytes of a position record."""
decode_position = msgspec.json.Decoder(Position).decode
