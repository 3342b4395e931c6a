"""Reads the matrix that a council freezes: as known at an instant that is final, so that it never changes."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from events.council import DIMENSIONS, MOST_CELLS, Colour, ConveneCouncil, CouncilCell, week_of
from events.instants import MINUTE, from_us, iso
from leadstream.finality import Finality
from projections.catalogue import OF_COUNCILS, OF_LEADS, OF_OPPORTUNITIES
from projections.pipeline.asking import cuts
from projections.pipeline.quarters import local_day, quarter_named, quarter_of
from projections.pipeline.terms import terms_at
from projections.read import completeness_of, read_view
from projections.stores.port import ViewStore
from projections.upgrading import upgrading
from projections.views.times import us_of_text
from projections.views.view import BadQuery, Cell

_TOLD = (
    "measure", "amount_minor", "target_minor", "coverage", "required_coverage", "last_year_minor", "restated_minor",
)  # fmt: skip
RESTS_ON = (OF_LEADS, OF_OPPORTUNITIES, OF_COUNCILS)
"""Whose rows have to be complete: leads' too, whose conversions open opportunities at the time they were recorded."""
_LONGEST = 4096
"""Characters of a text that a fact takes."""
CUTS = cuts(DIMENSIONS)
"""By what a council can cut its matrix."""


_LONG = MINUTE
"""Tasks with nothing to do write down their time every few seconds, each at its own: this is longer, microseconds."""


class NotFinal(Exception):
    """Not all is known yet that was recorded up to the instant, or views are being rebuilt; the message says it."""


def convening(
    store: ViewStore, known: Finality, *, by: str, known_at: int | None, quarter: str | None, cut_by: Sequence[str]
) -> ConveneCouncil:
    """The command that freezes the matrix.

    Args:
        store: the tables, brought up to date.
        known: up to when they hold all that can be recorded, by `finality_of` these tables and `RESTS_ON`.
        by: who convenes.
        known_at: the instant, microseconds; None: the last one that is final.
        quarter: which one; None: that of the instant.
        cut_by: how it is cut besides the total, such as `region` or `region+segment`. A dimension of which nothing is
            said anywhere is left out: it would only repeat the total.

    Raises:
        NotFinal: time has not passed the instant in every partition, or something of before is still under way.
        BadQuery: the quarter or a cut is none, the matrix cannot be told in one currency, or it is too large.
    """
    now = upgrading(store)
    if now is not None:  # what is frozen stays, so it must not be of a definition that goes
        raise NotFinal(f"changed views are being rebuilt: {now}")
    complete = _complete(store)
    if complete is None:
        raise NotFinal("no view of the pipeline is complete yet: not every partition has reported")
    final = min(complete, known.before)
    at = max(final - 1, 0) if known_at is None else known_at
    if at >= complete:
        raise NotFinal(f"{iso(at)} is not final: the views are complete to {iso(complete)}")
    if at >= final:
        raise NotFinal(f"{iso(at)} is not final: {known.against(at)}")
    terms = terms_at(store.query, at, at)
    day = local_day(at, terms.zone)
    try:
        asked = quarter_of(day, terms.begins) if quarter is None else quarter_named(quarter, terms.begins)
    except ValueError as exc:
        raise BadQuery(f"--quarter: {exc}") from exc
    matrices = [_matrix(store, asked.name, at, cut) for cut in (None, *dict.fromkeys(cut_by))]
    cells = [_cell(row) for rows in matrices for row in rows]
    if len(cells) > MOST_CELLS:
        raise BadQuery(f"the matrix has {len(cells)} cells, a council takes {MOST_CELLS}; cut it by less (--cut)")
    return ConveneCouncil(
        week=week_of(day),
        quarter=asked.name,
        known_at=from_us(at),
        complete_to=from_us(final),
        timezone=terms.zone.key,
        day=min(max((day - asked.first).days + 1, 0), asked.days),
        days=asked.days,
        currency=terms.rates.reporting,
        cells=tuple(cells),
        by=by,
        left_out=next((str(row["left_out"])[:_LONGEST] for row in matrices[0] if row["left_out"]), ""),
    )


def held_back(store: ViewStore, known: Finality) -> str:
    """What is outstanding, in words, where the last final instant is long before what the views are complete to."""
    complete = _complete(store)
    return known.against(known.before) if complete is not None and known.before < complete - _LONG else ""


def _complete(store: ViewStore) -> int | None:
    return us_of_text(completeness_of(store, [each.completeness for each in RESTS_ON]))


def _matrix(store: ViewStore, quarter: str, at: int, cut: str | None) -> Sequence[Mapping[str, Cell]]:
    rows = read_view(store, "matrix", {"quarter": quarter}, cut, times={"as_of": at, "known_at": at})
    return rows if cut is None or _says_something(rows, cut.split("+")) else ()


def _cell(row: Mapping[str, Any]) -> CouncilCell:
    told: Mapping[str, Any] = {name: row[name] for name in (*DIMENSIONS, *_TOLD)}
    return CouncilCell(**told, colour=cast("Colour | None", row["colour"] or None))


def _says_something(rows: Sequence[Mapping[str, Cell]], dimensions: Sequence[str]) -> bool:
    """Whether each dimension has a value somewhere."""
    return all(any(row[name] for row in rows) for name in dimensions)
