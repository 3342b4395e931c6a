"""What holds of clocks with pauses, counted touches and escalations, whatever happens and whenever it becomes known."""

from collections.abc import Iterator, Sequence
from random import Random

from hypothesis import assume, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from events.instants import DAY, HOUR, MINUTE, to_us
from events.lead import LeadCaptured
from events.sla import SlaBreached, SlaBreachRetracted, SlaEscalated, SlaFact, SlaPaused, SlaResumed, SlaRevised
from streams.agreement.compiled import Clause, Escalation
from streams.agreement.known import Known
from streams.calendars import Calendar, CalendarSpec, Target
from streams.clocks import FOREVER, History, escalates_at, judge
from streams.deciders.lead.given import Given
from streams.deciders.lead.ruled import ends_of, ruled_by
from tests.streams.calendar_cases import cases
from tests.streams.calendar_twin import Twin
from tests.streams.deciders.lead.lead_strategies import RICH, SPAN, histories, statuses, touches
from tests.support.given import MONDAY, Arrival, Story, published
from tests.support.laws import examples

STEADY = RICH.replace("archive: {or_untouched_for: 9d}\n", "")
"""Without what closes a lead by silence: an archiving that was told stands, whatever becomes known later."""
ONE, OPEN = Known.of([published(RICH)]), Known.of([published(STEADY)])
END = MONDAY + 4 * SPAN
CAPTURE = Arrival(LeadCaptured(profile={"company.employees": 100}), MONDAY, MONDAY, "capture", "/crm")
worked = histories(st.one_of(touches, statuses), most=8)
chances = st.randoms(use_true_random=False)


def clause(calendar: Calendar, target: Target, levels: Sequence[Target]) -> Clause:
    return Clause(
        name="c", side="sales", starts_on="captured", stop="touch", stops_touch=lambda *_: True, target_text="-",
        target=target, calendar_name="c", calendar=calendar, warn_percent=None, paused_in=frozenset({"asleep"}),
        escalations=tuple(Escalation("-", after, "manager", None) for after in levels),
    )  # fmt: skip


targets = st.integers(1, 12 * 60).map(lambda minutes: Target(microseconds=minutes * MINUTE)) | st.just(Target(days=1))
entered = st.lists(st.tuples(st.integers(-DAY, 3 * DAY), st.sampled_from(["asleep", "awake"])), max_size=4)


@settings(max_examples=examples(25), deadline=None)
@for_all(cases(), targets, st.lists(targets, max_size=2), entered)
def test_due_and_levels_are_where_a_walk_over_the_minutes_arrives(
    case: tuple[CalendarSpec, int], target: Target, levels: list[Target], drawn: list[tuple[int, str]]
) -> None:
    """The pauses of the statuses move the due; the levels count from it, pauses or not."""
    spec, start = case
    calendar, twin = Calendar(spec), Twin(spec)
    assume(calendar.working(start, start + 10 * DAY) >= 30 * HOUR)  # the walker has no patience for more
    known = sorted((start + after, status) for after, status in drawn)
    known.append((start + 4 * DAY, "awake"))
    asked = clause(calendar, target, levels)
    due = judge(asked, start, History([], [], known)).due
    asleep = [(at, known[n + 1][0]) for n, (at, status) in enumerate(known[:-1]) if status == "asleep"]
    assert due == twin.due(start, target, [(low, high) for low, high in asleep if low < high])
    reached = due
    for level, after in enumerate(levels, 1):
        reached = max(reached, twin.due(due, after))
        assert escalates_at(asked, due, level) == reached
    assert escalates_at(asked, due, len(levels) + 1) is None


def told(known: Known, arrived: Sequence[Arrival], ticks: Iterator[int] | None = None, until: int = END) -> Story:
    """The lead's story; between arrivals time passes as far as each tick says."""
    story = Story(known)
    for arrival in (CAPTURE, *arrived):
        if ticks is not None:
            story.passes(next(ticks))
        story.arrives(arrival)
    story.passes(until)
    return story


@for_all(worked, chances)
@settings(max_examples=examples(30), deadline=None)
def test_however_long_nobody_looked_the_same_facts_are_told(arrived: list[Arrival], chance: Random) -> None:
    """Ticks between arrivals: who is always there tells what somebody tells who comes back after the outage."""
    ticks = (chance.randint(MONDAY - HOUR, arrival.recorded) for arrival in (CAPTURE, *arrived))
    watched, asleep = told(ONE, arrived, ticks), told(ONE, arrived)
    assert watched.facts == asleep.facts


@for_all(worked, chances)
@settings(max_examples=examples(30), deadline=None)
def test_records_decided_after_a_tick_went_past_them_end_in_the_same_verdicts(
    arrived: list[Arrival], chance: Random
) -> None:
    ticks = (arrival.recorded + chance.choice((0, HOUR, DAY)) for arrival in (CAPTURE, *arrived))
    watched, asleep = told(OPEN, arrived, ticks), told(OPEN, arrived)
    assert verdicts(watched) == verdicts(asleep)


def verdicts(story: Story) -> dict[str, tuple[str, int | None]]:
    """Of the clocks that a capture starts, which all stories have."""
    return {
        clock.clause: (clock.verdict, clock.due)
        for clock in story.live.lead.clocks
        if clock.clause in ("first_response", "day", "effort", "mailing")
    }


@for_all(worked, chances)
@settings(max_examples=examples(30), deadline=None)
def test_late_duplicate_and_shuffled_facts_end_in_the_same_verdicts(arrived: list[Arrival], chance: Random) -> None:
    distinct = list({(one.source, one.id): one for one in arrived}.values())
    doubled = [*distinct, *chance.choices(distinct, k=3)] if distinct else []
    chance.shuffle(doubled)
    assert verdicts(late(distinct)) == verdicts(late(doubled))


def late(arrived: Sequence[Arrival]) -> Story:
    """All of it became known after the last of it had happened, in this order."""
    return told(OPEN, [one._replace(recorded=MONDAY + SPAN + HOUR + n) for n, one in enumerate(arrived)])


@for_all(worked)
@settings(max_examples=examples(40), deadline=None)
def test_every_level_is_told_once_in_order_while_the_breach_stands_unanswered(arrived: list[Arrival]) -> None:
    story = told(ONE, arrived)
    for clock in story.live.lead.clocks:
        clause = ruled_by(clock, given_by(story)).clause
        level, standing = 0, False
        for envelope in story.facts:
            fact = envelope.data
            if not isinstance(fact, SlaFact) or (fact.clause, fact.cycle) != (clock.clause, clock.cycle):
                continue
            match fact:
                case SlaEscalated():
                    assert standing
                    assert (fact.level, fact.due is not None) == (level + 1, True)
                    assert fact.due is not None
                    assert to_us(envelope.time) == escalates_at(clause, to_us(fact.due), fact.level)
                    level += 1
                case SlaBreached():
                    level, standing = 0, True
                case SlaRevised(was="breached", now="breached"):
                    pass
                case SlaRevised(now=now):
                    level, standing = 0, now == "breached"
                case SlaBreachRetracted():
                    level, standing = 0, False
                case _:
                    pass
        assert clock.escalated == level


@for_all(worked)
@settings(max_examples=examples(40), deadline=None)
def test_in_the_end_a_breach_is_escalated_as_far_as_it_was_left_alone(arrived: list[Arrival]) -> None:
    """Unless it is answered, every level that comes before the lead is closed has been told."""
    story = told(ONE, arrived)
    for clock in story.live.lead.clocks:
        ruled = ruled_by(clock, given_by(story))
        if clock.verdict != "breached" or clock.answered or clock.due is None:
            continue
        closed = ends_of(story.live.lead, ruled)
        over = closed[0][0] if closed else FOREVER
        levels = [escalates_at(ruled.clause, clock.due, n + 1) for n in range(len(ruled.clause.escalations))]
        assert clock.escalated >= sum(at is not None and at < min(over, END) for at in levels)


def given_by(story: Story) -> Given:
    return Given(story.known, story.time, story.time, story.subject)


@for_all(worked)
@settings(max_examples=examples(40), deadline=None)
def test_a_clock_pauses_and_goes_on_in_turn_and_is_due_only_when_it_goes(arrived: list[Arrival]) -> None:
    story = told(ONE, arrived)
    due: dict[tuple[str, int], object] = {}
    for envelope in story.facts:
        fact = envelope.data
        if isinstance(fact, SlaFact):
            name = fact.clause, fact.cycle
            if isinstance(fact, SlaPaused):
                assert (due[name], fact.due) == (fact.was_due, None)
                assert fact.was_due is not None
            if isinstance(fact, SlaResumed):
                assert due[name] is None
                assert fact.due is not None
            due[name] = fact.due
