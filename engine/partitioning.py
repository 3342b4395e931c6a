"""Which partition a key belongs to, the same on every log."""

from functools import lru_cache

from aiokafka.partitioner import murmur2


@lru_cache(maxsize=65536)
def partition_of(key: bytes, partitions: int) -> int:
    """Kafka's default: positive murmur2 of the key, modulo the partition count."""
    return int(murmur2(key) & 0x7FFFFFFF) % partitions
