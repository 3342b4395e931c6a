"""The publisher, for programs that are asynchronous; its twin for all others is `leadstream.sdk.blocking`."""

import asyncio
import ssl
from collections.abc import Callable, Iterable
from datetime import datetime
from random import Random
from types import TracebackType
from typing import Self

from events.codec import Codec
from events.fact import Fact
from leadstream.clock import now_us
from leadstream.publishing import Refused
from leadstream.sdk.errors import FactRefused, NotConfigured
from leadstream.sdk.port import Receipt, Told, Way
from leadstream.sdk.sending import Pace, Sender
from leadstream.sdk.telling import Event, told
from leadstream.sdk.where import way_to
from leadstream.settings import Settings


class Publisher:
    """Publishes facts, durably, each once however often it is sent. Belongs to one event loop.

    Many may publish at a time: what comes while one append is under way goes with the next one, in order. Nothing is
    connected before the first fact; while the log or the gateway is away it is tried again, up to `pace.patience`.

    Args:
        to: `kafka://host:port,...`, `sqlite:///path`, or `https://host` of a gateway. Without one the log that the
            settings name, as for every command: LEADSTREAM_BROKER, leadstream.toml, or the file in the data directory.
            A `Way` of your own is taken too.
        source: who speaks, unless a fact says so itself: a URI reference such as `/forms/contact`.
        api_key: of the gateway; LEADSTREAM_API_KEY unless given.
        settings: of the deployment, where they are not those of the environment.
        pace: how it gathers, waits and tries again.
        tls: whom to trust as a gateway, or as a broker where `security_protocol` is SSL or SASL_SSL.
        clock: now, in microseconds.

    Raises:
        NotConfigured: an address, a key or a setting is not as it must be; a `ValueError` as well.
    """

    def __init__(
        self,
        to: str | Way | None = None,
        *,
        source: str | None = None,
        api_key: str | None = None,
        settings: Settings | None = None,
        pace: Pace | None = None,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], int] = now_us,
    ) -> None:
        if to is not None and not isinstance(to, str) and not hasattr(to, "send"):
            raise NotConfigured(f"to: expected an address as text, such as https://host, got {type(to).__name__}")
        way = way_to(to, api_key=api_key, settings=settings, tls=tls) if to is None or isinstance(to, str) else to
        self._sender = Sender(way, pace or Pace(), Random())  # noqa: S311 - spreads pauses, hides nothing
        self._source, self._clock, self._codec = source, clock, Codec()
        self._at = 0
        self._loop: asyncio.AbstractEventLoop | None = None

    async def publish(
        self,
        fact: Fact,
        *,
        subject: str,
        source: str | None = None,
        natural_key: str | None = None,
        id: str | None = None,  # noqa: A002 - as CloudEvents names it
        time: datetime | None = None,
    ) -> Receipt:
        """Publish a fact; it is durably in the log when this returns.

        Whoever may have to send it again, after a crash say, gives a natural key or an id: then it is the same event
        however often it comes. Without them the id follows from all that is told, the time included.

        Args:
            fact: what happened, such as `LeadCaptured(source="web")`.
            subject: whom it is about: the id of the lead, account, opportunity or plan.
            source: who says so; the publisher's own unless given.
            natural_key: what the source itself knows the fact by, such as the number of the form that was sent.
            id: the event's id itself, unique within the source.
            time: when it happened, with a zone; now unless given.

        Returns:
            `accepted`, or `duplicate` where the same bytes are known to be there.

        Raises:
            FactRefused: it is not taken as it is; says which field, and what was expected.
            NotPublished: the log or the gateway was out of reach too long; send it again, nothing is doubled by it.
            NotAllowed: the key is not taken, a topic is missing: somebody has to act.
            PublisherClosed: this publisher is closed.
        """
        event = Event(fact, subject, source, natural_key, id, time)
        found = self._told(event)
        if isinstance(found, Refused):
            raise FactRefused(found.field, found.reason, id)
        receipt = await (await self._sender.put(found))
        if receipt.outcome == "refused":
            raise FactRefused(receipt.field, receipt.reason, receipt.id)
        return receipt

    async def publish_many(self, events: Iterable[Event]) -> list[Receipt]:
        """Publish events, in order; all that is accepted is durably in the log when this returns.

        Args:
            events: taken as there is room for them: a generator of many is read no faster than they are published.

        Returns:
            What became of each, in order; a refused one keeps no other one back.

        Raises:
            NotPublished, NotAllowed, PublisherClosed: as of `publish`; send all of them again.
        """
        found: list[Receipt | asyncio.Future[Receipt]] = []
        for event in events:
            made = self._told(event)
            if isinstance(made, Refused):
                found.append(Receipt("refused", _id_of(event), made.field, made.reason))
            else:
                found.append(await self._sender.put(made))
        waiting = [each for each in found if isinstance(each, asyncio.Future)]
        if waiting:
            await asyncio.wait(waiting)
        failures = [failure for each in waiting if (failure := each.exception()) is not None]  # all of them looked at
        if failures:
            raise failures[0]
        return [each if isinstance(each, Receipt) else each.result() for each in found]

    async def flush(self) -> None:
        """Send at once what lingers, and wait for its answers.

        Raises:
            PublishError: of the first that was not published; whoever published it is told as well.
        """
        await self._sender.flush()

    async def close(self) -> None:
        """Flush and let go; nothing can be published any more. Closing twice does no harm.

        Raises:
            PublishError: as of `flush`; it is closed all the same.
        """
        await self._sender.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _told(self, event: object) -> Told | Refused:
        """The event as it goes out. Two that tell no time are never of the same microsecond."""
        loop = asyncio.get_running_loop()
        if self._loop is not None and self._loop is not loop:
            raise RuntimeError("a Publisher belongs to one event loop; make another one there, or use SyncPublisher")
        self._loop = loop
        self._at = max(self._clock(), self._at + 1)
        return told(event, self._codec, source=self._source, at=self._at)


def _id_of(event: object) -> str | None:
    """The id that an author gave, whatever it is that was given for an event."""
    return event.id if isinstance(event, Event) and isinstance(event.id, str) else None
