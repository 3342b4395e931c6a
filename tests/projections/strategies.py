"""Histories for the laws: valid facts in any order, also orders no decider would write."""

from typing import Any

from hypothesis import strategies as st

from events.envelope import Envelope
from events.lead import (
    LeadArchived,
    LeadCaptured,
    LeadConverted,
    LeadHandedOver,
    LeadProfileUpdated,
    LeadScored,
    LeadStatusChanged,
    LeadTouched,
)
from events.sla import (
    SlaAnswered,
    SlaBreached,
    SlaBreachRetracted,
    SlaCancelled,
    SlaEscalated,
    SlaMet,
    SlaPaused,
    SlaResumed,
    SlaRevised,
    SlaStarted,
)
from tests.projections.given import clock, minutes, told
from tests.projections.lives import LIFE_FACTS
from tests.projections.merges import IDENTITY_FACTS
from tests.projections.ways import ROUTING_FACTS

AGREEMENTS = {"inbound": ("Open", "Won"), "partners": ("Signed", "Open", "converted")}
LEADS = ("anna", "bob", "eve", "zoë")
TIMES = st.integers(0, 40)
VERDICTS = st.sampled_from(["open", "met", "breached", "cancelled"])
NOT_BREACHED = st.sampled_from(["open", "met", "cancelled"])


def _clock(kind: Any, **details: Any) -> st.SearchStrategy[Any]:
    return st.builds(
        lambda due, **fields: clock(kind, due=due, **fields),
        due=st.none() | TIMES,
        clause=st.sampled_from(["first_response", "effort"]),
        version=st.integers(1, 2),
        cycle=st.integers(1, 2),
        **details,
    )


PROFILES = st.fixed_dictionaries(
    {},
    optional={
        "company.name": st.sampled_from(["Acme SRL", "ACME", "Zoë & Co", ""]),
        "company.domain": st.sampled_from(["acme.example", "Zoe.example"]),
        "company.country": st.sampled_from(["RO", "MD", "FR"]),
        "company.employees": st.sampled_from([3, 5, 100]),
    },
)
ANSWERED = TIMES.map(minutes)
WORKED = st.none() | st.integers(0, 10**10)
FACTS: st.SearchStrategy[Any] = st.one_of(
    ROUTING_FACTS,
    LIFE_FACTS,
    IDENTITY_FACTS,
    st.builds(
        LeadCaptured,
        source=st.sampled_from(["", "unknown", "web"]),
        agreement=st.sampled_from([None, *AGREEMENTS]),
        is_test=st.sampled_from([False] * 9 + [True]),
        profile=PROFILES,
    ),
    st.builds(LeadProfileUpdated, profile=PROFILES),
    st.builds(
        LeadScored,
        score=st.integers(0, 100),
        fit=st.just(0),
        engagement=st.just(0),
        grade=st.just("-"),
        agreement=st.sampled_from([*AGREEMENTS]),
        version=st.integers(1, 2),
        cause=st.just("touch"),
    ),
    st.builds(
        LeadTouched,
        channel=st.just("call"),
        kind=st.just("dialled"),
        direction=st.sampled_from(["inbound", "outbound"]),
        side=st.sampled_from(["sales", "marketing"]),
    ),
    st.builds(LeadStatusChanged, status=st.sampled_from(["Open", "Won", "Signed", "Lost", "captured", "converted"])),
    st.just(LeadConverted()),
    st.just(LeadArchived(reason="untouched")),
    st.builds(
        LeadHandedOver,
        agreement=st.sampled_from([*AGREEMENTS]),
        version=st.just(1),
        cycle=st.just(1),
        owner=st.sampled_from([None, "Radu"]),
    ),
    _clock(SlaStarted, target=st.just("30m"), asks=st.sampled_from(["", "call"])),
    _clock(SlaMet, answered_at=ANSWERED, worked_us=WORKED),
    _clock(SlaBreached),
    _clock(SlaAnswered, answered_at=ANSWERED, late_by_us=st.integers(0, 10**9), worked_us=WORKED),
    _clock(SlaCancelled, reason=st.just("Lost")),
    _clock(SlaPaused, status=st.just("Lost"), revision=st.just(1)),
    _clock(SlaResumed, status=st.just("Open"), revision=st.just(1)),
    _clock(SlaEscalated, level=st.integers(1, 2), after=st.just("1h"), to=st.just("manager")),
    _clock(SlaRevised, revision=st.just(1), was=VERDICTS, now=VERDICTS, answered_at=st.none() | ANSWERED),
    _clock(SlaBreachRetracted, revision=st.just(1), now=NOT_BREACHED, answered_at=st.none() | ANSWERED),
)


@st.composite
def histories(draw: st.DrawFn, max_size: int = 40) -> list[Envelope]:
    """Facts of a few leads, in the order of the log; what is recorded never goes back."""
    drawn = draw(st.lists(st.tuples(st.sampled_from(LEADS), FACTS, TIMES), max_size=max_size))
    return [
        told(fact, at + n / 1000, lead=lead, recorded=100 + n, id=f"fact-{n}")
        for n, (lead, fact, at) in enumerate(drawn)
    ]
