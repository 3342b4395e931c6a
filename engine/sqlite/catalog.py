"""Topics: what there is, and under which numbers batches are filed."""

from collections.abc import Sequence
from typing import NamedTuple

import apsw

from engine.errors import LogError, WrongTopic
from engine.ports import TopicSpec
from engine.sqlite.schema import MAX_PARTITIONS, MAX_TOPICS, PARTITION_BITS
from engine.sqlite.sql import run
from engine.sqlite.store import Store

_SELECT = "select id, name, partitions, compacted, retention_ms, max_record_bytes from topic"


class Topic(NamedTuple):
    """A topic as it is stored."""

    number: int
    spec: TopicSpec

    def partition(self, partition: int) -> int:
        """The number of one of its partitions.

        Raises:
            WrongTopic: it has fewer.
        """
        if not 0 <= partition < self.spec.partitions:
            raise WrongTopic(f"topic {self.spec.name!r} has {self.spec.partitions} partitions, none number {partition}")
        return self.number << PARTITION_BITS | partition


class Catalog:
    """The topics of one file, remembered once seen: they never change."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, Topic] = {}

    def topic(self, name: str) -> Topic:
        """A topic by name.

        Raises:
            WrongTopic: there is none.
        """
        found = self._known.get(name) or self.all().get(name)
        if found is None:
            raise WrongTopic(f"topic {name!r} is missing in {self._store.path}; create the topics first")
        return found

    def all(self) -> dict[str, Topic]:
        """Every topic by name, as of now."""
        rows = self._store.read(lambda connection: run(connection, _SELECT))
        self._known = {
            name: Topic(number, TopicSpec(name, partitions, bool(compacted), retention_ms, limit))
            for number, name, partitions, compacted, retention_ms, limit in rows
        }
        return self._known

    async def create(self, specs: Sequence[TopicSpec]) -> list[str]:
        """Make the topics that are missing; names of those made.

        Raises:
            WrongTopic: more partitions than a topic can have.
            LogError: more topics than a file can have.
        """
        for spec in specs:
            if not 0 < spec.partitions <= MAX_PARTITIONS:
                raise WrongTopic(f"topic {spec.name!r}: 1 to {MAX_PARTITIONS} partitions, not {spec.partitions}")
        known = self.all()
        missing = [spec for spec in specs if spec.name not in known]
        if not missing:
            return []
        return await self._store.write(lambda connection: [spec.name for spec in missing if _insert(connection, spec)])


def _insert(connection: apsw.Connection, spec: TopicSpec) -> bool:
    made = run(
        connection,
        "insert into topic(name, partitions, compacted, retention_ms, max_record_bytes) values(?, ?, ?, ?, ?)"
        " on conflict do nothing returning id",
        spec.name,
        spec.partitions,
        spec.compacted,
        spec.retention_ms,
        spec.max_record_bytes,
    )
    if not made:
        return False
    ((number,),) = made
    if number >= MAX_TOPICS:
        raise LogError(f"topic {spec.name!r}: a log file takes {MAX_TOPICS - 1} topics, not more")
    connection.executemany(
        "insert into part(tp) values(?)",
        [(number << PARTITION_BITS | partition,) for partition in range(spec.partitions)],
    )
    return True
