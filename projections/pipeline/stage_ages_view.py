"""The views `stage-ages` and `stage-old`: how long opportunities stay in a stage, and which are there for too long."""

from collections.abc import Iterable, Sequence

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
from projections.pipeline.deal import DIMENSIONS, OPEN
from projections.pipeline.stages import Now, courses, lengths_of, names_by, open_at, slices_at, standings
from projections.pipeline.terms import instant_of, stages_at
from projections.pipeline.velocity import OLD_PERCENT, is_too_old, percentile, too_long
from projections.views.times import instant_text, instant_text_or_none
from projections.views.view import Asked, Cells, Column, Computed, Kind, Query


def _ages(query: Query, asked: Asked) -> list[Cells]:
    at, by = instant_of(query, asked), cut_by(asked)
    if at is None:
        return []
    known = asked.known_at
    every, now = courses(query, at, known), standings(query, at, known)
    slices = names_by(slices_at(query, at, known, by) if by else None, now)
    place = {stage: number for number, stage in enumerate(stages_at(query, at))}
    times = instant_text(at), instant_text_or_none(known)
    rows = list[Cells]()
    for group, names in sorted(slices.items()):
        ended, ages = lengths_of(every.get(name, []) for name in names), _open_ages((now[name] for name in names), at)
        for stage in sorted(ended.keys() | ages.keys(), key=lambda name: (place.get(name, len(place)), name)):
            row = _row(ended.get(stage, []), ages.get(stage, []))
            rows.append((*in_columns(by, group), stage, *row, *times))
    return rows


def _open_ages(every: Iterable[Now], at: int) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for each in every:
        if each.status == OPEN and each.stage_since is not None:
            found.setdefault(each.stage, []).append(at - each.stage_since)
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
    known = asked.known_at
    limits = too_long(lengths_of(courses(query, at, known).values()))
    times = instant_text(at), instant_text_or_none(known)
    found = [
        (since, name, owner, stage, amount, currency)
        for name, owner, stage, since, amount, currency in open_at(query, at, known)
        if since is not None and is_too_old(at - since, stage, limits)
    ]
    return [
        (
            name,
            owner,
            stage,
            instant_text(since),
            _seconds(at - since),
            _seconds(limits[stage]),
            amount,
            currency,
            *times,
        )
        for since, name, owner, stage, amount, currency in sorted(found)
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
