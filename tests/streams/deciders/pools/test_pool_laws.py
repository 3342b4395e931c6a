"""Laws of pools under any interleaving, held against a naive reading of their log that knows none of our code."""

from collections.abc import Callable
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from events.envelope import Envelope
from events.instants import DAY, HOUR, from_us, to_us
from events.routing import (
    LeadOwnerRequested,
    LeadRequestWithdrawn,
    MemberAway,
    MemberBack,
    PoolAssigned,
    PoolStaffed,
)
from streams.deciders.pools import Pool
from tests.streams.deciders.pools.desk import agreement, desk, members, request
from tests.support.given import MONDAY, minute
from tests.support.laws import examples
from tests.support.subjects import Ledger

HOURS = 60
FIRST = agreement(members({"ana": 3, "bo": 1, "cy": 1}, cap_30d=60))
SECOND = agreement(members({"ana": 1, "cy": 2, "di": 1}, cap_30d=45), 2, "2026-01-07T00:00:00Z")
PEOPLE = st.sampled_from(["ana", "bo", "cy", "di", "outsider"])


class Asks(NamedTuple):
    lead: str
    not_to: str | None


class Withdraws(NamedTuple):
    lead: str


Step = tuple[int, int, Asks | Withdraws | MemberAway | MemberBack]
"""Minutes after the step before, minutes by which it comes late, and what it is."""


@st.composite
def absences(draw: st.DrawFn) -> MemberAway:
    since = draw(st.none() | st.integers(0, 100))
    until = draw(st.none() | st.integers(0, 140))
    return MemberAway(
        member=draw(PEOPLE),
        since=None if since is None else from_us(MONDAY + since * HOUR),
        until=None if until is None else from_us(MONDAY + until * HOUR),
        replacement=draw(st.none() | PEOPLE),
    )


LEADS = st.sampled_from([f"lead-{number}" for number in range(12)])
STEPS = st.lists(
    st.tuples(
        st.integers(0, 30) | st.integers(0, 9 * HOURS),
        st.sampled_from([0, 0, 5, 90]),
        st.one_of(
            st.builds(Asks, LEADS, st.none() | PEOPLE),
            st.builds(Asks, LEADS, st.none()),
            st.builds(Withdraws, LEADS),
            absences(),
            st.builds(MemberBack, member=PEOPLE),
        ),
    ),
    max_size=30,
)


def lived(steps: list[Step], after: Callable[[Ledger[Pool]], None] = lambda _ledger: None) -> Ledger[Pool]:
    """A pool that heard all of these; a lead's requests are numbered, and it withdraws the last one."""
    ledger, time, numbers = desk(FIRST, SECOND), 0, dict[str, int]()
    for number, (gap, late, what) in enumerate(steps):
        time += gap
        at, name = max(0, time - late), f"step-{number}"
        match what:
            case Asks(lead, not_to):
                numbers[lead] = numbers.get(lead, 0) + 1
                asked = request(numbers[lead], not_to)
                ledger.hears(asked, at, f"/leadstream/{lead}", recorded=time, fact_id=name)
            case Withdraws(lead):
                fact = LeadRequestWithdrawn(number=numbers.get(lead, 1), reason="closed", pool="b2b/desk")
                ledger.hears(fact, at, f"/leadstream/{lead}", recorded=time, fact_id=name)
            case _:
                ledger.hears(what, at, recorded=time, fact_id=name)
        after(ledger)
    ledger.passes(minute(time + 60 * HOURS))
    after(ledger)
    return ledger


class Naive:
    """A pool's log read one fact after the other, in the plainest way."""

    def __init__(self) -> None:
        self.now = 0
        self.quotas: dict[str, int] = {}
        self.away: list[tuple[str, int, int, str | None]] = []
        self.given: list[tuple[int, str, str, int]] = []
        self.waiting: dict[tuple[str, int], tuple[int, str | None]] = {}

    def reads(self, envelope: Envelope) -> None:
        at, fact = to_us(envelope.time), envelope.data
        self.now, lead = max(self.now, at), envelope.source.removeprefix("/leadstream/")
        match fact:
            case LeadOwnerRequested():
                self.waiting[lead, fact.number] = at, fact.not_to
            case LeadRequestWithdrawn():
                if self.waiting.pop((lead, fact.number), None) is None:
                    self.given = [each for each in self.given if each[2:] != (lead, fact.number)]
            case PoolAssigned():
                del self.waiting[fact.lead, fact.number]
                self.given.append((at, fact.owner, fact.lead, fact.number))
            case PoolStaffed():
                self.quotas = {each.member: round((each.cap_30d or 0) / 30) for each in fact.members}
            case MemberAway():
                since = at if fact.since is None else to_us(fact.since)
                until = 2**62 if fact.until is None else to_us(fact.until)
                if since < until:
                    self.away = [
                        each for each in self.away if each[0] != fact.member or each[2] <= since or until <= each[1]
                    ]
                    self.away.append((fact.member, since, until, fact.replacement))
            case MemberBack():
                self.away = [
                    (who, since, min(until, at) if who == fact.member and since <= at else until, other)
                    for who, since, until, other in self.away
                ]
            case _:
                pass

    def acting(self, name: str) -> str | None:
        for _ in range(6):
            found = [other for who, since, until, other in self.away if who == name and since <= self.now < until]
            if not found:
                return name
            if found[0] is None:
                return None
            name = found[0]
        return None

    def in_a_day(self, person: str) -> int:
        return sum(1 for at, who, *_ in self.given if who == person and self.now - DAY < at <= self.now)

    def able(self, not_to: str | None) -> set[str]:
        """Who can take a lead now."""
        found = set()
        for name, quota in self.quotas.items():
            person = self.acting(name)
            if person not in (None, not_to) and self.in_a_day(str(person)) < self.quotas.get(str(person), quota):
                found.add(str(person))
        return found


def read(ledger: Ledger[Pool]) -> Naive:
    naive = Naive()
    for envelope in ledger.facts:
        naive.reads(envelope)
    return naive


@settings(max_examples=examples(150), deadline=None)
@given(STEPS)
def test_nobody_waits_while_somebody_can_take_the_lead(steps: list[Step]) -> None:
    def after(ledger: Ledger[Pool]) -> None:
        naive = read(ledger)
        assert not any(naive.able(not_to) for _, not_to in naive.waiting.values())
        kept = [(each.lead, each.number) for each in ledger.state.waiting]
        assert kept == sorted(naive.waiting, key=lambda each: (naive.waiting[each][0], each))

    lived(steps, after)


@settings(max_examples=examples(150), deadline=None)
@given(STEPS)
def test_leads_go_only_to_those_who_can_take_them_and_the_oldest_goes_first(steps: list[Step]) -> None:
    naive = Naive()
    for envelope in lived(steps).facts:
        if isinstance(fact := envelope.data, PoolAssigned):
            naive.now = max(naive.now, to_us(envelope.time))
            mine = naive.waiting[fact.lead, fact.number]
            assert fact.owner in naive.able(mine[1])
            older = [not_to for at, not_to in naive.waiting.values() if at < mine[0]]
            assert not any(naive.able(not_to) for not_to in older)
        naive.reads(envelope)


@settings(max_examples=examples(150), deadline=None)
@given(STEPS)
def test_no_window_of_24_hours_holds_more_than_a_quota(steps: list[Step]) -> None:
    naive = Naive()
    for envelope in lived(steps).facts:
        naive.reads(envelope)
        if isinstance(fact := envelope.data, PoolAssigned):
            quota = naive.quotas.get(fact.owner, max(naive.quotas.values()))
            assert naive.in_a_day(fact.owner) <= quota


@settings(max_examples=examples(60), deadline=None)
@given(STEPS)
def test_a_pools_time_never_goes_back_and_the_same_words_give_the_same_log(steps: list[Step]) -> None:
    ledger = lived(steps)
    times = [to_us(each.time) for each in ledger.told(PoolAssigned)]
    assert times == sorted(times)
    assert lived(steps).facts == ledger.facts
