"""Facts about who is who, for the laws: any of them at any time."""

from typing import Any

from hypothesis import strategies as st

from events.identity import (
    LeadHistoryShared,
    LeadHistoryTakenBack,
    LeadIdentityLinked,
    LeadMatched,
    LeadMerged,
    LeadSuspected,
    LeadUnmerged,
    SharedTouch,
)
from events.shared_life import SharedHandOver, SharedStatus, SharedTurn
from tests.projections.given import minutes

_LEADS = st.sampled_from(["anna", "bob", "eve"])
_KEYS = st.sampled_from(["email:1", "name_at_company:2", "command"])
_THROUGH = st.sampled_from([(), ("bob",), ("eve",)])
_TOUCHES = st.lists(
    st.builds(
        SharedTouch,
        id=st.uuids().map(str),
        at=st.integers(0, 40).map(minutes),
        channel=st.sampled_from(["call", "email"]),
        kind=st.just("dialled"),
        direction=st.sampled_from(["inbound", "outbound"]),
    ),
    max_size=3,
).map(tuple)

_AT = st.integers(0, 40).map(minutes)
_STATUSES = st.builds(
    SharedStatus,
    id=st.sampled_from("abc"),
    source=st.just("/crm"),
    at=_AT,
    status=st.sampled_from(["Open", "Won", "Signed", "Lost", "captured", "converted"]),
)
_TURNS = st.builds(
    SharedTurn, how=st.sampled_from(["converted", "converted", "unconverted", "archived", "reopened"]), at=_AT
)
_HAND_OVERS = st.builds(
    SharedHandOver, agreement=st.just("inbound"), at=_AT, qualified_at=st.none() | _AT, is_over=st.booleans()
)

IDENTITY_FACTS: st.SearchStrategy[Any] = st.one_of(
    st.builds(LeadIdentityLinked, kind=st.just("email"), value=st.just("anna@acme.example")),
    st.builds(LeadSuspected, other=_LEADS, key=_KEYS),
    st.builds(LeadMerged, into=_LEADS, key=_KEYS),
    st.builds(LeadUnmerged, lead=_LEADS, into=_LEADS, by=st.just("Radu")),
    st.builds(
        LeadHistoryShared,
        lead=_LEADS,
        into=_LEADS,
        through=_THROUGH,
        begins=st.booleans(),
        touches=_TOUCHES,
        statuses=st.lists(_STATUSES, max_size=2).map(tuple),
        turns=st.lists(_TURNS, max_size=3).map(tuple),
        handed_over=st.lists(_HAND_OVERS, max_size=1).map(tuple),
    ),
    st.builds(LeadHistoryTakenBack, lead=_LEADS, into=_LEADS, through=_LEADS),
    st.builds(LeadMatched, account=st.just("acme"), how=st.just("domain"), confidence=st.integers(0, 100)),
)
