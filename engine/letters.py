"""What becomes of dead letters: one that was put back is mended when its record is taken."""

from typing import Final, Literal

import msgspec

from engine.ports import Headers

RETRIED_HEADER: Final = "dlq.retried"
"""Id of the dead letter that a record was put back from; the last header of such a record."""


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of a dead letter that was tried again.

    Attributes:
        letter: its id, partition and offset in the topic of dead letters.
        outcome: `mended`, it was taken; `refused`, it cannot be taken still.
        by: what tried it: the task group that took its record, or a command.
        field: where the fault is now, of one that was refused.
        detail: what was expected, of one that was refused; what became of it besides facts, of one that is mended.
    """

    letter: str
    outcome: Literal["mended", "refused"]
    by: str
    field: str = ""
    detail: str = ""


encode_outcome = msgspec.json.Encoder(order="sorted").encode
"""The bytes of an outcome."""
decode_outcome = msgspec.json.Decoder(Outcome).decode
"""An outcome from its bytes; raises `msgspec.DecodeError` where they are none."""


def retried(headers: Headers) -> bytes | None:
    """Id of the letter that a record was put back from; None where it just came."""
    if headers and headers[-1][0] == RETRIED_HEADER:
        return headers[-1][1]
    return None
