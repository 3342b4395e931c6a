from collections.abc import Sequence
from random import Random

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from events.instants import HOUR, from_us
from events.lead import LeadCaptured
from events.sla import SlaFact
from streams.agents.lead_bytes import dump_lead, load_lead
from streams.agreement.known import Known
from streams.clocks import judge
from streams.deciders.lead.engagement import basis, explain, score_now
from streams.deciders.lead.entries import Clock
from streams.deciders.lead.given import Given, Kept, Live
from streams.deciders.lead.ruled import history_of
from streams.deciders.lead.wake import next_wake
from tests.streams.deciders.lead.lead_strategies import (
    LARGE,
    NEXT,
    RICH,
    SPAN,
    arrivals,
    histories,
    offsets,
    statuses,
    touches,
    wild,
)
from tests.support.given import MONDAY, Arrival, Story, published
from tests.support.laws import examples

# Every step of a story also proves that state == fold(canonical facts) byte for byte, that each fact comes back from
# its bytes, that the numbers have no gap and that recorded times never go back.

CHOOSY = RICH.replace("archive: {", "archive: {when: {fit: below, value: 0}, ")
KNOWN = Known.of(map(published, (RICH, NEXT, LARGE)))
CHOOSING = Known.of(map(published, (CHOOSY, NEXT, LARGE)))
ONE = Known.of([published(RICH)])
HASTY = Known.of([published(RICH.replace("late_facts_accepted: 400d", "late_facts_accepted: 1h"))])
END = MONDAY + 3 * SPAN
CAPTURE = Arrival(LeadCaptured(profile={"company.employees": 100}), MONDAY, MONDAY, "capture", "/crm")
chances = st.randoms(use_true_random=False)


def told(known: Known, arrived: Sequence[Arrival], *, forgetful: bool = False, until: int = END) -> Story:
    story = Story(known, forgetful=forgetful)
    for arrival in arrived:
        story.arrives(arrival)
    story.passes(until)
    return story


@for_all(st.lists(st.one_of(wild(), arrivals()), max_size=6))
@settings(max_examples=examples(40), deadline=None)
def test_no_valid_fact_of_any_time_is_too_much_for_any_state(arrived: list[Arrival]) -> None:
    told(CHOOSING, arrived)


@for_all(histories(most=20))
@settings(max_examples=examples(60), deadline=None)
def test_long_histories_of_a_busy_lead_never_fail(arrived: list[Arrival]) -> None:
    told(CHOOSING, [CAPTURE, *arrived])


@for_all(histories(), chances)
@settings(max_examples=examples(40), deadline=None)
def test_duplicates_change_nothing(arrived: list[Arrival], chance: Random) -> None:
    doubled: list[Arrival] = []
    for arrival in arrived:
        again = chance.choice(doubled) if doubled else arrival
        doubled += [arrival, again._replace(recorded=arrival.recorded)]
    assert told(KNOWN, doubled).facts == told(KNOWN, arrived).facts


@for_all(histories())
@settings(max_examples=examples(60), deadline=None)
def test_what_is_kept_to_be_fast_may_be_thrown_away_at_any_time(arrived: list[Arrival]) -> None:
    assert told(CHOOSING, arrived, forgetful=True).facts == told(CHOOSING, arrived).facts


@for_all(histories())
@settings(max_examples=examples(60), deadline=None)
def test_no_two_facts_of_a_lead_have_one_source_and_id(arrived: list[Arrival]) -> None:
    names = [(fact.source, fact.id) for fact in told(CHOOSING, [CAPTURE, *arrived]).facts]
    assert len(names) == len(set(names))


@for_all(histories())
@settings(max_examples=examples(40), deadline=None)
def test_the_next_deadline_is_never_later_than_the_bytes_of_the_state_say(arrived: list[Arrival]) -> None:
    story = told(KNOWN, [CAPTURE, *arrived], until=0)
    at = story.live.lead.recorded_at
    loaded = Live(load_lead(dump_lead(story.live.lead)), Kept())
    exact = next_wake(loaded, Given(KNOWN, at, at, story.subject))
    assert story.due == exact or (story.due is not None and at <= story.due < (exact or story.due + 1))


@for_all(histories(), st.lists(offsets, min_size=1, max_size=4))
@settings(max_examples=examples(40), deadline=None)
def test_the_reasons_sum_to_the_shown_score_at_any_instant(arrived: list[Arrival], asked: list[int]) -> None:
    story = told(KNOWN, [CAPTURE, *arrived])
    for offset in asked:
        at = MONDAY + offset
        agreement = KNOWN.in_force(story.live.lead.agreement or "", at)
        assert agreement is not None
        found = explain(basis(story.live, agreement.name, agreement.version, Given(KNOWN, at, at, story.subject)))
        assert found["score"] == sum(reason["points"] for reason in found["reasons"])


@for_all(histories())
@settings(max_examples=examples(40), deadline=None)
def test_every_clock_ends_as_its_last_fact_says(arrived: list[Arrival]) -> None:
    story = told(KNOWN, [CAPTURE, *arrived])
    assert all(clock.verdict != "open" or clock.due is None for clock in story.live.lead.clocks)
    said = [fact.data for fact in story.facts if isinstance(fact.data, SlaFact)]
    last = {(fact.clause, fact.cycle): fact.due for fact in said}
    kept = {(clock.clause, clock.cycle): clock.due for clock in story.live.lead.clocks}
    assert last == {name: None if due is None else from_us(due) for name, due in kept.items()}


@for_all(histories(st.one_of(touches, statuses), most=8))
@settings(max_examples=examples(80), deadline=None)
def test_a_verdict_that_stands_against_the_history_has_a_fact_that_is_marked_late(arrived: list[Arrival]) -> None:
    story = told(HASTY, [CAPTURE, *arrived])
    late = [fact for fact in story.facts if fact.late is True]
    standing = [clock for clock in story.live.lead.clocks if not holds(story, clock)]
    assert late or not standing


@for_all(histories(st.one_of(touches, statuses), most=8))
@settings(max_examples=examples(60), deadline=None)
def test_with_patience_every_verdict_is_that_of_the_whole_history(arrived: list[Arrival]) -> None:
    story = told(ONE, [CAPTURE, *arrived])
    assert all(holds(story, clock) for clock in story.live.lead.clocks)
    assert not [fact for fact in story.facts if fact.late is True]


def holds(story: Story, clock: Clock) -> bool:
    """Whether verdict and due of a clock are those of the whole history, by the instant it has come to."""
    agreement = story.known.version(clock.agreement, clock.version)
    assert agreement is not None
    clause = next(each for each in agreement.clauses if each.name == clock.clause)
    finding = judge(clause, clock.start, history_of(story.live.lead, clock, clause, agreement))
    passed = finding.due is not None and finding.due < story.time
    ended = finding.outcome if finding.outcome in ("met", "cancelled") else "breached" if passed else "open"
    return (clock.verdict, clock.due) == (ended, finding.due)


@for_all(histories(st.one_of(touches, statuses), most=7), chances)
@settings(max_examples=examples(100), deadline=None)
def test_the_order_of_arrival_changes_neither_verdicts_nor_the_score(arrived: list[Arrival], chance: Random) -> None:
    distinct = list({(one.source, one.id): one for one in arrived}.values())
    shuffled = list(distinct)
    chance.shuffle(shuffled)
    assert outcome(distinct) == outcome(shuffled)


def outcome(arrived: Sequence[Arrival]) -> tuple[object, ...]:
    """What holds in the end when all of it became known after the last of it had happened, in this order."""
    late = [one._replace(recorded=MONDAY + SPAN + HOUR + n) for n, one in enumerate(arrived)]
    story = told(ONE, [CAPTURE, *late], until=MONDAY + 4 * SPAN)
    lead, agreement = story.live.lead, ONE.version("rich", 1)
    assert agreement is not None
    verdicts = {clock.clause: clock.verdict for clock in lead.clocks if clock.start == MONDAY}
    started_anyhow = [verdicts[clause] for clause in ("first_response", "day", "mailing")]
    return (
        score_now(story.live, agreement, MONDAY + 2 * SPAN),
        started_anyhow,
        sorted(map(repr, lead.touches)),
        lead.statuses,
    )
