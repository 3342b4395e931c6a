"""Histories of a lead for Hypothesis: coarse times, so that things fall on one instant, and now and then wild ones."""

from typing import Any

import msgspec
from hypothesis import strategies as st

from events.commands import AcceptLead, ConvertLead, HandOverLead, RecycleLead, RejectLead, UnconvertLead
from events.fact import Fact
from events.instants import DAY, HOUR, MINUTE, from_us, to_us
from events.lead import LeadCaptured, LeadConverted, LeadProfileUpdated, LeadStatusChanged, LeadTouched
from events.life import LeadUnconverted
from events.registry import LEAD_COMMANDS, UPSTREAM, WIRE_TYPE
from events.work import TaskCreated, TaskDone
from tests.support.facts import characters, envelopes
from tests.support.given import MONDAY, Arrival

RICH = """
agreement: rich
version: 1
effective_from: 1980-01-01T00:00:00+00:00
calendars:
  sales:
    timezone: Europe/Bucharest
    hours: {mon: [["09:00", "12:30"], ["13:30", "18:00"]], tue: [["09:00", "18:00"]], sat: [["22:00", "24:00"]]}
    holidays: [2026-01-06]
statuses:
  Contacted: {means: working}
  Nurturing: {means: nurturing}
  Unqualified: {means: unqualified}
  Warming: {means: nurturing, on_enter: {request_nurture: drip}}
  Won: {means: converted}
  Shelved: {means: archived}
scoring:
  fit:
    - {points: 30, when: {field: company.employees, at_least: 100}}
    - {points: -70, when: {field: person.title, matches: "(?i)stud"}}
  engagement:
    groups: {intent: {cap: 60}}
    rules:
      - {points: 40, group: intent, touch: {channel: website}, repeat: {max: 2, per: 7d}, buying_signal: Looked}
      - {points: 25, group: intent, touch: {channel: webinar}, repeat: once}
      - {points: -5, touch: {channel: email}}
    decay: {linear: 50%, per: 2d}
  grades: {A: 50, B: 20, C: 0}
qualified_lead:
  demographic: {field: company.employees, at_least: 100}
  behavioural: {any: [{score: engagement, at_least: 40}, {answer: contact_me, equals: true}]}
sales_clauses:
  first_response:
    {starts_on: captured, stopped_by: {touch: {channel: [call, email]}}, within: 2h, calendar: sales, warn_at: 80%,
     paused_in: [Nurturing], escalate: [{after: 30m, to: manager}, {after: 1d, do: reassign}, {after: 3h, to: boss}]}
  day: {starts_on: captured, stopped_by: {touch: {}}, within: 1d, paused_in: [Nurturing, Contacted],
        escalate: [{after: 1h, to: manager}]}
  effort: {starts_on: captured, needs: [{channel: call, count: 2}, {channel: email, count: 1}], within: 2d,
           paused_in: [Nurturing], escalate: [{after: 1d, to: manager, do: reassign}]}
  call: {starts_on: handed_over, stopped_by: {touch: {channel: call}}, within: 2d, calendar: sales, warn_at: 50%}
  status_update: {starts_on: handed_over, stopped_by: {status_changed: true}, within: 1h}
marketing_clauses:
  hand_over: {starts_on: qualified, stopped_by: handed_over, within: 1h, escalate: [{after: 2h, to: director}]}
  mailing: {starts_on: captured, stopped_by: {touch: {}}, within: 3h}
late_facts_accepted: 400d
archive: {or_untouched_for: 9d}
"""
"""Nearly everything that can happen to a lead can happen under this one. It is patient with late facts."""

NEXT = (
    RICH.replace("version: 1", "version: 2")
    .replace("1980-01-01", "2026-01-08")
    .replace("points: 40", "points: 22")
    .replace("within: 2h", "within: 5h")
    .replace("Unqualified: {means: unqualified}", "Unqualified: {means: working}")
)
"""A second version, from Thursday on, in which a status means something else."""

LARGE = (
    RICH.replace("agreement: rich", "agreement: large")
    .replace("scoring:", "applies_to: {field: company.country, equals: RO}\npriority: 3\nscoring:")
    .replace("late_facts_accepted: 400d", "hand_over: manual\nlate_facts_accepted: 1h")
)
"""For some leads: with hardly any patience, and handed over by hand."""

STATUSES = ["Contacted", "Nurturing", "Warming", "Unqualified", "Won", "Shelved", "unheard of"]
SPAN = 12 * DAY
_PROFILE: dict[str, Any] = {
    "company.employees": st.sampled_from([5, 100, "many"]),
    "company.country": st.sampled_from(["RO", "FR"]),
    "person.title": st.sampled_from(["Student", "CEO"]),
    "answers.contact_me": st.booleans(),
    "answers.budget": st.sampled_from([0, 5000]),
}
profiles = st.fixed_dictionaries({}, optional=_PROFILE)
touches = st.builds(
    LeadTouched,
    channel=st.sampled_from(["website", "webinar", "email", "call"]),
    kind=st.just("k"),
    direction=st.sampled_from(["inbound", "outbound"]),
    side=st.sampled_from(["sales", "marketing"]),
)
REASONS = [None, None, "no_budget", "no_authority", "not_in_profile", "something else"]
statuses = st.builds(LeadStatusChanged, status=st.sampled_from(STATUSES), reason=st.sampled_from(REASONS))
captures = st.builds(LeadCaptured, source=st.sampled_from(["web", "fair"]), profile=profiles)
updates = st.builds(LeadProfileUpdated, profile=profiles)
conversions = st.one_of(
    st.builds(LeadConverted, account=st.sampled_from([None, "A-1"]), group=st.sampled_from([None, "g"])),
    st.builds(LeadUnconverted),
)
tasks = st.one_of(
    st.builds(
        TaskCreated,
        task=st.sampled_from("ab"),
        title=st.sampled_from(["Call", "Write"]),
        remind_at=st.one_of(st.none(), st.integers(0, 12 * 24).map(lambda hour: from_us(MONDAY + hour * HOUR))),
    ),
    st.builds(TaskDone, task=st.sampled_from("ab")),
)
commands = st.one_of(
    st.builds(HandOverLead, by=st.just("Desk")),
    st.builds(AcceptLead, by=st.just("Ines")),
    st.builds(RejectLead, by=st.just("Ines"), reason=st.sampled_from(["no_budget", "not_in_profile", "wrong number"])),
    st.builds(RecycleLead, by=st.just("Ines"), reason=st.just("not now")),
    st.builds(ConvertLead, by=st.just("Ines"), group=st.sampled_from([None, "g"])),
    st.builds(UnconvertLead, by=st.just("Ines")),
)
facts: st.SearchStrategy[Fact] = st.one_of(touches, touches, statuses, captures, updates, conversions, tasks, commands)
offsets = st.one_of(
    st.integers(0, SPAN // HOUR).map(lambda hour: hour * HOUR),
    st.integers(0, SPAN // MINUTE).map(lambda minute: minute * MINUTE),
    st.integers(0, SPAN),
)
delays = st.one_of(st.just(0), st.just(0), offsets)


@st.composite
def arrivals(draw: st.DrawFn, of: st.SearchStrategy[Fact] = facts) -> Arrival:
    at = MONDAY + draw(offsets)
    fact_id = draw(st.one_of(st.integers(0, 9).map(str), st.text(characters, min_size=1, max_size=5)))
    source = draw(st.sampled_from(["/forms", "/crm"]))
    fact = draw(of)
    if type(fact) in LEAD_COMMANDS:  # who sends both gives them different ids
        return Arrival(fact, at, at, fact_id, "/desk")
    return Arrival(fact, at, at + draw(delays), fact_id, source)


def histories(of: st.SearchStrategy[Fact] = facts, most: int = 12) -> st.SearchStrategy[list[Arrival]]:
    """Arrivals in the order in which they arrive."""
    return st.lists(arrivals(of), max_size=most).map(lambda found: sorted(found, key=lambda one: one.recorded))


UPSTREAM_TYPES = sorted(WIRE_TYPE[kind] for kind in UPSTREAM)


@st.composite
def wild(draw: st.DrawFn) -> Arrival:
    """Any valid fact from upstream, of any time from 1970 to 2200, recorded up to ten years later."""
    envelope = draw(st.sampled_from(UPSTREAM_TYPES).flatmap(envelopes))
    at = to_us(envelope.time)
    recorded = at + draw(st.sampled_from([0, 0, 1, DAY, 3650 * DAY]))
    short = msgspec.structs.replace(envelope, id=envelope.id[:256])
    return Arrival(short.data, at, recorded, short.id, short.source)
