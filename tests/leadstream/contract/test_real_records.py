"""The document is held against what really stands in the topics after a simulated week."""

import json
from collections import Counter
from pathlib import Path

import pytest

from engine.partitioning import partition_of
from engine.ports import NewRecord, Record
from engine.reading import records_of
from events.topics import DEAD_LETTERS, LEAD_EVENTS, LEAD_INBOX, LEAD_SCORES
from leadstream.contract.channels import public_topics
from leadstream.demo.company import Week
from leadstream.demo.week import run_week
from leadstream.deployment import opened
from leadstream.settings import Settings
from tests.leadstream.contract.document import DOCUMENT, faults, message

PARTITIONS = 2


def _names(topic: str, record: Record) -> str:
    """Which message of its channel a record is."""
    names = list(DOCUMENT["channels"][topic]["messages"])
    if record.value is None:
        return "tombstone"
    if len(names) == 1 or "tombstone" in names:
        return str(names[0])
    return str(json.loads(record.value)["type"])


@pytest.mark.slow
async def test_every_record_of_a_week_is_a_message_of_its_channel_and_right_by_its_schema(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", partitions=PARTITIONS)
    seen: Counter[str] = Counter()
    async with opened(settings, create=True) as log:
        wrong = NewRecord(b"lead-1", b'{"type":"lead.dreamt.v1"}', (("traceparent", b"00"),))
        await log.append({(LEAD_INBOX, partition_of(b"lead-1", PARTITIONS)): [wrong]})
        await run_week(log, settings, PARTITIONS, Week(seed=11, days=2, leads_per_day=8))
        for topic in public_topics():
            for partition in range(topic.partitions or PARTITIONS):
                async for record in records_of(log, topic.name, partition):
                    if record.value == wrong.value and topic.name == LEAD_INBOX:
                        continue
                    made = message(topic.name, name := _names(topic.name, record))
                    payload = None if record.value is None else json.loads(record.value)
                    assert faults(made["payload"], payload) == [], (topic.name, name)
                    headers = {key: (value or b"").decode() for key, value in record.headers}
                    assert faults(made.get("headers", {}), headers) == [], (topic.name, name)
                    seen[topic.name] += 1
    assert seen[DEAD_LETTERS] == 1
    assert seen[LEAD_EVENTS] > 100
    assert seen[LEAD_SCORES] > 5
    assert sum(name.startswith("view.") for name in seen) > 20
