"""Rows of a view to bytes and back: the record key names the row, the value is one flat JSON object."""

from collections.abc import Callable
from typing import Any

import msgspec

from projections.views.view import Cells, View

_encode = msgspec.json.Encoder().encode
_DECODERS: dict[int, tuple[View[Any], Callable[[bytes], Cells | None]]] = {}
"""By identity of the view, which is kept beside its decoder."""
_decode_array = msgspec.json.Decoder(tuple[Any, ...]).decode


def encode_key(key: Cells) -> bytes:
    """The record key: the text itself, or a JSON array where several cells make the key."""
    return str(key[0]).encode() if len(key) == 1 else _encode(key)


def decode_key(view: View[Any], raw: bytes) -> Cells:
    """The key's cells."""
    return (raw.decode(),) if view.key == 1 else _decode_array(raw)


def row_encoder(view: View[Any]) -> Callable[[Cells], bytes]:
    """Makes the function from a row's cells to the record value; equal rows give equal bytes."""
    struct = msgspec.defstruct("Row", [(column.name, Any) for column in view.columns], gc=False)
    return lambda cells: _encode(struct(*cells))


def row_decoder(view: View[Any]) -> Callable[[bytes], Cells | None]:
    """The function that `decode_row` is for one view; made once."""
    known = _DECODERS.get(id(view))
    if known is None:
        known = _DECODERS[id(view)] = view, _decoder(view)
    return known[1]


def _decoder(view: View[Any]) -> Callable[[bytes], Cells | None]:
    struct = msgspec.defstruct("Row", [(column.name, Any) for column in view.columns], gc=False)
    decode, astuple = msgspec.json.Decoder(struct).decode, msgspec.structs.astuple

    def decoded(raw: bytes) -> Cells | None:
        try:
            return astuple(decode(raw))
        except msgspec.ValidationError:  # a column is missing
            return None

    return decoded


def decode_row(view: View[Any], raw: bytes) -> Cells | None:
    """The row's cells in the order of the view's columns; None where a former version of the view has written it."""
    return row_decoder(view)(raw)
