"""What a merged lead tells the lead for which it counts: its history in pieces, then each new fact."""

from collections.abc import Iterator, Sequence
from itertools import chain, groupby
from typing import Any, cast

import msgspec

from events.consent import LeadEnrichmentWithdrawn
from events.envelope import Envelope
from events.fact import PROFILE_FIELDS, Fact
from events.identity import (
    LeadHistoryShared,
    SharedConsent,
    SharedProfile,
    SharedTouch,
    SharedWithdrawal,
)
from events.instants import from_us
from events.lead import LeadCaptured, LeadProfileUpdated, LeadTouched
from events.life import LeadConsentChanged
from events.shared_life import SharedStatus, SharedTurn
from streams.deciders.lead.entries import Touch
from streams.deciders.lead.learning import provider_bytes, values_of
from streams.deciders.lead.living import hand_over_of, life_of, lived
from streams.deciders.lead.person import Consent, Part, Sourced
from streams.deciders.lead.state import Lead

PIECE_BYTES = 24_000
"""A piece is about so large at most: the other lead has to find room for three times as much."""

Entry = SharedTouch | SharedProfile | SharedConsent | SharedWithdrawal | SharedStatus | SharedTurn
_FIELD: dict[type[Any], str] = {
    SharedTouch: "touches", SharedProfile: "profiles", SharedConsent: "consents", SharedWithdrawal: "withdrawals",
    SharedStatus: "statuses", SharedTurn: "turns",
}  # fmt: skip
_size = msgspec.json.Encoder().encode


def whole(
    of: Lead | Part, life: Lead | Part, lead: str, into: str, captured_at: int | None, *, through: tuple[str, ...] = ()
) -> Iterator[LeadHistoryShared]:
    """A whole history in pieces, at least one; the life in front, for what it closes is closed from the first on.

    Args:
        of: whose.
        life: where its life is kept.
        lead: its id.
        into: who is told.
        captured_at: when it was captured, microseconds; None of a stub.
        through: the leads that handed it on.
    """
    instant, begins = None if captured_at is None else from_us(captured_at), True
    handed_over = hand_over_of(life)
    for entries in _pieces(chain(life_of(life), _entries(of))):
        yield LeadHistoryShared(
            lead=lead, into=into, through=through, begins=begins, captured_at=instant, handed_over=handed_over,
            **_by_field(entries),
        )  # fmt: skip
        begins, handed_over = False, ()


def news(lead: Lead, name: str, into: str, envelope: Envelope, at: int) -> LeadHistoryShared | None:
    """What a new fact of a merged lead adds to its history; None of a fact that is no part of it."""
    entry = _entry_of(lead, envelope, at)
    if entry is None or not (entry or isinstance(envelope.data, LeadCaptured)):
        return None
    captured_at = None if lead.captured_at is None else from_us(lead.captured_at)
    return LeadHistoryShared(lead=name, into=into, captured_at=captured_at, **_by_field(entry))


def _entry_of(lead: Lead, envelope: Envelope, at: int) -> Sequence[Entry] | None:
    fact: Fact = envelope.data
    instant = from_us(at)
    match fact:
        case LeadTouched():
            return [
                SharedTouch(
                    id=envelope.id, at=instant, channel=fact.channel, kind=fact.kind, direction=fact.direction,
                    side=fact.side, asset=fact.asset, campaign=fact.campaign, source=envelope.source,
                )
            ]  # fmt: skip
        case LeadCaptured():
            return [SharedProfile(profile=fact.profile, at=instant)] if fact.profile else []
        case LeadProfileUpdated():
            values = {
                name: [Sourced(value, fact.provider or "", at, (fact.ranks or {}).get(name), fact.confidence)]
                for name, value in fact.profile.items()
            }
            return list(_profiles(values))
        case LeadConsentChanged():
            consent = Consent(at, fact.granted, fact.basis, fact.source or None, fact.text_version)
            return [_consent(fact.purpose, consent)]
        case LeadEnrichmentWithdrawn():
            return [SharedWithdrawal(provider=fact.provider, at=instant)]
        case _:
            return lived(lead, envelope, at)


def _entries(of: Lead | Part) -> Iterator[Entry]:
    """What was withdrawn first, so that what a provider told since is taken."""
    for provider, at in of.withdrawn.items():
        yield SharedWithdrawal(provider=provider, at=from_us(at))
    yield from _profiles({name: values_of(of, name) for name in of.profile})
    for purpose, consent in of.consents.items():
        yield _consent(purpose, consent)
    for touch in of.touches:
        yield _touch(touch)


def _profiles(values: dict[str, list[Sourced]]) -> Iterator[SharedProfile]:
    """Values put together by who told them when.

    All values of a field keep their order, because at one instant the one told later holds: those told first of each
    field go before those told second, and so on.
    """
    told = [
        (place, each.provider, each.at, -1 if each.rank is None else each.rank, each.confidence or -1.0, name, each)
        for name, found in values.items()
        for place, each in enumerate(found)
    ]
    told.sort(key=lambda each: each[:5])
    for _, group in groupby(told, key=lambda each: each[:5]):
        members = list(group)
        one = members[0][-1]
        profile = {name: each.value for *_, name, each in members}
        yield SharedProfile(
            profile=profile, at=from_us(one.at), provider=one.provider, rank=one.rank, confidence=one.confidence
        )


def _touch(touch: Touch) -> SharedTouch:
    return SharedTouch(
        id=touch.id, at=from_us(touch.at), channel=touch.channel, kind=touch.kind, direction=touch.direction,
        side=touch.side, asset=touch.asset, campaign=touch.campaign, source=touch.source,
    )  # fmt: skip


def _consent(purpose: str, consent: Consent) -> SharedConsent:
    return SharedConsent(
        purpose=purpose, granted=consent.granted, at=from_us(consent.at), basis=consent.basis, source=consent.source,
        text_version=consent.text_version,
    )  # fmt: skip


def _pieces(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    """Entries in order, together as long as they fit; one empty piece where there are none."""
    piece: list[Entry] = []
    size = 0
    for entry in entries:
        for part in _cut(entry):
            length = _weight(part)
            if piece and size + length > PIECE_BYTES:
                yield piece
                piece, size = [], 0
            piece.append(part)
            size += length
    yield piece


def _cut(entry: Entry) -> Iterator[Entry]:
    """A profile of more fields than a fact holds, or with long texts in it, in several; each field alone at worst."""
    if not isinstance(entry, SharedProfile) or len(entry.profile) <= 1:
        yield entry
        return
    if len(entry.profile) <= PROFILE_FIELDS and _weight(entry) <= PIECE_BYTES:
        yield entry
        return
    names = list(entry.profile)
    for half in (names[: len(names) // 2], names[len(names) // 2 :]):
        yield from _cut(msgspec.structs.replace(entry, profile={name: entry.profile[name] for name in half}))


def _weight(entry: Entry) -> int:
    """Bytes, with the provider's name once for each field, as the other lead keeps it."""
    repeated = provider_bytes(entry.provider, entry.profile) if isinstance(entry, SharedProfile) else 0
    return len(_size(entry)) + repeated


def _by_field(entries: Sequence[Entry]) -> dict[str, Any]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(_FIELD[type(entry)], []).append(entry)
    return {name: tuple(cast("list[Any]", each)) for name, each in found.items()}
