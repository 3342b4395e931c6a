"""Histories of several leads that may be one person, for Hypothesis, and what has to be equal about them."""

from typing import Any, NamedTuple

from hypothesis import strategies as st
from msgspec.structs import replace

from events.consent import LeadEnrichmentWithdrawn
from events.fact import Fact
from events.identity import LeadIdentityLinked
from events.instants import HOUR
from events.lead import LeadCaptured, LeadProfileUpdated, LeadTouched
from events.life import LeadConsentChanged
from streams.deciders.lead.engagement import score_now
from streams.deciders.lead.learning import values_of
from streams.deciders.lead.person import Part
from streams.deciders.lead.state import Lead
from tests.support.given import MONDAY, Arrival, Story

ONE = """
agreement: one
version: 1
effective_from: 2020-01-01T00:00:00+00:00
identity: {merge_on: [email, phone, source_id, anonymous_id]}
enrichment:
  precedence: [crm, registry]
  fields: {company.employees: [registry, crm]}
scoring:
  fit:
    - {points: 30, when: {field: company.employees, at_least: 100}}
  engagement:
    groups: {intent: {cap: 60}}
    rules:
      - {points: 25, group: intent, touch: {channel: website}, repeat: {max: 2, per: 7d}}
      - {points: 10, touch: {channel: webinar}}
    decay: {linear: 50%, per: 30d}
  grades: {A: 50, B: 20, C: 0}
qualified_lead:
  demographic: {field: company.employees, at_least: 100}
  behavioural: {score: engagement, at_least: 30}
sales_clauses:
  first_response: {starts_on: captured, stopped_by: {touch: {channel: [call]}}, within: 2d}
"""
"""People are merged under this one, and providers are not equal."""

APART = ONE.replace("identity: {merge_on: [email, phone, source_id, anonymous_id]}\n", "")
"""The same, and nobody is merged."""

LEADS = ["ana", "bob", "cid", "dan"]
END = MONDAY + 20 * 24 * HOUR

_profiles = st.fixed_dictionaries(
    {},
    optional={
        "person.email": st.sampled_from(["x@acme.example", "Y@acme.example", "z@acme.example"]),
        "person.phone": st.sampled_from(["+40214075000", "+40214075001"]),
        "person.title": st.sampled_from(["CEO", "CTO"]),
        "company.employees": st.sampled_from([5, 100, 500]),
    },
)
_touches = st.builds(
    LeadTouched,
    channel=st.sampled_from(["website", "webinar", "call"]),
    kind=st.just("k"),
    direction=st.sampled_from(["inbound", "inbound", "outbound"]),
    click_id=st.sampled_from([None, None, "click"]),
)
_updates = st.builds(
    LeadProfileUpdated,
    profile=_profiles,
    provider=st.sampled_from([None, "crm", "registry", "web"]),
    confidence=st.sampled_from([None, 0.5]),
)
_consents = st.builds(
    LeadConsentChanged, purpose=st.sampled_from(["news", "calls"]), basis=st.just("consent"), granted=st.booleans()
)
_withdrawn = st.builds(LeadEnrichmentWithdrawn, provider=st.sampled_from(["crm", "web"]))
_links = st.builds(LeadIdentityLinked, kind=st.just("anonymous_id"), value=st.sampled_from(["click", "cookie"]))
_captures = st.builds(LeadCaptured, source=st.just("web"), profile=_profiles)
facts: st.SearchStrategy[Fact] = st.one_of(
    _touches, _touches, _updates, _updates, _consents, _withdrawn, _links, _captures
)


@st.composite
def arrivals(draw: st.DrawFn, of: st.SearchStrategy[Fact] = facts) -> Arrival:
    at = MONDAY + draw(st.integers(0, 12)) * HOUR
    late = draw(st.sampled_from([0, 0, HOUR]))
    return Arrival(draw(of), at, at + late, draw(st.sampled_from("123456789")), draw(st.sampled_from(["/a", "/b"])))


def histories(most: int = 6) -> st.SearchStrategy[list[Arrival]]:
    """Arrivals of one lead in the order in which they arrive."""
    return st.lists(arrivals(), max_size=most).map(lambda found: sorted(found, key=lambda one: one.recorded))


def aged(found: list[Arrival]) -> list[Arrival]:
    """A history that says how old its lead is before anything else: the earliest capture first, if there is one."""
    captures = [each for each in found if isinstance(each.fact, LeadCaptured)]
    if not captures:
        return found
    first = min(captures, key=lambda each: each.at)
    return [first._replace(recorded=MONDAY), *(each for each in found if each is not first)]


class Shown(NamedTuple):
    """What a merge changes about a lead and taking it back restores."""

    touches: list[Any]
    profile: dict[str, Any]
    profile_at: dict[str, int]
    values: dict[str, Any]
    consents: dict[str, Any]
    score: Any


def shown(story: Story, at: int = END) -> Shown:
    """What is known of a lead, with its score at an instant."""
    lead = story.live.lead
    agreement = None if lead.agreement is None else story.known.in_force(lead.agreement, at)
    score = None if agreement is None else score_now(story.live, agreement, at)
    return Shown(*own(lead), score)


def own(of: Lead | Part) -> tuple[Any, ...]:
    """History of a lead or a part of one, without what was kept only to compare touches."""
    touches = [replace(touch, source=None) for touch in of.touches]
    values = {name: values_of(of, name) for name in of.profile}
    return touches, of.profile, of.profile_at, values, of.consents
