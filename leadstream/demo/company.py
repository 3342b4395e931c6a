"""A simulated company: everything that is told about its leads, in the order in which it arrives.

Pure: the same seed gives the same bytes. Some facts are told long after they happened, some twice, and now and then
a record is broken.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import takewhile
from random import Random
from typing import NamedTuple

from events.codec import Codec
from events.envelope import Envelope
from events.instants import DAY, SECOND, from_us
from events.registry import wrap
from leadstream.demo.breakage import broken_value
from leadstream.demo.journey import Step
from leadstream.demo.prospects import travel
from leadstream.demo.tempo import MONDAY, Tempo, live_tempo, steady_births, week_births, week_tempo

SOURCE = "/demo/simulated"
"""The CloudEvents source of every simulated fact."""
FACTS_PER_LEAD = 6
"""About so many records come about one lead."""
_TWICE = 2
_BROKEN = 25


class Arrival(NamedTuple):
    """A record on its way in.

    Attributes:
        at: when it arrives, microseconds.
        key: the id of whom it is about.
        value: its bytes.
        envelope: what the bytes say; None for a broken record.
    """

    at: int
    key: bytes
    value: bytes
    envelope: Envelope | None


class Week(NamedTuple):
    """A simulated stretch of time.

    Attributes:
        seed: the same one gives the same bytes.
        days: how many days from `start` on.
        leads_per_day: leads on an ordinary Monday.
        start: its begin, microseconds.
    """

    seed: int = 7
    days: int = 7
    leads_per_day: int = 120
    start: int = MONDAY

    @property
    def end(self) -> int:
        """Its end, microseconds; what would arrive later is not told any more."""
        return self.start + self.days * DAY


def simulated_week(week: Week) -> Iterator[Arrival]:
    """All that arrives in the week, in office hours and at life's own pace."""
    rng = _chance(week.seed)
    births = week_births(rng, week.start, week.days, week.leads_per_day)
    return takewhile(lambda arrival: arrival.at < week.end, arrivals(rng, births, week_tempo(week.start)))


def living_traffic(seed: int, start: int, facts_per_second: float) -> Iterator[Arrival]:
    """Traffic without an end from `start` (microseconds) on, sixty times faster than life."""
    rng = _chance(seed)
    interval = round(FACTS_PER_LEAD / facts_per_second * SECOND)
    return arrivals(rng, steady_births(rng, start, interval), live_tempo(start))


def arrivals(rng: Random, births: Iterable[int], tempo: Tempo) -> Iterator[Arrival]:
    """All that is told about leads born at these instants (in order), by arrival.

    Nothing about a lead arrives before it is born, so whatever arrives before the next birth can go out.
    """
    codec, waiting, count = Codec(), list[tuple[int, int, Arrival]](), 0
    for number, born in enumerate(births, 1):
        while waiting and waiting[0][0] < born:
            yield heapq.heappop(waiting)[2]
        for arrival in _told(f"sim-{number:06d}", born, rng, tempo, codec):
            count += 1
            heapq.heappush(waiting, (arrival.at, count, arrival))
    while waiting:
        yield heapq.heappop(waiting)[2]


def _told(lead: str, born: int, rng: Random, tempo: Tempo, codec: Codec) -> Iterator[Arrival]:
    numbers = Counter[str]()
    for step in travel(lead, born, rng, tempo):
        numbers[step.lead] += 1
        envelope = _enveloped(f"{step.lead}-{numbers[step.lead]:02d}", step)
        arrival = Arrival(step.arrives, step.lead.encode(), codec.encode(envelope), envelope)
        yield arrival
        if rng.randrange(100) < _TWICE:
            yield arrival._replace(at=step.arrives + rng.randrange(1, 60) * SECOND)
    if rng.randrange(1000) < _BROKEN:
        at = born + rng.randrange(1, 90) * SECOND
        yield Arrival(at, lead.encode(), broken_value(rng, lead, at, SOURCE), None)


def _enveloped(name: str, step: Step) -> Envelope:
    return wrap(step.fact, id=name, source=SOURCE, subject=step.lead, time=from_us(step.occurred))


def _chance(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - a simulation that has to repeat itself; nothing is kept secret with it
