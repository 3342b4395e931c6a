"""What the gateway can be asked: the stories of leads and opportunities, the rows of views; as of an instant too."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import tzinfo
from typing import Any, NamedTuple

from engine.ports import EventLog
from events.codec import Codec
from events.envelope import Envelope
from leadstream.agreements import known_agreements
from leadstream.deployment import opened, partition_count
from leadstream.gateway.aside import Aside
from leadstream.opportunity_story import opportunity_told
from leadstream.reading import history_of
from leadstream.settings import Settings
from leadstream.story import Story, known_by, story_of
from leadstream.viewing import Question, rows_of
from leadstream.views_store import open_store
from projections.past import Then
from projections.sink import sink_once
from projections.stores.port import ViewStore
from projections.upgrading import upgrading
from projections.views.view import Cell

_FRESH = 1_000_000
"""How old the tables may be when they are asked, in microseconds."""


class Sources(NamedTuple):
    """What questions are answered from.

    Attributes:
        log: an opened log.
        store: the tables of the views.
        partitions: of the log.
    """

    log: EventLog
    store: ViewStore
    partitions: int


@asynccontextmanager
async def sources(settings: Settings) -> AsyncIterator[Sources]:
    """What a deployment's questions are answered from.

    Raises:
        LogError: the log cannot be opened.
        StoreError: the tables cannot.
    """
    async with opened(settings) as log:
        store = open_store(settings)
        try:
            yield Sources(log, store, await partition_count(log))
        finally:
            store.close()


class Rows(NamedTuple):
    """The rows of a view.

    Attributes:
        found: the rows.
        former: says so where they are of the former definitions of views that are being rebuilt, and how far that is.
    """

    found: Sequence[dict[str, Cell]]
    former: str | None


class Reading:
    """Answers questions, in a thread of its own.

    Args:
        opening: opens what they are answered from.
        clock: now, in microseconds.
        seconds: how long an answer may take.
    """

    def __init__(
        self,
        opening: Callable[[], AbstractAsyncContextManager[Sources]],
        clock: Callable[[], int],
        seconds: float = 30.0,
    ) -> None:
        self._aside, self._clock, self._seconds = Aside(opening), clock, seconds
        self._copied: int | None = None

    def close(self) -> None:
        """Let go of everything."""
        self._aside.close()

    async def story(self, lead: str, *, at: int | None, known_at: int | None, zone: tzinfo) -> Story | None:
        """All that is known of a lead; None when it was never heard of.

        Args:
            lead: its id.
            at: the score is that of this instant, microseconds.
            known_at: by what was recorded up to this instant; the score is that of then where `at` says no other.
            zone: in which days are counted.

        Raises:
            LogError: the log cannot be read, or not in time.
        """

        async def asked(found: Sources) -> Story | None:
            facts = known_by(await history_of(found.log, found.partitions, lead, Codec()), known_at)
            known, of = await known_agreements(found.log, Codec()), known_at if at is None else at
            return story_of(facts, known, lead, at=of, now=self._clock(), zone=zone) if facts else None

        return await self._aside.ask(asked, seconds=self._seconds)

    async def opportunity(self, opportunity: str, then: Then) -> dict[str, Any] | None:
        """All that is known of an opportunity by the facts that count; None when nothing is.

        Raises:
            LogError: the log cannot be read, or not in time.
            StoreError: the tables cannot.
        """

        async def asked(found: Sources) -> dict[str, Any] | None:
            await self._freshen(found)
            return await opportunity_told(found.log, found.store, found.partitions, opportunity, then)

        return await self._aside.ask(asked, seconds=self._seconds)

    async def facts(self, subject: str, ids: Collection[str], topic: str) -> list[Envelope]:
        """Those of a subject's facts, in its canonical log, that have one of these ids, in order."""

        async def asked(found: Sources) -> list[Envelope]:
            facts = await history_of(found.log, found.partitions, subject, Codec(), topic)
            return [fact for fact in facts if fact.id in ids]

        return await self._aside.ask(asked, seconds=self._seconds)

    async def rows(self, question: Question) -> Rows:
        """The rows of a view; the tables are brought up to date when they are older than a second.

        Raises:
            BadQuery: the question makes no sense.
            LogError: the log cannot be read, or not in time.
            StoreError: the tables cannot.
        """

        async def asked(found: Sources) -> Rows:
            await self._freshen(found)
            rows, former = await rows_of(found.log, found.store, question), upgrading(found.store)
            return Rows(rows, None if former is None else str(former))

        return await self._aside.ask(asked, seconds=self._seconds)

    async def _freshen(self, found: Sources) -> None:
        """Bring the tables up to date when they are older than a second."""
        now = self._clock()
        if self._copied is None or not 0 <= now - self._copied < _FRESH:
            await sink_once(found.log, found.store)
            self._copied = now
