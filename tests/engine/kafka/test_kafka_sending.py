import gc
import weakref

from aiokafka.client import AIOKafkaClient

from engine.kafka.dropping import drop_client
from engine.kafka.sending import Client, mended


async def test_a_dropped_client_is_freed_at_once_and_not_when_the_collector_comes() -> None:
    client = mended(AIOKafkaClient(bootstrap_servers=["127.0.0.1:1"]))
    assert isinstance(client, Client)
    gone = weakref.ref(client)
    gc.disable()
    try:
        await drop_client(client)
        del client
        assert gone() is None
    finally:
        gc.enable()
