"""Which partition a key belongs to, the same on every log."""

from functools import lru_cache
from struct import unpack
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_extensions import i64  # a machine word where this is compiled; else an int like any other

_WORD: Final = 0xFFFFFFFF
_MIX: Final = 0x5BD1E995
_SEED: Final = 0x9747B28C


@lru_cache(maxsize=65536)
def partition_of(key: bytes, partitions: int) -> int:
    """Kafka's default: positive murmur2 of the key, modulo the partition count."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def murmur2(key: bytes) -> int:
    """The hash by which Kafka's own clients choose a partition, unsigned.

    aiokafka has it as well, as a loop that stays interpreted where this is compiled.
    """
    whole = len(key) & ~3
    mixed: i64 = _SEED ^ len(key)
    words: tuple[int, ...] = unpack(f"<{whole >> 2}I", key[:whole])
    for one in words:
        word: i64 = one
        word = word * _MIX & _WORD
        mixed = (mixed * _MIX & _WORD) ^ ((word ^ word >> 24) * _MIX & _WORD)
    if whole < len(key):
        rest: i64 = int.from_bytes(key[whole:], "little")
        mixed = (mixed ^ rest) * _MIX & _WORD
    mixed = (mixed ^ mixed >> 13) * _MIX & _WORD
    return mixed ^ mixed >> 15
