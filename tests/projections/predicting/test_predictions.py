import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from events.envelope import Envelope
from events.identity import LeadHistoryShared
from events.lead import LeadArchived, LeadCaptured, LeadConverted, LeadProfileUpdated, LeadStatusChanged
from projections.predicting.answers import NEEDED, model_from, statuses_of
from projections.predicting.evaluation import Case, learn
from projections.predicting.model import Model
from projections.views.prospect_row import decision
from projections.views.prospects import PROSPECTS
from projections.views.view import Cell
from tests.projections import oracle
from tests.projections.given import told
from tests.projections.house import House, house
from tests.projections.strategies import histories
from tests.support.laws import examples

JUNK = {"Junk": "unqualified", "Lost": "unqualified"}


async def shown(*facts: Envelope, partitions: int = 1) -> House:
    built = await house(partitions=partitions)
    await built.publish("inbound", "Open", "Contacted", means=JUNK)
    await built.publish("partners", "Signed", "Open", means=JUNK)
    await built.write(*facts)
    await built.show()
    return built


def lead(name: str, end: str, *, at: float = 0, source: str = "fair", agreement: str = "inbound") -> list[Envelope]:
    """A captured lead that was converted or archived, or entered a status, an hour later."""
    capture = told(LeadCaptured(source=source, agreement=agreement), at, lead=name)
    if not end:
        return [capture]
    fact = {"converted": LeadConverted(), "archived": LeadArchived(reason="untouched")}.get(end)
    return [capture, told(fact or LeadStatusChanged(status=end), at + 60, lead=name)]


def crowd(count: int, end: str, *, source: str = "fair", agreement: str = "inbound") -> list[Envelope]:
    """So many leads that ended so, one an hour."""
    return [
        fact
        for n in range(count)
        for fact in lead(f"{end}-{source}-{n}", end, at=n * 60, source=source, agreement=agreement)
    ]


def one(built: House, name: str) -> dict[str, Cell]:
    (row,) = built.view("predictions", where={"lead": name})
    return row


def learned_again(built: House) -> Model:
    """The model of the rows of all leads, without any partial counts."""
    statuses = statuses_of(built.store.query)
    cases: list[Case] = []
    for row in built.view("prospects"):
        team, decision = str(row["team"]), str(row["decision"])
        outcome = statuses.outcome(team, decision, str(row["status"]))
        if outcome != "open":
            features = json.loads(str(row["features_before"]))
            when = str(row["captured_at"]), str(row["decided_at"])
            cases.append(Case(*when, str(row["lead"]), team, features, outcome == "won"))
    return learn(cases, statuses.passing)


@settings(deadline=None, max_examples=examples(40))
@given(facts=histories(), partitions=st.sampled_from([1, 4]), limit=st.integers(1, 12))
async def test_the_counts_of_all_partitions_are_those_of_the_leads_as_they_were_decided(
    facts: list[Envelope], partitions: int, limit: int
) -> None:
    built = await house(partitions=partitions)
    for name in ("inbound", "partners"):
        await built.publish(name, "Open", "Signed", means=JUNK)
    await built.write(*facts)
    await built.show(limit)
    assert model_from(built.store.query, statuses_of(built.store.query)) == learned_again(built)


@settings(deadline=None, max_examples=examples(200))
@given(facts=histories())
def test_what_is_recorded_of_a_decision_is_what_had_happened_before_it(facts: list[Envelope]) -> None:
    coarse = [replace(each, time=each.time.replace(second=0, microsecond=0)) for each in facts]
    in_time = [
        replace(each, recordedat=each.time)
        for each in sorted(coarse, key=lambda each: each.time)
        if not isinstance(each.data, LeadHistoryShared)  # what a merged lead lends stands in test_merged_leads
    ]
    for name, history in oracle.histories(in_time).items():
        base = None
        for envelope in history:
            base = PROSPECTS.project(base, envelope)
        found = None if base is None else decision(base)
        expected = oracle.prospect(history)
        assert (None if found is None else (found.how, found.status, dict(found.features))) == expected, name


async def test_below_so_many_conversions_it_is_off_and_says_how_many_are_missing() -> None:
    built = await shown(*crowd(NEEDED - 1, "converted"), *crowd(3, "archived", source="ads"), *lead("anna", ""))
    row = one(built, "anna")
    assert (row["probability"], row["looks_like_won"], row["speaks_for"]) == (None, None, None)
    assert row["conversions_missing"] == 1
    (model,) = built.view("prediction-model")
    assert (model["conversions"], model["losses"], model["conversions_missing"]) == (NEEDED - 1, 3, 1)
    assert model["auc"] is None
    assert built.view("prediction-calibration") == []


async def test_an_open_lead_is_judged_by_the_outcomes_a_won_one_is_certain_and_a_lost_one_is_lost() -> None:
    built = await shown(
        *crowd(120, "converted"), *crowd(60, "archived"), *crowd(300, "archived", source="ads"),
        *lead("anna", ""), *lead("bob", "", source="ads"), partitions=4,
    )  # fmt: skip
    anna, bob = one(built, "anna"), one(built, "bob")
    # 120 x 120.1/120.2 against 360 x 60.1/360.2, and 120 x 0.1/120.2 against 360 x 300.1/360.2
    assert (anna["probability"], anna["speaks_for"], anna["speaks_against"]) == (66.62, "source=fair x5.99", "")
    assert (bob["probability"], bob["speaks_for"], bob["speaks_against"]) == (0.03, "", "source=ads x0.00")
    assert one(built, "converted-fair-1")["probability"] == 100
    assert one(built, "archived-ads-1")["probability"] == 0
    assert one(built, "archived-ads-1")["outcome"] == "lost"


async def test_how_far_a_lead_has_come_counts_and_can_be_left_out() -> None:
    facts = [*crowd(120, "converted"), *crowd(120, "archived", source="ads")]
    for n in range(120):
        facts += [*lead(f"far-{n}", "Contacted"), told(LeadArchived(reason="silent"), 99, lead=f"far-{n}")]
    far = [*lead("far", ""), told(LeadStatusChanged(status="Contacted"), 5, lead="far")]
    built = await shown(*facts, *lead("near", ""), *far)
    near_row, far_row = one(built, "near"), one(built, "far")
    assert near_row["looks_like_won"] == far_row["looks_like_won"] == near_row["probability"]
    assert float(far_row["probability"] or 0) > float(near_row["probability"] or 0)
    assert "stage=Contacted x2.00" in str(far_row["speaks_for"])


async def test_a_status_that_means_unqualified_is_a_loss_as_the_agreement_says_when_it_is_read() -> None:
    built = await shown(*crowd(120, "converted"), *crowd(40, "Junk", source="ads"), *crowd(10, "Open", source="web"))
    (model,) = built.view("prediction-model")
    assert (model["losses"], model["base_rate"]) == (40, 0.75)
    assert one(built, "Junk-ads-1")["outcome"] == "lost"
    assert one(built, "Open-web-1")["outcome"] == "open"
    await built.publish("inbound", "Open", "Junk", version=2)
    await built.show()
    (model,) = built.view("prediction-model")
    assert model["losses"] == 0


async def test_a_lead_that_is_taken_up_again_takes_its_loss_back() -> None:
    facts = [*crowd(120, "converted"), *crowd(40, "Junk", source="ads")]
    built = await shown(*facts)
    before = built.view("prediction-counts")
    again = ("Junk-ads-0", "Junk-ads-1")
    for name in again:
        await built.write(
            told(LeadProfileUpdated(profile={"company.country": "RO"}), 8000, lead=name),
            told(LeadStatusChanged(status="Open"), 9000, lead=name),
        )
    await built.show()
    (model,) = built.view("prediction-model")
    assert model["losses"] == 38
    lost = {row["value"]: row["leads"] for row in built.view("prediction-counts") if row["status"] == "Junk"}
    assert lost == {row["value"]: int(row["leads"] or 0) - 2 for row in before if row["status"] == "Junk"}


async def test_each_team_is_judged_by_its_own_outcomes() -> None:
    partners = [*crowd(10, "converted", source="x", agreement="partners"), *crowd(90, "Lost", agreement="partners")]
    fresh = told(LeadCaptured(agreement="elsewhere"), 1, lead="fresh")
    built = await shown(*crowd(120, "converted"), *partners, told(LeadCaptured(agreement="inbound"), 0, lead="mine"),
                        told(LeadCaptured(agreement="partners"), 0, lead="theirs"), fresh)  # fmt: skip
    assert one(built, "mine")["probability"] == 99.99
    assert one(built, "theirs")["probability"] == 10
    assert one(built, "fresh")["probability"] == 59.09  # 130 of 220


async def test_a_feature_that_is_known_only_after_the_outcome_changes_nothing() -> None:
    facts = [*crowd(120, "converted"), *crowd(200, "archived", source="ads"), *lead("anna", "", source="web")]
    telling = [
        told(LeadProfileUpdated(profile={"company.segment": "sold"}), n * 60 + after, lead=f"converted-fair-{n}")
        for n in range(120)
        for after in (60, 61)
    ]
    without, with_it = await shown(*facts), await shown(*facts, *telling)
    asked = told(LeadProfileUpdated(profile={"company.segment": "sold"}), 1, lead="anna")
    for built in (without, with_it):
        await built.write(asked)
        await built.show()
    for name in ("predictions", "prediction-model", "prediction-calibration", "prediction-counts"):
        assert without.view(name) == with_it.view(name)


async def test_predictions_are_chosen_and_sorted_like_any_other_rows() -> None:
    built = await shown(*crowd(120, "converted"), *crowd(5, "archived", source="ads"), *lead("anna", ""))
    rows: Sequence[dict[str, Any]] = built.view("predictions", where={"outcome": "lost"}, sort=["-lead"], limit=2)
    assert [row["lead"] for row in rows] == ["archived-ads-4", "archived-ads-3"]
    assert built.view("predictions", where={"lead": "anna", "outcome": "won"}) == []


@pytest.mark.parametrize("where", [{"lead": "nobody"}, {"team": "nobody"}])
async def test_of_nobody_nothing_is_said(where: dict[str, str]) -> None:
    built = await shown(*lead("anna", ""))
    assert built.view("predictions", where=where) == []
