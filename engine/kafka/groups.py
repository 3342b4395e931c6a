"""Who is in a consumer group, and has which partitions."""

from typing import Any

from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.protocol.admin import DescribeGroupsRequest

from engine.kafka.cluster import Cluster, check
from engine.kafka.offsets import Partition

_STABLE = "Stable"


async def has_member(cluster: Cluster, group: str, member: str) -> bool:
    """Whether the group knows a member of that id."""
    return any(member == found[0] for _, members in await _described(cluster, group) for found in members)


async def has_owner(cluster: Cluster, group: str, partitions: set[Partition]) -> bool:
    """Whether a live member has one of the partitions. While a group with members rebalances, somebody will."""
    for state, members in await _described(cluster, group):
        if members and state != _STABLE:
            return True
        if any(not partitions.isdisjoint(_assigned(member[-1])) for member in members):
            return True
    return False


async def _described(cluster: Cluster, group: str) -> list[tuple[str, list[Any]]]:
    """State and members, by a fresh request."""

    async def ask() -> list[tuple[str, list[Any]]]:
        answer = await cluster.send_to_coordinator(group, DescribeGroupsRequest([group]))
        found = []
        for code, _, state, _, _, members, *_ in answer.groups:
            check(code, group)
            found.append((state, members))
        return found

    return await cluster.repeating(ask, f"describing group {group}")


def _assigned(assignment: bytes | None) -> set[Partition]:
    if not assignment:
        return set()
    topics = ConsumerProtocolMemberAssignment.decode(assignment).assignment
    return {(topic, partition) for topic, partitions in topics for partition in partitions}
