"""Decides a history of leads on the log in memory and says what came of it: `python history.py FACTS`.

Prints one JSON object: which core decided, and a digest of all that was written, topic by topic. Scores and states are
compared by their last value: how many there are depends on where slices end.
"""

import asyncio
import hashlib
import json
import sys

from benchmarks import leads
from benchmarks.cases import prepare_leads
from engine.drain import drain
from engine.memory.log import MemoryLog
from engine.reading import latest_values, records_of
from events.topics import DEAD_LETTERS, LEAD_EVENTS, LEAD_SCORES, LEAD_STATE, SLA_BREACHES
from leadstream.settings import Settings
from streams.programs import lead_program
from streams.scoring import standing

_NOW = 1_790_000_000_000_000
_PARTITIONS = 2


async def decided(count: int) -> dict[str, str]:
    log = MemoryLog(clock=lambda: _NOW)
    await prepare_leads(log, Settings(partitions=_PARTITIONS), leads.facts(count, 1))
    await drain(log, lead_program(log, _PARTITIONS, lambda: _NOW))
    found = {"core": standing.__file__.rpartition(".")[2]}
    for topic in (LEAD_EVENTS, SLA_BREACHES, DEAD_LETTERS, LEAD_SCORES, LEAD_STATE):
        digest = hashlib.sha256()
        for partition in range(_PARTITIONS):
            if topic in (LEAD_SCORES, LEAD_STATE):
                rows = sorted((await latest_values(log, topic, partition)).items())
            else:
                rows = [(record.key, record.value) async for record in records_of(log, topic, partition)]
            digest.update(repr(rows).encode())
        found[topic] = digest.hexdigest()
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(decided(int(sys.argv[1])))))
