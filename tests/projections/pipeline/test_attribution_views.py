"""Which touches the pipe and the sales of a quarter are due to, from facts about leads and opportunities to rows."""

from fractions import Fraction
from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from events.envelope import Envelope
from events.fact import Fact
from events.identity import LeadMerged, LeadUnmerged
from events.lead import LeadConverted, LeadQualified, LeadTouched
from events.life import LeadUnconverted
from events.opportunity import OpportunityClosedWon, OpportunityReopened
from events.registry import wrap
from events.topics import LEAD_EVENTS, OPPORTUNITY_EVENTS
from projections.pipeline.attribution import MODELS
from projections.views.view import Cell
from tests.projections.house import House, house
from tests.projections.pipeline.asking import asked, figures
from tests.projections.pipeline.facts import WORDS, instant, opening, pipelines, said, text
from tests.support.laws import examples

_numbers = count(1)


def lead(name: str, day: float, fact: Fact, recorded: float | None = None, touch: str = "") -> Envelope:
    """A fact about a lead that happened on a day, and was recorded then or later."""
    number, known = next(_numbers), instant(day if recorded is None else recorded)
    return wrap(
        fact, subject=name, id=touch or f"l-{number}", source="/web", time=instant(day), recordedat=known,
        sequence=f"{number:012d}",
    )  # fmt: skip


def touched(channel: str, campaign: str | None = None, direction: Any = "inbound", **more: Any) -> LeadTouched:
    return LeadTouched(channel=channel, kind="seen", direction=direction, campaign=campaign, **more)


def converted(opportunity: str | None) -> LeadConverted:
    return LeadConverted(account="acme", opportunity=opportunity)


QUALIFIED = LeadQualified(agreement="inbound", version=1, cycle=1, score=50)


async def shown(*leads: Envelope, deals: tuple[Envelope, ...], partitions: int = 1) -> House:
    built = await house(partitions=partitions)
    await built.write(*leads, log=LEAD_EVENTS)
    await built.write(*deals, log=OPPORTUNITY_EVENTS)
    await built.show()
    return built


def due(
    rows: list[dict[str, Cell]], *by: str, model: str = "linear", measure: str = "pipe_generation"
) -> dict[Any, Any]:
    chosen = [row for row in rows if (row["model"], row["measure"]) == (model, measure)]
    return {tuple(row[name] for name in (*by, "touched")): row["amount_minor"] for row in chosen}


FIVE = [lead("anna", day, touched(f"c{day}", "spring" if day % 2 else None)) for day in range(1, 6)]
DEAL = (said("deal", 5, opening(1000)), said("deal", 20, OpportunityClosedWon()))


async def test_each_model_deals_out_the_amount_to_the_last_minor_unit() -> None:
    built = await shown(*FIVE, lead("anna", 3, QUALIFIED), lead("anna", 5, converted("deal")), deals=DEAL)
    rows = asked(built, "attribution", 30, by="channel")
    shares = {
        model: [due(rows, "channel", model=model).get((f"c{n}", True), 0) for n in range(1, 6)] for model in MODELS
    }
    assert shares == {
        "first": [1000, 0, 0, 0, 0],
        "last": [0, 0, 0, 0, 1000],
        "linear": [200, 200, 200, 200, 200],
        "u_shaped": [400, 67, 67, 66, 400],
        "w_shaped": [300, 50, 300, 50, 300],
        "time_decay": [167, 183, 200, 217, 233],
    }
    (first, *_) = asked(built, "attribution-touches", 30, where={"model": "u_shaped", "measure": "pipe_generation"})
    named = ("opportunity", "place", "lead", "occurred_at", "channel", "campaign", "share", "amount_minor")
    assert [first[name] for name in named] == ["deal", 1, "anna", text(1), "c1", "spring", "2/5", 400]
    assert due(asked(built, "attribution", 30, by="campaign"), "campaign") == {("", True): 400, ("spring", True): 600}
    assert due(asked(built, "attribution", 30)) == {(True,): 1000}


async def test_touches_after_the_opening_count_for_the_sale_alone_and_those_after_it_for_nothing() -> None:
    built = await shown(
        lead("anna", 1, touched("webinar")), lead("anna", 5, converted("deal")), lead("anna", 9, touched("email")),
        lead("anna", 25, touched("social")), deals=DEAL,
    )  # fmt: skip
    rows = asked(built, "attribution", 60, by="channel")
    assert due(rows, "channel") == {("webinar", True): 1000}
    assert due(rows, "channel", measure="closed_acv") == {("email", True): 500, ("webinar", True): 500}


async def test_what_nobody_was_touched_for_is_due_to_nobody_and_still_there() -> None:
    outbound = lead("anna", 1, touched("call", direction="outbound"))
    built = await shown(outbound, lead("anna", 5, converted("deal")), deals=DEAL)
    rows = asked(built, "attribution", 30, by="channel")
    assert due(rows, "channel") == {(None, False): 1000}
    assert {row["opportunities"] for row in rows} == {1.0}
    assert asked(built, "attribution-touches", 30) == []


async def test_a_conversion_that_was_taken_back_gives_no_credit_from_then_on() -> None:
    facts = [
        lead("anna", 1, touched("webinar")),
        lead("anna", 5, converted("deal")),
        lead("anna", 8, LeadUnconverted()),
    ]
    built = await shown(*facts, deals=DEAL)
    assert due(asked(built, "attribution", 30)) == {(False,): 1000}
    assert due(asked(built, "attribution", 7)) == {(True,): 1000}
    again = await shown(*facts, lead("anna", 9, converted("deal")), deals=DEAL)
    assert due(asked(again, "attribution", 30)) == {(True,): 1000}


async def test_touches_of_leads_that_are_one_person_count_each_once_until_they_part() -> None:
    facts = [
        lead("anna", 1, touched("webinar"), touch="t1"), lead("bob", 1, touched("webinar"), touch="t1"),
        lead("bob", 2, touched("social"), touch="t2"), lead("eve", 3, touched("email"), touch="t3"),
        lead("bob", 4, LeadMerged(into="anna", key="email:1")), lead("eve", 4, LeadMerged(into="bob", key="email:2")),
        lead("anna", 5, converted("deal")),
    ]  # fmt: skip
    together = await shown(*facts, deals=DEAL)
    assert due(asked(together, "attribution", 10, by="channel"), "channel") == {
        ("email", True): 333, ("social", True): 333, ("webinar", True): 334,
    }  # fmt: skip
    parting = LeadUnmerged(lead="bob", into="anna", by="Ines")
    parted = await shown(*facts, lead("bob", 12, parting), lead("anna", 12, parting), deals=DEAL)
    assert due(asked(parted, "attribution", 13, by="channel"), "channel") == {("webinar", True): 1000}
    assert asked(parted, "attribution", 13, 11) == asked(together, "attribution", 13, 11)


async def test_two_people_that_were_converted_to_it_share_the_credit() -> None:
    built = await shown(
        lead("anna", 1, touched("webinar")), lead("bob", 2, touched("social")),
        lead("anna", 5, converted("deal")), lead("bob", 5, converted("deal")), deals=DEAL,
    )  # fmt: skip
    assert due(asked(built, "attribution", 10, by="channel"), "channel") == {
        ("social", True): 500, ("webinar", True): 500,
    }  # fmt: skip


async def test_a_lead_that_the_opportunity_names_counts_without_a_conversion_and_not_against_one_taken_back() -> None:
    deal = (said("deal", 5, opening(1000, lead="anna")),)
    touch = lead("anna", 1, touched("webinar"))
    assert due(asked(await shown(touch, deals=deal), "attribution", 10)) == {(True,): 1000}
    back = await shown(touch, lead("anna", 5, converted("deal")), lead("anna", 6, LeadUnconverted()), deals=deal)
    assert due(asked(back, "attribution", 10)) == {(False,): 1000}


async def test_the_turning_point_is_the_last_qualification_before_the_opening() -> None:
    facts = [*FIVE, lead("anna", 2, QUALIFIED), lead("anna", 4, QUALIFIED), lead("anna", 5.5, QUALIFIED)]
    built = await shown(*facts, lead("anna", 6, converted("deal")), deals=DEAL)
    given_to = due(asked(built, "attribution", 10, by="channel"), "channel", model="w_shaped")
    assert given_to["c4", True] == 300


async def test_the_sale_of_an_opportunity_that_was_reopened_is_anchored_at_its_last_closing() -> None:
    deals = (*DEAL, said("deal", 22, OpportunityReopened(stage="a")), said("deal", 40, OpportunityClosedWon()))
    built = await shown(lead("anna", 5, converted("deal")), lead("anna", 30, touched("webinar")), deals=deals)
    assert due(asked(built, "attribution", 50), measure="closed_acv") == {(True,): 1000}
    assert due(asked(built, "attribution", 21), measure="closed_acv") == {(False,): 1000}


LEADS = st.sampled_from(["anna", "bob", "eve"])
LEAD_FACTS = st.one_of(
    st.builds(touched, WORDS, st.none() | WORDS, st.sampled_from(["inbound", "inbound", "outbound"])),
    st.builds(touched, WORDS, st.none() | WORDS, asset=WORDS),
    st.builds(converted, st.sampled_from(["one", "two", "three", None])),
    st.just(LeadUnconverted()),
    st.just(QUALIFIED),
    st.builds(LeadMerged, into=LEADS, key=st.just("email:1")),
    st.builds(LeadUnmerged, lead=LEADS, into=LEADS, by=st.just("Ines")),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Envelope]:
    """Facts about a few leads in the order in which they became known, some of touches that two of them share."""
    recorded, found = -20, list[Envelope]()
    for _ in range(draw(st.integers(0, 20))):
        recorded += draw(st.sampled_from([0, 1, 6]))
        fact, happened = draw(LEAD_FACTS), recorded - draw(st.sampled_from([0, 0, 2, 9]))
        same = draw(st.sampled_from(["", "", "t1", "t2"])) if isinstance(fact, LeadTouched) else ""
        found.append(lead(draw(LEADS), happened, fact, recorded, same))
    return found


@settings(deadline=None, max_examples=examples(20))
@given(
    leads=histories(),
    deals=pipelines(),
    day=st.integers(-10, 60),
    by=st.sampled_from([None, "channel", "campaign+asset"]),
)
async def test_by_every_model_what_is_due_sums_to_the_figures_of_the_matrix(
    leads: list[Envelope], deals: list[Envelope], day: int, by: str | None
) -> None:
    built = await shown(*leads, deals=tuple(deals))
    spread = await shown(*leads, deals=tuple(deals), partitions=4)
    rows, total = asked(built, "attribution", day, by=by), figures(asked(built, "matrix", day))
    assert rows == asked(spread, "attribution", day, by=by)
    for model in MODELS:
        alone = asked(built, "attribution", day, by=by, where={"model": model})
        assert alone == [row for row in rows if row["model"] == model]
        for measure in ("closed_acv", "pipe_generation"):
            assert sum(due(rows, *(by or "").split("+") if by else (), model=model, measure=measure).values()) == (
                total.get(measure, 0)
            )


@settings(deadline=None, max_examples=examples(20))
@given(leads=histories(), deals=pipelines(), day=st.integers(-10, 60))
async def test_the_shares_of_an_opportunity_sum_to_one_and_no_touch_comes_after_its_anchor(
    leads: list[Envelope], deals: list[Envelope], day: int
) -> None:
    built = await shown(*leads, deals=tuple(deals))
    adds: dict[Any, int] = {}
    for row in asked(built, "matrix-opportunities", day):
        key = row["opportunity"], row["measure"]
        adds[key] = adds.get(key, 0) + int(row["amount_minor"] or 0)
    sums: dict[Any, tuple[Fraction, int]] = {}
    inbound = {(row["told_by"], row["touch"]) for row in built.view("touches") if row["direction"] == "inbound"}
    at = {row["opportunity"]: row for row in asked_of_opportunities(built, day)}
    for row in asked(built, "attribution-touches", day):
        key = row["opportunity"], row["measure"], row["model"]
        share, amount = sums.get(key, (Fraction(0), 0))
        sums[key] = share + Fraction(str(row["share"])), amount + int(row["amount_minor"] or 0)
        anchor = at[row["opportunity"]]["closed_at" if row["measure"] == "closed_acv" else "opened_at"]
        assert str(row["occurred_at"]) <= str(anchor)
        assert (row["told_by"], row["touch"]) in inbound
    for (opportunity, measure, _), (share, amount) in sums.items():
        assert (share, amount) == (1, adds.get((opportunity, measure), 0))


def asked_of_opportunities(built: House, day: float) -> list[dict[str, Cell]]:
    """The versions that were so on a day, as they are known now."""
    rows = built.view("opportunity-history")
    at = text(day)
    return [
        row
        for row in rows
        if row["known_to"] is None
        and str(row["valid_from"]) <= at
        and (row["valid_to"] is None or str(row["valid_to"]) > at)
    ]


@settings(deadline=None, max_examples=examples(20))
@given(leads=histories(), deals=pipelines(), day=st.integers(-10, 60), known=st.integers(-10, 90))
async def test_credit_known_then_is_what_a_house_gives_that_has_heard_no_more(
    leads: list[Envelope], deals: list[Envelope], day: int, known: int
) -> None:
    def heard(facts: list[Envelope]) -> list[Envelope]:
        return [each for each in facts if each.recordedat <= instant(known)]  # type: ignore[operator]

    built, other = await shown(*leads, deals=tuple(deals)), await shown(*heard(leads), deals=tuple(heard(deals)))
    for view in ("attribution", "attribution-touches"):
        assert asked(built, view, day, known) == asked(other, view, day, known)
