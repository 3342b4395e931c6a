"""aiokafka's requests where several of them time out on one connection.

The first one closes the connection; the others look for it to close it as well, and raise a KeyError that nobody
expects: it ends the coordination of a group for good, and with it the process that waits for its end.
"""

from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import RequestTimedOutError


def mended(client: AIOKafkaClient) -> AIOKafkaClient:
    """The same client, whose requests say `RequestTimedOutError` when they have timed out, all of them."""
    send = client.send

    async def sending(node_id: int, request: Any, **options: Any) -> Any:
        try:
            return await send(node_id, request, **options)
        except KeyError as exc:
            if not isinstance(exc.__context__, TimeoutError):
                raise
            raise RequestTimedOutError from exc

    client.send = sending
    return client
