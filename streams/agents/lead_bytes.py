"""The bytes of a lead's state: MessagePack, packed by Zstandard where that pays.

A lead of twenty touches is some three thousand bytes, most of them texts that every touch repeats. Packed it takes half
of that in the changelog, on disk and in memory. Bytes that are not packed are read as they are, so states of older
programs need no other way. Of a lead that counts for several the histories are kept, and what holds of it is made of
them again: with both, a merge would double it.
"""

import threading

import msgspec
import zstandard

from streams.deciders.lead.state import Lead
from streams.deciders.lead.union import bare, unite

PACK_FROM = 1_024
"""Smaller states are kept as they are, in bytes: most leads are never looked at again, and packing costs time."""
_PACKED = zstandard.FRAME_HEADER[:1]
"""No lead begins with this byte: in MessagePack it is the number 40, and a lead is an array."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Lead).decode


class _Zstd(threading.local):
    """Of one thread: a context used by two at once damages what passes."""

    def __init__(self) -> None:
        self.pack = zstandard.ZstdCompressor(level=1).compress
        self.unpack = zstandard.ZstdDecompressor().decompress


_zstd = _Zstd()


def plain_lead(lead: Lead) -> bytes:
    """A lead's bytes before packing; their number is what limits the lead."""
    return _encode(bare(lead))


def dump_lead(lead: Lead) -> bytes:
    """The bytes of a lead's state."""
    plain = plain_lead(lead)
    return plain if len(plain) < PACK_FROM else _zstd.pack(plain)


def unpacked(raw: bytes) -> bytes:
    """The bytes before packing.

    Raises:
        msgspec.DecodeError: what was packed cannot be read.
    """
    if raw[:1] != _PACKED:
        return raw
    try:
        return _zstd.unpack(raw)
    except zstandard.ZstdError as exc:
        raise msgspec.DecodeError(f"what was packed cannot be read: {exc}") from exc


def load_lead(raw: bytes) -> Lead:
    """The lead from its bytes.

    Raises:
        msgspec.DecodeError: these are not the bytes of a lead.
    """
    lead = _decode(unpacked(raw))
    unite(lead)
    return lead
