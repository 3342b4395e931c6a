"""A steady upstream: facts at an even pace, new leads all the time, most facts told again, some late."""

import asyncio
import random
import time
from collections import defaultdict
from typing import Any

import orjson
import yaml

from benchmarks import leads
from engine.errors import LogError
from engine.partitioning import partition_of
from engine.ports import FaustLog, NewRecord
from events.instants import SECOND, iso
from events.topics import LEAD_INBOX
from leadstream.clock import now_us

_TICK = 0.1
_AT_ONCE = 1_000
_ACTIVE = 200
_MOST_AGAIN = 3
_SHORTEST, _LONGEST = 10, 40
_PROMISED = {"first_response": "3s", "status_update": "6s", "hand_over": "1h"}


def agreement() -> str:
    """The benchmark's agreement, with promises of seconds by the wall clock instead of hours of work."""
    document = yaml.safe_load(leads.AGREEMENT.read_text())
    del document["calendars"]
    for side in ("sales_clauses", "marketing_clauses"):
        for name, clause in document[side].items():
            clause.pop("calendar", None)
            clause["within"] = _PROMISED[name]
    text: str = yaml.safe_dump(document, sort_keys=False)
    return text


def promised(clause: str, start: int) -> int:
    """When a clause is due, by that agreement."""
    return start + {"first_response": 3, "status_update": 6, "hand_over": 3600}[clause] * SECOND


class Upstream:
    """Publishes until it is told to end.

    Attributes:
        accepted: every fact that the log has taken, once, in order.
        again: how many records were published once more.
        troubles: how often the log did not take something at first.

    Args:
        log: where to.
        partitions: of the inbox.
        rate: new facts a second.
        chance: who does what.
    """

    def __init__(self, log: FaustLog, partitions: int, rate: float, chance: random.Random) -> None:
        self.accepted: list[NewRecord] = []
        self.again = self.troubles = 0
        self._log, self._partitions, self._rate, self._chance = log, partitions, rate, chance
        self._leads = self._facts = 0
        self._active: list[list[Any]] = []

    async def publish(self, over: asyncio.Event) -> None:
        """At an even pace; what an outage held up is caught up with."""
        begun = time.monotonic()
        while not over.is_set():
            due = int((time.monotonic() - begun) * self._rate) - len(self.accepted)
            if due > 0:
                await self._append([self._fact() for _ in range(min(due, _AT_ONCE))])
            await asyncio.sleep(_TICK)

    async def _append(self, records: list[NewRecord]) -> None:
        """Until it is taken: whoever does not know whether it was tells it again."""
        batches = defaultdict[tuple[str, int], list[NewRecord]](list)
        for record in records:
            batches[LEAD_INBOX, partition_of(record.key or b"", self._partitions)].append(record)
        again = self._chance.randrange(_MOST_AGAIN + 1)
        self.again += again * len(records)
        for _ in range(1 + again):
            while True:
                try:
                    await self._log.append(batches)
                    break
                except (LogError, OSError, TimeoutError):
                    self.troubles += 1
                    await asyncio.sleep(_TICK)
        self.accepted += records

    def _fact(self) -> NewRecord:
        if len(self._active) < _ACTIVE:
            self._leads += 1
            name = f"lead-{self._leads:06d}"
            self._active.append([name, self._chance.randrange(_SHORTEST, _LONGEST)])
            return self._record(name, "lead.captured.v1", leads.captured(self._chance, name), 0)
        place = self._chance.randrange(_ACTIVE)
        lead = self._active[place]
        lead[1] -= 1
        if not lead[1]:
            self._active.pop(place)
        late = self._chance.randrange(5 * SECOND) if self._chance.random() < 0.02 else 0
        return self._record(lead[0], *leads.next_fact(self._chance), late)

    def _record(self, lead: str, wire_type: str, data: dict[str, Any], late: int) -> NewRecord:
        self._facts += 1
        envelope = {
            "specversion": "1.0",
            "type": wire_type,
            "id": f"{self._facts:x}",
            "source": "/crm",
            "subject": lead,
            "time": iso(now_us() - late),
            "datacontenttype": "application/json",
            "data": data,
        }
        return NewRecord(lead.encode(), orjson.dumps(envelope))
