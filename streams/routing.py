"""Who gets a lead by the rules of an agreement alone, before anybody's turn is asked for."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from events.routing import Rule
from streams.agreement.routes import Routing
from streams.agreement.routes import Rule as Route


class Way(NamedTuple):
    """Where a lead goes: to one person, or to a pool.

    Attributes:
        rule: what kind of rule decides.
        why: the rule in words.
        pool: name of the pool; None where one person gets it.
        owner: the person; None where a pool decides.
    """

    rule: Rule
    why: str
    pool: str | None = None
    owner: str | None = None


def pool_key(agreement: str, pool: str) -> str:
    """A pool as a subject of its own; no name of a pool holds a slash."""
    return f"{agreement}/{pool}"


def pool_named(key: str) -> tuple[str, str]:
    """The agreement and the pool that such a subject names."""
    agreement, _, pool = key.rpartition("/")
    return agreement, pool


def way_of(routing: Routing, profile: Mapping[str, Any]) -> Way:
    """The first territory that holds, then the first segment, then the fallback."""
    for route in routing.territories:
        if route.holds(profile):
            return Way("territory", _words("territory", route), route.pool, route.owner)
    return _pool_of(routing, profile)


def pool_of(routing: Routing, profile: Mapping[str, Any]) -> Way:
    """Where a lead goes that needs another owner than a rule names: to a pool in any case."""
    for route in routing.territories:
        if route.pool is not None and route.holds(profile):
            return Way("territory", _words("territory", route), route.pool)
    return _pool_of(routing, profile)


def _pool_of(routing: Routing, profile: Mapping[str, Any]) -> Way:
    for route in routing.segments:
        if route.holds(profile):
            return Way("segment", _words("segment", route), route.pool)
    return Way("fallback", "no territory and no segment", routing.fallback)


def _words(kind: str, route: Route) -> str:
    return f"{kind}: {route.words}"
