"""The views `stage-ages` and `stage-old`: how long opportunities stay in a stage, and which are there for too long."""

from collections.abc import Sequence

from events.instants import SECOND
from projections.pipeline.asking import (
    AS_OF,
    CUT,
    KNOWN_AT,
    OPPORTUNITIES,
    cut_by,
    cuts,
    in_columns,
)
from projections.pipeline.deal import DIMENSIONS, Group, sliced
from projections.pipeline.history import Version
from projections.pipeline.reading import stages_until
from projections.pipeline.terms import instant_of, stages_at
from projections.pipeline.velocity import OLD_PERCENT, lengths, percentile, too_old
from projections.views.times import instant_text, instant_text_or_none
from projections.views.view import Asked, Cells, Column, Computed, Kind, Query


def _ages(query: Query, asked: Asked) -> list[Cells]:
    at, by = instant_of(query, asked), cut_by(asked)
    if at is None:
        return []
    slices: dict[Group, list[list[Version]]] = {}
    for _, known in stages_until(query, at, asked.known_at):
        for group in sliced(known[-1].deal, by):
            slices.setdefault(group, []).append(known)
    place = {stage: number for number, stage in enumerate(stages_at(query, at))}
    times = instant_text(at), instant_text_or_none(asked.known_at)
    rows = list[Cells]()
    for group, every in sorted(slices.items()):
        ended, ages = lengths(every, at), _open_ages(every, at)
        for stage in sorted(ended.keys() | ages.keys(), key=lambda name: (place.get(name, len(place)), name)):
            row = _row(ended.get(stage, []), ages.get(stage, []))
            rows.append((*in_columns(by, group), stage, *row, *times))
    return rows


def _open_ages(every: Sequence[Sequence[Version]], at: int) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for known in every:
        deal = known[-1].deal
        if deal.is_open and deal.stage_since is not None:
            found.setdefault(deal.stage, []).append(at - deal.stage_since)
    return found


def _row(ended: Sequence[int], ages: Sequence[int]) -> Cells:
    limit = percentile(ended, OLD_PERCENT)
    old = 0 if limit is None else sum(age > limit for age in ages)
    found = (percentile(ended, 50), limit)
    return (
        len(ended),
        *map(_seconds, found),
        len(ages),
        *map(_seconds, (percentile(ages, 50), max(ages, default=None))),
        old,
    )


def _seconds(us: int | None) -> int | None:
    return None if us is None else us // SECOND


def _old(query: Query, asked: Asked) -> list[Cells]:
    at = instant_of(query, asked)
    if at is None:
        return []
    every = dict(stages_until(query, at, asked.known_at))
    times = instant_text(at), instant_text_or_none(asked.known_at)
    found = sorted(too_old(every, at), key=lambda each: (each[2], each[0]))
    return [
        (name, deal.owner, deal.stage, instant_text(since), _seconds(at - since), _seconds(limit), deal.amount_minor,
         deal.currency, *times)
        for name, deal, since, limit in found
    ]  # fmt: skip


STAGE_AGES = Computed(
    name="stage-ages",
    meaning="How long opportunities stay in each stage: the stays that ended, and those that are there. "
    "No edit but a change of the stage begins a stay anew.",
    answer=(
        *CUT,
        Column("stage", Kind.TEXT, "the stage"),
        Column("ended", Kind.INTEGER, "stays that ended, by another stage or by closing"),
        Column("p50_seconds", Kind.INTEGER, "half of them took no longer (nearest rank)", True),
        Column("p90_seconds", Kind.INTEGER, "nine in ten of them took no longer (nearest rank)", True),
        Column("open", Kind.INTEGER, "opportunities that are in it"),
        Column("open_p50_seconds", Kind.INTEGER, "half of these are there no longer", True),
        Column("oldest_seconds", Kind.INTEGER, "how long the first of these is there", True),
        Column("stage_old", Kind.INTEGER, "of these, those that are there for longer than `p90_seconds`"),
        AS_OF,
        KNOWN_AT,
    ),
    order=(*DIMENSIONS, "stage"),
    groupings=cuts(),
    compute=_ages,
    rests_on=(OPPORTUNITIES,),
)

STAGE_OLD = Computed(
    name="stage-old",
    meaning="Open opportunities that are in their stage for longer than nine in ten of the stays that ended there, the "
    "oldest at the top.",
    answer=(
        Column("opportunity", Kind.TEXT, "opportunity id"),
        Column("owner", Kind.TEXT, "who has it; blank for nobody"),
        Column("stage", Kind.TEXT, "its stage"),
        Column("stage_since", Kind.INSTANT, "when it entered it"),
        Column("age_seconds", Kind.INTEGER, "for how long it is there, completed seconds"),
        Column("p90_seconds", Kind.INTEGER, "nine in ten of the stays that ended took no longer"),
        Column("amount_minor", Kind.INTEGER, "its amount in minor units of its currency"),
        Column("currency", Kind.TEXT, "ISO 4217 code; blank when none was said"),
        AS_OF,
        KNOWN_AT,
    ),
    order=("stage_since", "opportunity"),
    compute=_old,
    rests_on=(OPPORTUNITIES,),
)
