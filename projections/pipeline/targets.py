"""Targets, and which of them a cell is measured by."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from projections.pipeline.deal import Group
from projections.pipeline.figures import BEST_CASE, CLOSED, COMMIT, GENERATION, MOST_LIKELY, Cut

KIND_OF = dict.fromkeys((CLOSED, COMMIT, MOST_LIKELY, BEST_CASE), "closed") | {GENERATION: "pipe_generation"}
"""The kind of target that a measure is held against. Open pipe has none: what it is for says its coverage."""


_ADD_UP = {name: place for place, name in enumerate(("region", "segment", "product", "source", "owner"))}
"""By what targets may be set for parts to be one of the whole, which first; those of owners last, for more is dealt out
to people than has to be reached."""


class Target(NamedTuple):
    """What is to be reached in a quarter.

    Attributes:
        kind: closed or pipe_generation.
        slice: dimension -> value; empty for everything.
        amount_minor: in minor units of `currency`; 0: it was taken away.
        currency: ISO 4217 code.
        plan: which plan sets it.
    """

    kind: str
    slice: Mapping[str, str]
    amount_minor: int
    currency: str
    plan: str = ""


def slice_text(target: Target) -> str:
    """What a target is for, in words."""
    return ", ".join(f"{name} {value}" for name, value in sorted(target.slice.items())) or "everything"


def target_of(targets: Sequence[Target], kind: str, group: Group, cut: Cut) -> int | None:
    """The target of a cell in minor units of the reporting currency, by the rate of the quarter's first day.

    The one set for just this slice, of several plans their sum. Where there is none, the sum of those that were set for
    finer slices of it, all cut by the same dimensions: by as few as there are, of equally few by the first in the order
    of `_ADD_UP`. So no amount is counted twice when there are targets of products and of regions. Targets of roles
    never add up: what others open has none. None: no target, or none that has a rate.
    """
    wanted = dict(zip(cut.by, group, strict=True))
    sums: dict[tuple[str, ...], int] = {}
    for each in targets:
        if each.kind == kind and each.amount_minor and wanted.items() <= each.slice.items():
            names = tuple(sorted(each.slice))
            if not set(names) - wanted.keys() <= _ADD_UP.keys():
                continue
            amount = _converted(each, cut)
            if amount:  # what is less than a minor unit of the reporting currency is nothing to be held against
                sums[names] = sums.get(names, 0) + amount
    return sums[min(sums, key=_preferred)] if sums else None


def _preferred(names: tuple[str, ...]) -> tuple[int, list[int]]:
    return len(names), sorted(_ADD_UP.get(name, len(_ADD_UP)) for name in names)


def _converted(target: Target, cut: Cut) -> int | None:
    """What it is in the reporting currency; None where there is no rate, and then it is noted as left out."""
    rates, day = cut.terms.rates, cut.quarter.first
    amount = rates.converted(target.amount_minor, target.currency, day)
    if amount is None:
        rates.left_out.add_target((target.plan, target.kind, *sorted(target.slice.items())), target.currency, day)
    return amount


def groups_of(targets: Iterable[Target], by: tuple[str, ...]) -> set[Group]:
    """The slices that have a target, cut by some dimensions."""
    return {
        tuple(each.slice[name] for name in by) for each in targets if each.amount_minor and each.slice.keys() >= set(by)
    }
