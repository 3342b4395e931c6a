"""Who gets a lead, ready to be asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from streams.agreement.evaluate import Lists, Profile, compiled
from streams.agreement.written_routing import PoolPart, RoutingPart, Segment, Territory


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """Leads of a kind belong to a pool or to one person, never to both.

    Attributes:
        holds: whether a lead with that profile is of the kind.
        words: the condition for people.
        pool: the pool; None where one person owns them.
        owner: the person; None where a pool does.
    """

    holds: Callable[[Profile], bool]
    words: str
    pool: str | None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """One person of a pool.

    Attributes:
        name: who.
        weight: share of the pool's leads, 1..100.
        cap_30d: how many leads they take in 30 days at most; None for any number.
    """

    name: str
    weight: int
    cap_30d: int | None


@dataclass(frozen=True, slots=True)
class Pool:
    """People who take turns.

    Attributes:
        name: unique in the agreement.
        members: at least one, in file order, no name twice.
    """

    name: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Routing:
    """The first territory that holds, then the first segment, then the fallback.

    Attributes:
        territories: in file order.
        segments: in file order; each leads to a pool.
        fallback: the pool of every other lead.
        pools: by name, in file order; every pool named above is there.
    """

    territories: tuple[Rule, ...]
    segments: tuple[Rule, ...]
    fallback: str
    pools: Mapping[str, Pool]


def routing_of(part: RoutingPart, lists: Lists) -> Routing:
    """Compile the routing of an agreement."""
    return Routing(
        territories=tuple(_rule(each, lists) for each in part.territories),
        segments=tuple(_rule(each, lists) for each in part.segments),
        fallback=part.fallback.pool,
        pools={name: _pool(name, each) for name, each in part.pools.items()},
    )


def _rule(part: Territory | Segment, lists: Lists) -> Rule:
    condition = compiled(part.when, lists=lists)
    owner = part.owner if isinstance(part, Territory) else None
    return Rule(_of_profile(condition.holds), condition.words, part.pool, owner)


def _of_profile(holds: Callable[[Profile, Any], bool]) -> Callable[[Profile], bool]:
    return lambda profile: holds(profile, None)


def _pool(name: str, part: PoolPart) -> Pool:
    return Pool(name, tuple(Member(each.name, each.weight, each.cap_30d) for each in part.members))
