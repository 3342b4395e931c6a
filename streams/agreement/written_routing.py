"""Who gets a lead, as it is written: rules that lead to pools of people, and the people."""

from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from streams.agreement.conditions import AnyCondition
from streams.agreement.scalars import Name
from streams.agreement.texts import Part, tuple_of


class Territory(Part):
    """Leads of a region or size belong to a pool, or to one person."""

    when: AnyCondition
    pool: Name | None = None
    owner: Name | None = None

    @model_validator(mode="after")
    def _leads_to_one(self) -> Self:
        if (self.pool is None) == (self.owner is None):
            raise ValueError("expected {when: ..., pool: NAME} or {when: ..., owner: NAME}")
        return self


class Segment(Part):
    """Leads of a kind belong to a pool."""

    when: AnyCondition
    pool: Name


class Fallback(Part):
    """Where every other lead goes."""

    pool: Name


class Member(Part):
    """One person of a pool: their share of its leads, and how many they take in 30 days."""

    name: Name
    weight: Annotated[int, Field(ge=1, le=100)] = 1
    cap_30d: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


def _without_slash(name: str) -> str:
    """The name of a pool, which stands behind a slash where the agreement's name is in front."""
    if "/" in name:
        raise ValueError(f"expected a name without a slash, found {name!r}")
    return name


class PoolPart(Part):
    """People who take turns."""

    members: Annotated[tuple[Member, ...], BeforeValidator(tuple_of), Field(min_length=1)]


class RoutingPart(Part):
    """The first territory whose condition holds, then the first segment, then the fallback."""

    territories: Annotated[tuple[Territory, ...], BeforeValidator(tuple_of)] = ()
    segments: Annotated[tuple[Segment, ...], BeforeValidator(tuple_of)] = ()
    fallback: Fallback
    pools: Annotated[dict[Annotated[Name, AfterValidator(_without_slash)], PoolPart], Field(min_length=1)]
