"""Bytes that one record cannot hold, in parts: however long a lead's story is, its projection goes on."""

PART_BYTES = 500_000
"""Longest state that stays whole, and longest part: half of what a record of `view-state` may hold."""


def part_key(key: bytes, number: int) -> bytes:
    """Where a part is kept: the first one, number 0, where the whole would be."""
    return key if number == 0 else b"m" + number.to_bytes(4, "big") + key


def split(raw: bytes, longest: int) -> list[bytes]:
    """The parts in order, each as long as allowed but the last."""
    return [raw[start : start + longest] for start in range(0, len(raw), longest)]
