"""Reads the matrix that a council freezes: as known at an instant that is final, so that it never changes."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from events.council import (
    DIMENSIONS,
    MOST_CELLS,
    Colour,
    ConveneCouncil,
    CouncilCell,
    CouncilConvened,
    cell_key,
    wants_attention,
    week_of,
)
from events.instants import MINUTE, from_us, iso, to_us
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
    store: ViewStore,
    known: Finality,
    *,
    by: str,
    known_at: int | None,
    quarter: str | None,
    cut_by: Sequence[str],
    met: Sequence[CouncilConvened] = (),
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
        met: the meetings of the council. Where the last one before the instant was about another quarter, what has
            become of its red and yellow cells is read too.

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
    former = _former(met, asked.name, at)
    became = () if former is None else _became(store, former, at)
    if len(cells) + len(became) > MOST_CELLS:
        followed = f", the meeting before {len(became)} to follow" if became else ""
        raise BadQuery(
            f"the matrix has {len(cells)} cells{followed}; a council takes {MOST_CELLS}: cut it by less (--cut region, "
            "for example)"
        )
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
        former_quarter=None if former is None else former.quarter,
        former_cells=became,
        by=by,
        left_out=next((str(row["left_out"])[:_LONGEST] for row in matrices[0] if row["left_out"]), ""),
    )


def held_back(store: ViewStore, known: Finality) -> str:
    """What is outstanding, in words, where the last final instant is long before what the views are complete to."""
    complete = _complete(store)
    return known.against(known.before) if complete is not None and known.before < complete - _LONG else ""


def _complete(store: ViewStore) -> int | None:
    return us_of_text(completeness_of(store, [each.completeness for each in RESTS_ON]))


def _former(met: Sequence[CouncilConvened], quarter: str, at: int) -> CouncilConvened | None:
    """The meeting before, where it was about another quarter: this matrix does not tell what became of it."""
    before = max((each for each in met if to_us(each.known_at) < at), key=lambda each: each.known_at, default=None)
    return None if before is None or before.quarter == quarter else before


def _became(store: ViewStore, former: CouncilConvened, at: int) -> tuple[CouncilCell, ...]:
    watched = [cell_key(cell) for cell in former.cells if wants_attention(cell)]
    cut = {
        "+".join(name for name, value in zip(DIMENSIONS, key[1:], strict=True) if value is not None) for key in watched
    }
    rows = [row for each in sorted(cut) for row in _rows(store, former.quarter, at, each or None)]
    now = {cell_key(cell): cell for cell in map(_cell, rows)}
    return tuple(now[key] for key in watched if key in now)


def _matrix(store: ViewStore, quarter: str, at: int, cut: str | None) -> Sequence[Mapping[str, Cell]]:
    rows = _rows(store, quarter, at, cut)
    return rows if cut is None or _says_something(rows, cut.split("+")) else ()


def _rows(store: ViewStore, quarter: str, at: int, cut: str | None) -> Sequence[Mapping[str, Cell]]:
    return read_view(store, "matrix", {"quarter": quarter}, cut, times={"as_of": at, "known_at": at})


def _cell(row: Mapping[str, Any]) -> CouncilCell:
    told: Mapping[str, Any] = {name: row[name] for name in (*DIMENSIONS, *_TOLD)}
    return CouncilCell(**told, colour=cast("Colour | None", row["colour"] or None))


def _says_something(rows: Sequence[Mapping[str, Cell]], dimensions: Sequence[str]) -> bool:
    """Whether each dimension has a value somewhere."""
    return all(any(row[name] for row in rows) for name in dimensions)
