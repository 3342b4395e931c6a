"""aiokafka's requests where several of them time out on one connection.

The first one closes the connection; the others look for it to close it as well, and raise a KeyError that nobody
expects: it ends the coordination of a group for good, and with it the process that waits for its end.
"""

from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import RequestTimedOutError
from typing_extensions import override


class Client(AIOKafkaClient):  # type: ignore[misc]
    """A client whose requests say `RequestTimedOutError` when they have timed out, all of them."""

    @override
    async def send(self, node_id: int, request: Any, **options: Any) -> Any:
        """One request to one broker."""
        try:
            return await super().send(node_id, request, **options)
        except KeyError as exc:
            if not isinstance(exc.__context__, TimeoutError):
                raise
            raise RequestTimedOutError from exc


def mended(client: AIOKafkaClient) -> AIOKafkaClient:
    """The same client, which aiokafka has made for itself, as one of ours.

    Its class is changed, and no function of it replaced: that would hold the client in a circle, which the garbage
    collector of a long-lived worker comes to free very late.
    """
    client.__class__ = Client
    return client
