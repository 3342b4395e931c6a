"""What is asked at every fact is what the lead's own properties say, by itself and with others that count for it."""

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from streams.deciders.lead.alone import closings_of, last_at, statuses_of, warmed_for
from streams.deciders.lead.closings import Closing
from streams.deciders.lead.entries import StatusEntry, Waiting
from streams.deciders.lead.person import Part, Person
from streams.deciders.lead.state import Lead

instants = st.integers(0, 20)
waitings = st.none() | st.builds(Waiting, instants, st.just("calm"), st.just("no_need"), st.just("Open"), st.just({}))
statuses = st.lists(
    st.builds(StatusEntry, instants, st.just("/crm"), st.sampled_from("abcd"), st.sampled_from(["Open", "Closed"])),
    max_size=3,
).map(sorted)
closings = st.lists(
    st.builds(Closing, instants, st.sampled_from(["archived", "converted", "recycled", "reopened"])), max_size=3
).map(lambda found: sorted(found, key=lambda each: each.at))
parts = st.builds(Part, captured_at=instants, statuses=statuses, closings=closings, waiting=waitings)
people = st.none() | st.builds(Person, parts=st.dictionaries(st.sampled_from("xyz"), parts, max_size=2))


@for_all(
    st.builds(
        Lead, latest_at=instants, statuses=statuses, closings=closings, waiting=waitings, person=people,
        handed_over_at=st.none() | instants,
    )
)  # fmt: skip
@settings(deadline=None)
def test_what_is_asked_at_once_is_what_the_lead_says(lead: Lead) -> None:
    assert last_at(lead) == lead.last_at
    assert list(statuses_of(lead)) == list(lead.all_statuses)
    assert list(closings_of(lead)) == list(lead.all_closings)
    assert warmed_for(lead) == lead.warmed_for
