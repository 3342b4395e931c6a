"""Facts about who gets a lead, for the laws: any of them at any time."""

from typing import Any

from hypothesis import strategies as st

from events.routing import LeadAccountAsked, LeadAssigned, LeadOwnerRequested, LeadRequestWithdrawn

_NUMBERS = st.integers(1, 3)
_OWNERS = st.sampled_from(["Radu", "Ines"])

ROUTING_FACTS: st.SearchStrategy[Any] = st.one_of(
    st.builds(LeadAccountAsked, account=st.just("acme"), number=_NUMBERS),
    st.builds(
        LeadOwnerRequested,
        pool=st.just("inbound/nord"),
        number=_NUMBERS,
        rule=st.sampled_from(["fallback", "escalation"]),
        why=st.just("no other rule"),
        clause=st.sampled_from([None, "first_response"]),
    ),
    st.builds(LeadRequestWithdrawn, number=_NUMBERS, reason=st.just("nobody has to act on it")),
    st.builds(
        LeadAssigned,
        owner=_OWNERS,
        rule=st.sampled_from(["territory", "segment", "command"]),
        why=st.just("next in turn"),
        agreement=st.just("inbound"),
        version=st.integers(1, 2),
        cycle=st.integers(1, 2),
        former=st.none() | _OWNERS,
        first_owner=st.none() | _OWNERS,
    ),
)
