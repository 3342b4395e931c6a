"""How the features of a lead become known; they are bounded, however long its story is."""

from bisect import bisect_right
from collections.abc import Iterable

from msgspec.structs import replace

from projections.predicting.features import CAMPAIGN, CHANNEL, FORM, SOURCE, STAGE
from projections.views.prospect_row import Known, Prospect

_FIRST = frozenset({SOURCE, CAMPAIGN, FORM, CHANNEL})
"""Of these the earliest value holds; of all others the latest."""

_OWN = _FIRST | {STAGE}
"""Those that no profile says; there is always room for them."""

FIELDS = 100
"""Fields of the profile that are features of one lead: those that became known first."""

VALUES = 8
"""Values of a field that are kept, the latest ones; an older one is only asked for by a decision told that late."""


def know(row: Prospect, told: Iterable[tuple[str, str | None]], at: int, by: tuple[str, str] = ("", "")) -> Prospect:
    """Add features; a repetition of what held then adds nothing."""
    known: dict[str, tuple[Known, ...]] | None = None
    for field, value in told:
        if not value:
            continue
        all_known = row.known if known is None else known
        values = all_known.get(field, ())
        if not values and field not in _OWN and len(all_known) - len(_OWN & all_known.keys()) >= FIELDS:
            continue
        new = _with_value(values, Known(value, at, by), first=field in _FIRST)
        if new is values:
            continue
        if known is None:
            known = dict(row.known)
        known[field] = new
    return row if known is None else replace(row, known=known)


def _with_value(values: tuple[Known, ...], new: Known, *, first: bool) -> tuple[Known, ...]:
    """The values of a field with one more in its place, the same ones when that changes nothing."""
    if first:
        return values if values and values[0].at <= new.at else (new,)
    order = (new.at, new.by)
    place = bisect_right(values, order, key=lambda each: (each.at, each.by))
    held = values[place - 1] if place else None
    if held is None:
        return values if len(values) == VALUES else (new, *values)
    if held.value == new.value:
        return values
    kept = values[: place - 1] if (held.at, held.by) == order else values[:place]
    return (*kept, new, *values[place:])[-VALUES:]
