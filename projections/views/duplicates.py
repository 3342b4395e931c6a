"""`duplicates`: leads that may be one person, and leads that are one by now; one row a pair."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from events.envelope import Envelope
from events.fact import Fact
from events.identity import LeadMerged, LeadSuspected, LeadUnmerged
from events.instants import to_us
from events.lead import LeadCaptured
from projections.views.times import instant_text, instant_text_or_none
from projections.views.view import Cells, Column, Detail, Handler, Kind

_WORDS = {
    "email": "the same e-mail address",
    "phone": "the same phone number",
    "source_id": "the same record in another system",
    "anonymous_id": "the same browser or click",
    "name_at_company": "the same name at the same company",
    "command": "a person says so",
}


class Pair(Struct, frozen=True, gc=False, array_like=True):
    """What is known of the lead and another one; instants in microseconds. `key` is its kind alone."""

    other: str
    state: str
    key: str
    since: int
    by: str | None = None
    unmerged_at: int | None = None
    unmerged_by: str | None = None
    reason: str | None = None


class Pairs(Struct, frozen=True, gc=False, array_like=True):
    """Base row: the pairs of a lead, as they were told first."""

    is_test: bool = False
    pairs: tuple[Pair, ...] = ()


def _captured(row: Pairs, fact: LeadCaptured, _: Envelope) -> Pairs:
    return replace(row, is_test=True) if fact.is_test and not row.is_test else row


def _find(row: Pairs, other: str) -> Pair | None:
    return next((each for each in row.pairs if each.other == other), None)


def _put(row: Pairs, new: Pair) -> Pairs:
    if _find(row, new.other) is None:
        return replace(row, pairs=(*row.pairs, new))
    return replace(row, pairs=tuple(new if each.other == new.other else each for each in row.pairs))


def _suspected(row: Pairs, fact: LeadSuspected, envelope: Envelope) -> Pairs:
    if _find(row, fact.other) is not None:
        return row
    return _put(row, Pair(fact.other, "suspected", _kind(fact.key), to_us(envelope.time)))


def _merged(row: Pairs, fact: LeadMerged, envelope: Envelope) -> Pairs:
    return _put(row, Pair(fact.into, "merged", _kind(fact.key), to_us(envelope.time), by=fact.by))


def _unmerged(row: Pairs, fact: LeadUnmerged, envelope: Envelope) -> Pairs:
    """Told to both of them; the pair is the merged one's."""
    old = _find(row, fact.into) if fact.lead == envelope.subject else None
    if old is None:
        return row
    at = to_us(envelope.time)
    return _put(row, replace(old, state="unmerged", unmerged_at=at, unmerged_by=fact.by, reason=fact.reason))


def _kind(key: str) -> str:
    """The kind of a key; the rest of it is a hash that says nothing to people."""
    return key.partition(":")[0]


_ON: dict[type[Fact], Handler[Pairs]] = {
    LeadCaptured: _captured,
    LeadSuspected: _suspected,
    LeadMerged: _merged,
    LeadUnmerged: _unmerged,
}


def _entries(row: Pairs) -> dict[Cells, Any]:
    return {} if row.is_test else {(pair.other,): pair for pair in row.pairs}


def _render(lead: str, identity: Cells, pair: Pair) -> Cells:
    return (
        lead,
        *identity,
        pair.state,
        pair.key,
        _WORDS.get(pair.key, pair.key),
        "weak" if pair.key == "name_at_company" else "exact",
        instant_text(pair.since),
        pair.by,
        instant_text_or_none(pair.unmerged_at),
        pair.unmerged_by,
        pair.reason,
    )


_COLUMNS = (
    Column("lead", Kind.TEXT, "lead id; of a merged pair, the younger one"),
    Column("other", Kind.TEXT, "the other lead; of a merged pair, the older one, which counts for both"),
    Column("state", Kind.TEXT, "suspected (a person has to say), merged or unmerged (two again, for good)"),
    Column("key", Kind.TEXT, "kind of what they have in common: email, phone, source_id, anonymous_id, ..."),
    Column("why", Kind.TEXT, "the same in words"),
    Column("confidence", Kind.TEXT, "exact: the key names one person; weak: two may well share it"),
    Column("since", Kind.INSTANT, "when they were suspected or merged"),
    Column("merged_by", Kind.TEXT, "who said that they are one, where a person did", True),
    Column("unmerged_at", Kind.INSTANT, "when they were parted", True),
    Column("unmerged_by", Kind.TEXT, "who parted them", True),
    Column("reason", Kind.TEXT, "why they were parted, in words", True),
)

DUPLICATES = Detail(
    name="duplicates",
    version=1,
    meaning="Leads that may be one person, to be reviewed, at the top; and leads that are one by now, by which key.",
    initial=Pairs(),
    on=_ON,
    columns=_COLUMNS,
    key=2,
    answer=_COLUMNS,
    order=("place", "since", "lead", "other"),
    indexes=(("state", "since"), ("other",)),
    entries=_entries,
    render=_render,
)
