"""A whole deployment in memory, with its tables: facts come, time passes, councils are convened and asked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from engine.drain import drain
from engine.ports import NewRecord, TopicSpec
from engine.recordtime import TIME_HEADER
from events.agreement import CommandAnswered
from events.council import DIMENSIONS, ConveneCouncil, CouncilCommand, CouncilConvened
from events.envelope import Envelope
from events.fact import Fact
from events.instants import from_us, to_us
from events.registry import wrap
from events.topics import ANSWERS, COUNCIL_EVENTS, INBOX_OF
from leadstream.councils.convening import RESTS_ON, convening
from leadstream.finality import Finality
from leadstream.looking import finality_of
from projections.catalogue import VIEW_TOPICS
from projections.read import read_view
from projections.stores.sqlite import SqliteStore
from projections.views.view import Cell
from projections.worker import view_programs
from tests.streams.agents.house import House, codec


def instant(text: str) -> int:
    """Microseconds of a text in UTC, such as `2026-02-16 07:00`."""
    return to_us(datetime.fromisoformat(f"{text}+00:00"))


class Desk(House):
    """A deployment; instants are texts in UTC."""

    def __init__(self, partitions: int = 2) -> None:
        super().__init__(partitions)
        self.store, self.known, self._sent = SqliteStore(":memory:"), Finality([]), 0

    async def begin(self, agreement: str) -> "Desk":
        """Make the topics, those of views too, and publish an agreement."""
        await self.open(agreement)
        await self.log.create_topics([TopicSpec(each.name, self.partitions, compacted=True) for each in VIEW_TOPICS])
        return self

    async def says(self, subject: str, fact: Fact, at: str, recorded: str = "") -> None:
        """Something happened, and became known then or later."""
        await self._put(subject, fact, "/crm", at, recorded or at)

    async def passes(self, to: str) -> None:
        """Everything is decided, and shown, up to an instant."""
        await self.run(until=instant(to))
        await self.shows()

    async def shows(self) -> None:
        """What is decided is shown, and how far it is known."""
        for program in view_programs(self.log, self.partitions):
            await drain(self.log, program)
        await self.shows_nothing_new()

    async def shows_nothing_new(self) -> None:
        """How far all is known, while projectors stand still."""
        self.known = await finality_of(self.log, self.store, RESTS_ON)

    def matrix(self, known_at: str, **how: Any) -> ConveneCouncil:
        """What would be frozen of what is shown."""
        asked = {"by": "Ines", "quarter": None, "cut_by": (), **how}
        return convening(self.store, self.known, known_at=instant(known_at), **asked)

    async def convenes(
        self, council: str, known_at: str, at: str, *, by: str = "Ines", cuts: Sequence[str] = DIMENSIONS,
        quarter: str | None = None,
    ) -> CommandAnswered:  # fmt: skip
        """Time passes to `at`, the matrix of an instant before is read, and the council decides."""
        await self.passes(at)
        met = [fact.data for fact in await self.facts(council) if isinstance(fact.data, CouncilConvened)]
        return await self.asks(council, self.matrix(known_at, by=by, quarter=quarter, cut_by=cuts, met=met), at)

    async def asks(self, council: str, asked: CouncilCommand, at: str) -> CommandAnswered:
        """A command, decided at once."""
        await self._put(council, asked, "/desk", at, at)
        await self.passes(at)
        answer: Any = codec.decode((await self.records(ANSWERS))[-1].value).data
        assert answer.command == f"{self._sent}"
        return answer  # type: ignore[no-any-return]

    async def facts(self, council: str = "emea") -> list[Envelope]:
        """What is known of a council."""
        return await self.told(council, COUNCIL_EVENTS)

    def rows(self, view: str, **options: Any) -> list[dict[str, Cell]]:
        """Rows of a view."""
        return read_view(self.store, view, **options)

    async def _put(self, subject: str, fact: Fact, source: str, at: str, recorded: str) -> None:
        self._sent += 1
        envelope = wrap(fact, id=f"{self._sent}", source=source, subject=subject, time=from_us(instant(at)))
        headers = ((TIME_HEADER, b"%d" % instant(recorded)),)
        await self.send(NewRecord(subject.encode(), codec.encode(envelope), headers), inbox=INBOX_OF[type(fact)])
