"""What a process knows of the topics it writes to: their limits, and their names on the broker."""

from collections.abc import Iterable, Mapping, Sequence

from engine.errors import WrongTopic
from engine.kafka import topics
from engine.kafka.cluster import Cluster
from engine.kafka.topics import Settings
from engine.ports import TopicSpec
from engine.topic_faults import differences


class Catalog:
    """Logical names outside, prefixed names on the broker.

    Attributes:
        specs: topics as last seen, by logical name. A limit that was changed behind our back is learnt again after
            the broker has refused a record, and whenever a task opens.
    """

    def __init__(self, cluster: Cluster, prefix: str, replication: int) -> None:
        self.cluster, self.prefix, self.replication = cluster, prefix, replication
        self.specs: dict[str, TopicSpec] = {}

    @property
    def limits(self) -> Mapping[str, int]:
        """The largest record of every topic seen so far, in bytes."""
        return {name: spec.max_record_bytes for name, spec in self.specs.items()}

    def physical(self, name: str) -> str:
        """A topic's name on the broker."""
        return self.prefix + name

    async def create(self, specs: Sequence[TopicSpec]) -> list[str]:
        """Make the topics that are missing; logical names of those made."""
        there = await self.describe([spec.name for spec in specs])
        missing = [spec for spec in specs if there[spec.name] is None]
        renamed = [_renamed(spec, self.physical(spec.name)) for spec in missing]
        made = set(await topics.create(self.cluster, renamed, self.replication))
        await self.describe([spec.name for spec in missing])
        return [spec.name for spec in missing if self.physical(spec.name) in made]

    async def describe(self, names: Iterable[str]) -> dict[str, TopicSpec | None]:
        """How the topics are, by a fresh request; None for a missing one."""
        return {name: found[0] if found else None for name, found in (await self._looked_up(names)).items()}

    async def faults(self, specs: Iterable[TopicSpec]) -> list[str]:
        """Why we should not run on the topics as they are, a sentence each; none for a sound set-up."""
        wanted = {spec.name: spec for spec in specs}
        found: list[str] = []
        for name, there in (await self._looked_up(wanted)).items():
            if there is None:
                found.append(f"topic {name!r} is missing")
                continue
            is_, settings = there
            found += differences(wanted[name], is_)
            found += topics.faults_of(name, settings, self.replication)
        return found

    async def learn(self, names: Iterable[str]) -> None:
        """Know the limits of these topics; those known already are not asked for again.

        Raises:
            WrongTopic: one is missing.
        """
        unknown = [name for name in names if name not in self.specs]
        if unknown:
            await self.learn_again(unknown)

    async def learn_again(self, names: Sequence[str]) -> None:
        """Know how these topics are now.

        Raises:
            WrongTopic: one is missing.
        """
        for name, spec in (await self.describe(names)).items():
            if spec is None:
                raise WrongTopic(f"topic {self.physical(name)!r} does not exist; create it first")

    async def require_partition(self, name: str, partition: int) -> None:
        """Make sure that a topic has a partition.

        Raises:
            WrongTopic: it has not.
        """
        if name not in self.specs or partition >= self.specs[name].partitions:
            await self.cluster.leader(self.physical(name), partition)

    async def _looked_up(self, names: Iterable[str]) -> dict[str, tuple[TopicSpec, Settings] | None]:
        physical = {name: self.physical(name) for name in names}
        counts = await self.cluster.existing(physical.values())
        settings = await topics.settings(self.cluster, counts)
        found: dict[str, tuple[TopicSpec, Settings] | None] = {}
        for name, there in physical.items():
            if there in settings:
                spec = self.specs[name] = topics.spec_of(name, counts[there], settings[there])
                found[name] = spec, settings[there]
            else:
                self.specs.pop(name, None)
                found[name] = None
        return found


def _renamed(spec: TopicSpec, name: str) -> TopicSpec:
    return TopicSpec(name, spec.partitions, spec.compacted, spec.retention_ms, spec.max_record_bytes)
