import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.account import AccountOpened
from events.envelope import Envelope
from events.identity import LeadSuspected
from events.lead import LeadCaptured, LeadConverted, LeadProfileUpdated, LeadQualified, LeadStatusChanged, LeadTouched
from events.life import LeadBounced, LeadConsentChanged, LeadFeedbackGiven
from events.opportunity import (
    HygieneFlagged,
    OpportunityClosedWon,
    OpportunityContactAdded,
    OpportunityStageChanged,
    TargetSet,
)
from events.routing import LeadOwnerRequested
from events.sla import SlaAnswered, SlaBreached, SlaStarted
from events.topics import ACCOUNT_EVENTS, COUNCIL_EVENTS, OPPORTUNITY_EVENTS
from events.work import TaskCreated
from projections.catalogue import BY_NAME, SHOWN
from projections.read import answer_columns, condition, read_view, sifted
from projections.views.view import BadQuery
from tests.projections.given import clock, minutes, text, told
from tests.projections.house import House, house
from tests.projections.pipeline.facts import meeting, opening, said
from tests.projections.strategies import histories
from tests.support.laws import examples


def captured(lead: str, source: str = "web", agreement: str | None = "inbound", at: float = 0) -> Envelope:
    return told(LeadCaptured(source=source, agreement=agreement), at, lead=lead)


def status(name: str, lead: str) -> Envelope:
    return told(LeadStatusChanged(status=name), 1, lead=lead)


def stages(built: House, source: str) -> list[tuple[object, object]]:
    return [(row["stage"], row["leads"]) for row in built.view("funnel", where={"source": source})]


async def shown(*facts: Envelope, partitions: int = 1) -> House:
    built = await house(partitions=partitions)
    await built.write(*facts)
    await built.show()
    return built


async def test_without_an_agreement_the_stages_are_captured_and_converted() -> None:
    built = await shown(captured("anna", agreement=None), status("Open", "anna"))
    assert built.view("funnel") == [
        {"source": "web", "stage": "captured", "leads": 1},
        {"source": "web", "stage": "converted", "leads": 0},
    ]


async def test_stages_come_in_the_order_of_the_file_zeros_included() -> None:
    built = await shown(captured("anna"), captured("bob", "fair"), status("Won", "anna"), status("Lost", "anna"))
    await built.publish("inbound", "Won", "Open", "Archived")
    await built.show()
    assert stages(built, "web") == [("captured", 1), ("Won", 1), ("Open", 0), ("Archived", 0), ("converted", 0)]
    assert stages(built, "fair") == [("captured", 1), ("Won", 0), ("Open", 0), ("Archived", 0), ("converted", 0)]


async def test_a_later_version_adds_its_statuses_after_the_earlier_ones() -> None:
    built = await shown(captured("anna"))
    await built.publish("inbound", "Open", "Won")
    await built.publish("inbound", "New", "Open", "Won", "Signed", version=2)
    await built.show()
    assert [stage for stage, _ in stages(built, "web")] == ["captured", "Open", "Won", "New", "Signed", "converted"]


async def test_a_status_is_a_stage_only_for_leads_whose_agreement_lists_it() -> None:
    built = await shown(
        captured("anna"), captured("bob", agreement="partners"), status("Open", "anna"), status("Open", "bob")
    )
    await built.publish("inbound", "Open")
    await built.publish("partners", "Signed")
    await built.show()
    assert stages(built, "web") == [("captured", 2), ("Open", 1), ("Signed", 0), ("converted", 0)]


async def test_sources_under_no_agreement_show_no_stages_of_another() -> None:
    built = await shown(captured("anna"), captured("bob", "fair", agreement=None), told(LeadConverted(), 2, lead="bob"))
    await built.publish("inbound", "Open")
    await built.show()
    assert stages(built, "fair") == [("captured", 1), ("converted", 1)]
    assert [stage for stage, _ in stages(built, "web")] == ["captured", "Open", "converted"]


async def test_response_times_are_one_row_also_when_there_are_no_leads() -> None:
    built = await shown()
    assert built.view("response-times") == [
        {
            "answered": 0,
            "leads": 0,
            "share_answered": None,
            "mean_seconds": None,
            "p50_seconds": None,
            "p90_seconds": None,
        }
    ]


async def test_percentiles_are_nearest_rank_and_the_mean_is_rounded_half_up() -> None:
    facts: list[Envelope] = []
    for n, minute in enumerate([1, 2, 3, 4, 5, 6, 7, 8, 9, 100.025], start=1):
        lead = f"lead-{n}"
        facts += [captured(lead), touched(lead, minute)]
    built = await shown(*facts, captured("never"), partitions=4)
    assert built.view("response-times") == [
        {
            "answered": 10,
            "leads": 11,
            "share_answered": 0.9091,
            "mean_seconds": 870,  # 8701 / 10
            "p50_seconds": 300,
            "p90_seconds": 540,
        }
    ]


def touched(lead: str, at: float) -> Envelope:
    return told(LeadTouched(channel="call", kind="dialled", direction="outbound"), at, lead=lead)


async def test_half_a_second_of_mean_is_rounded_up() -> None:
    built = await shown(captured("anna"), touched("anna", 1), captured("bob"), touched("bob", 61 / 60))
    (row,) = built.view("response-times")
    assert row["mean_seconds"] == 61


async def test_response_times_can_be_split_by_source() -> None:
    built = await shown(captured("anna"), touched("anna", 1), captured("bob", "fair"))
    rows = built.view("response-times", by="source")
    assert [(row["source"], row["answered"], row["leads"], row["p50_seconds"]) for row in rows] == [
        ("fair", 0, 1, None),
        ("web", 1, 1, 60),
    ]


async def test_every_view_answers_with_its_columns_in_order_and_complete_to_last() -> None:
    built = await house()
    await built.write(
        captured("anna"),
        told(LeadQualified(agreement="inbound", version=1, cycle=1, score=70), 1),
        told(clock(SlaStarted, target="30m")),
        told(clock(SlaBreached), 30),
        told(clock(SlaAnswered, answered_at=minutes(31), late_by_us=60_000_000), 31),
        told(LeadProfileUpdated(profile={"company.name": "Acme"}), 31),
        told(clock(SlaStarted, "effort", target="14d", due=90)),
        told(TaskCreated(task="t1", title="call"), 31),
        told(LeadConsentChanged(purpose="marketing_email", basis="consent", granted=True), 31),
        told(LeadBounced(channel="email", hard=True), 31),
        told(LeadFeedbackGiven(by="Radu", rating=4), 31),
        told(LeadSuspected(other="bob", key="name_at_company:9f"), 31),
        told(LeadOwnerRequested(pool="inbound/nord", number=1, rule="fallback", why="no other rule"), 31),
        captured("bob"),
        told(LeadTouched(channel="webinar", kind="attended", direction="inbound"), 5, lead="bob"),
        told(LeadConverted(opportunity="suite"), 32, lead="bob"),
    )
    await built.write(
        said("suite", 4.4, opening()),
        said("suite", 4.41, HygieneFlagged(kind="no_contact")),
        said("suite", 4.42, OpportunityContactAdded(contact="dana", role="champion")),
        said("slow", 1, opening()),
        said("quick", 1, opening()),
        said("quick", 2, OpportunityStageChanged(stage="proposal")),
        said("sold", 1, opening()),
        said("unrated", 1, opening(currency="RON")),
        said("sold", 3, OpportunityClosedWon()),
        log=OPPORTUNITY_EVENTS,
    )
    await built.write(
        said("sister", 1, AccountOpened(name="Sister", parent="acme")), said("acme", 1, AccountOpened(name="Acme")),
        log=ACCOUNT_EVENTS,
    )  # fmt: skip
    target = said("plan", 0, TargetSet(quarter="2026Q1", amount_minor=1, currency="EUR"))
    await built.write(target, *meeting(4), log=COUNCIL_EVENTS)
    await built.writer_at(60)
    await built.project(until=60)
    await built.show()
    for view in SHOWN:
        rows = read_view(built.store, view.name)
        assert rows or view.name == "prediction-calibration", "too few are converted to try predictions"
        for row in rows:
            assert list(row) == [column.name for column in answer_columns(view.name)]
            assert list(row)[-1] == "complete_to"
            assert row["complete_to"] == text(60)


async def test_where_compares_by_the_columns_type() -> None:
    built = await shown(captured("anna"), captured("bob", "", at=5), told(clock(SlaBreached), 30))
    assert [row["lead"] for row in built.view("leads", where={"captured_at": "2026-01-05T11:05:00+02:00"})] == ["bob"]
    assert [row["lead"] for row in built.view("leads", where={"is_test": "false", "source": "web"})] == ["anna"]
    assert [row["is_test"] for row in built.view("leads")] == [False, False]
    assert len(built.view("breaches", where={"version": "1"})) == 1
    assert built.view("breaches", where={"version": "2"}) == []


async def test_an_empty_value_finds_empty_cells() -> None:
    built = await shown(captured("anna"), captured("bob", ""), told(LeadConverted(), 9))
    assert [row["lead"] for row in built.view("leads", where={"source": ""})] == ["bob"]
    assert [row["lead"] for row in built.view("leads", where={"converted_at": ""})] == ["bob"]
    assert [row["lead"] for row in built.view("leads", where={"status": ""})] == ["anna", "bob"]


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("lead", {}, f"there are {', '.join(sorted(BY_NAME))}"),
        ("leads", {"where": {"nobody": "1"}}, "has no column 'nobody'; it has lead, phase"),
        ("leads", {"where": {"score": "high"}}, "score: 'high' is not a whole number"),
        ("leads", {"where": {"is_test": "perhaps"}}, "is not true or false"),
        ("leads", {"where": {"captured_at": "2026-01-05T11:05:00"}}, "an instant with a zone"),
        ("leads", {"by": "source"}, "cannot be split by 'source': not at all"),
        ("response-times", {"by": "lead"}, "only by source"),
    ],
)
async def test_a_question_that_cannot_be_answered_says_why(name: str, options: dict[str, object], says: str) -> None:
    built = await house()
    with pytest.raises(BadQuery, match=says):
        built.view(name, **options)


async def test_conditions_compare_and_sorting_puts_empty_cells_last() -> None:
    built = await shown(captured("anna"), captured("bob", at=5), captured("cleo", at=9), told(LeadConverted(), 20))
    later = [condition("captured_at>2026-01-05T09:00:00Z"), condition("captured_at<=2026-01-05T09:05:00Z")]
    assert [row["lead"] for row in built.view("leads", where=later)] == ["bob"]
    assert [row["lead"] for row in built.view("leads", where=[condition("converted_at!=")])] == ["anna"]
    assert [row["lead"] for row in built.view("leads", where=[condition("lead!=bob")])] == ["anna", "cleo"]
    assert [row["lead"] for row in built.view("leads", sort=["-captured_at"])] == ["cleo", "bob", "anna"]
    assert [row["lead"] for row in built.view("leads", sort=["converted_at", "-lead"])] == ["anna", "cleo", "bob"]
    assert [row["lead"] for row in built.view("leads", sort=["-lead"], limit=1)] == ["cleo"]


@pytest.mark.parametrize(("text", "says"), [("score", "expected COLUMN=VALUE"), ("=5", "expected COLUMN=VALUE")])
def test_a_condition_needs_a_column_and_a_sign(text: str, says: str) -> None:
    with pytest.raises(BadQuery, match=says):
        condition(text)


async def test_sorting_and_comparing_need_columns_and_values() -> None:
    built = await house()
    with pytest.raises(BadQuery, match="no column 'colour'"):
        built.view("leads", sort=["-colour"])
    with pytest.raises(BadQuery, match="expected a value"):
        built.view("leads", where=[condition("score>")])


CONDITIONS = st.lists(
    st.sampled_from(
        ["score>=20", "score=20", "score!=20", "score=", "score!=", "source=web", "source=", "source!=", "source!=web",
         "status<Won", "is_test=false", "captured_at>2026-01-05T09:10:00Z", "captured_at="]
    ),
    max_size=3,
)  # fmt: skip
SORTED = st.lists(st.sampled_from(["score", "-score", "source", "-captured_at", "status"]), max_size=2)


@settings(deadline=None, max_examples=examples(40))
@given(facts=histories(), where=CONDITIONS, sort=SORTED, limit=st.none() | st.integers(1, 3))
async def test_computed_rows_are_chosen_and_sorted_as_sql_does_it(
    facts: list[Envelope], where: list[str], sort: list[str], limit: int | None
) -> None:
    built = await shown(*facts)
    conditions, columns = [condition(text) for text in where], answer_columns("leads")
    expected = read_view(built.store, "leads", conditions, sort=sort, limit=limit)
    assert sifted(read_view(built.store, "leads"), columns, "leads", conditions, sort=sort, limit=limit) == expected
