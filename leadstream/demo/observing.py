"""Looks at the log and the views of a running deployment, for the live board."""

from collections import Counter, deque
from typing import Any

from engine.ports import EventLog
from events.codec import Codec
from events.instants import SECOND, to_us
from events.topics import DEAD_LETTERS, LEAD_EVENTS
from leadstream.demo.board import Snapshot
from leadstream.demo.summary import instant
from leadstream.demo.watch import Watch, soonest
from projections.read import read_view
from projections.stores.port import ViewStore

_LATELY = 10 * SECOND


class Observer:
    """Follows the canonical log, and reads the views.

    Args:
        log: the log.
        store: the tables that the projector keeps.
        since: when the live traffic began, microseconds.
    """

    def __init__(self, log: EventLog, store: ViewStore, since: int) -> None:
        self._log, self._store, self._since = log, store, since
        self._codec, self._watch = Codec(), Watch()
        self._positions: list[int] = []
        self._counted: deque[tuple[int, int]] = deque()

    async def look(self, published: int, now: int) -> Snapshot:
        """What there is to see at this instant (microseconds), with how many records were published."""
        await self._follow()
        funnel = read_view(self._store, "funnel")
        stages: Counter[str] = Counter()
        for row in funnel:
            stages[str(row["stage"])] += int(row["leads"] or 0)
        watch = self._watch
        return Snapshot(
            since=self._since,
            published=published,
            facts=watch.facts,
            rate=self._rate(now),
            complete_to=_complete_to(funnel),
            moves=tuple(watch.moves),
            clocks=soonest(watch),
            open_clocks=len(watch.clocks),
            breaches=tuple(watch.breaches),
            retractions=tuple(watch.retractions),
            funnel=tuple(stages.items()),
            clauses=tuple(read_view(self._store, "sla")),
            dead_letters=await self._dead_letters(),
        )

    async def _follow(self) -> None:
        """See every fact that was written since the last look."""
        self._positions = self._positions or await self._log.starts(LEAD_EVENTS)
        for partition, end in enumerate(await self._log.ends(LEAD_EVENTS)):
            while (at := self._positions[partition]) < end:
                records, after = await self._log.read(LEAD_EVENTS, partition, at)
                for record in records:
                    self._watch.see(self._codec.decode(record.value, record.headers))
                if after <= at:
                    break
                self._positions[partition] = after

    async def _dead_letters(self) -> int:
        return sum(await self._log.ends(DEAD_LETTERS)) - sum(await self._log.starts(DEAD_LETTERS))

    def _rate(self, now: int) -> float:
        """Facts a second over the last moments."""
        self._counted.append((now, self._watch.facts))
        while self._counted[0][0] < now - _LATELY:
            self._counted.popleft()
        then, facts = self._counted[0]
        return (self._watch.facts - facts) * SECOND / (now - then) if now > then else 0.0


def _complete_to(rows: list[dict[str, Any]]) -> int | None:
    found = rows[0]["complete_to"] if rows else None
    return None if found is None else to_us(instant(found))
