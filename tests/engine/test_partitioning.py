import pytest
from aiokafka.partitioner import murmur2 as aiokafka_hash
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from engine.partitioning import murmur2, partition_of


@pytest.mark.parametrize(
    ("key", "hashed"),
    # Published test vectors of Kafka's Utils.murmur2, as unsigned 32 bits.
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
@pytest.mark.parametrize("partitions", [1, 4, 8, 12])
def test_a_key_goes_where_any_kafka_client_sends_it(key: bytes, hashed: int, partitions: int) -> None:
    assert partition_of(key, partitions) == (hashed & 0x7FFFFFFF) % partitions


@for_all(st.binary(max_size=40), st.integers(1, 200))
@settings(deadline=None)
def test_every_key_has_one_partition_of_those_there_are(key: bytes, partitions: int) -> None:
    assert 0 <= partition_of(key, partitions) < partitions
    assert partition_of(key, partitions) == partition_of(bytes(key), partitions)


@for_all(st.binary(max_size=600))
@settings(deadline=None)
def test_a_key_is_hashed_as_aiokafka_hashes_it(key: bytes) -> None:
    assert murmur2(key) == aiokafka_hash(key) & 0xFFFFFFFF
