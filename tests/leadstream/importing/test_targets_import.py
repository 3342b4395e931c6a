"""Targets and accounts come in by a mapping; neither waits for an empty deployment, since nothing falls due by them."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from events.account import AccountOpened, AccountOwnerChanged, AccountRelated
from events.instants import iso, to_us
from events.lead import LeadCaptured
from events.opportunity import TargetSet
from events.topics import ACCOUNT_EVENTS, COUNCIL_EVENTS
from leadstream.importing import DeadRow, MappingError, Translation, load_mapping, match_files, translate
from leadstream.importing.loading import ImportRefused, load
from tests.streams.agents.house import House, sent, types
from tests.streams.deciders.opportunities.deals import QUIET
from tests.support.given import happened

Translate = Callable[..., Translation]
TARGETS = """
name: plan
zone: UTC
files:
  - role: targets
    match: "*.csv"
    subject: plan
    time: at
    key: [target, at]
    rules:
      - fact: target.set
        data:
          quarter: {column: quarter, then: quarter}
          kind: {column: kind}
          region: {column: region}
          amount_minor: {column: amount, then: [{minor_units: 2}]}
          currency: EUR
"""
HEADER = "target,plan,at,quarter,kind,region,amount\n"
ROWS = HEADER + "1,fy26,2025-12-01,2026Q1,closed,north,1000.10\n2,fy26,2025-12-01,Q2 2026,,,20\n"
ACCOUNTS = """
name: crm
zone: UTC
files:
  - role: accounts
    match: "*.csv"
    subject: id
    time: at
    key: id
    rules:
      - also: true
        fact: account.opened
        data: {name: {column: name}, domain: {column: domain}, owner: {column: owner}}
      - when: {left_to: {present: true}}
        also: true
        fact: account.owner_changed
        at: left_at
        data: {owner: {column: left_to}}
      - when: {partner: {present: true}}
        fact: account.related
        subject: {column: partner}
        data: {other: {column: id}, kind: partner}
"""


def example(mappings: Path, name: str, file: str) -> Translation:
    mapping = load_mapping(mappings / name)
    return translate(mapping, match_files(mapping, [mappings / file]))


def why(dead: tuple[DeadRow, ...]) -> list[tuple[int, str, str]]:
    return [(each.line, each.field, each.reason) for each in dead]


def test_the_example_of_a_sheet_gives_its_targets_and_names_the_row_that_is_none(mappings: Path) -> None:
    made = example(mappings, "targets.yaml", "targets.csv")
    facts = [(each.subject, iso(each.occurred_at), each.fact) for each in made.facts()]
    first, last = "2024-12-01T22:00:00Z", "2025-02-16T22:00:00Z"
    eur = {"currency": "EUR", "by": "management"}
    assert facts == [
        ("fy25", first, TargetSet(quarter="2025Q1", amount_minor=120_000_000, **eur)),
        ("fy25", first, TargetSet(quarter="2025Q1", amount_minor=70_000_000, region="north", **eur)),
        ("fy25", first, TargetSet(quarter="2025Q1", amount_minor=50_000_000, region="south", **eur)),
        (
            "fy25",
            first,
            TargetSet(quarter="2025Q1", kind="pipe_generation", amount_minor=240_000_050, role="BDR", **eur),
        ),
        ("fy25", last, TargetSet(quarter="2025Q1", amount_minor=45_000_000, region="south", **eur)),
    ]
    assert why(made.dead) == [
        (
            7,
            "data.quarter",
            "column `quarter` 'January 2025' is no quarter; expected one such as 2026Q3, Q3 2026 or FY26-Q3",
        )
    ]


def test_the_example_of_a_planning_tool_gives_quotas_of_people_and_positions(mappings: Path) -> None:
    made = example(mappings, "xactly.yaml", "xactly_quotas.csv")
    usd = {"currency": "USD"}
    assert [(each.subject, each.fact) for each in made.facts()] == [
        ("xactly-P100", TargetSet(quarter="2025Q1", amount_minor=25_000_000, owner="rep-100", **usd)),
        ("xactly-P100", TargetSet(quarter="2025Q2", amount_minor=27_500_000, owner="rep-100", **usd)),
        ("xactly-P200", TargetSet(quarter="2025Q1", amount_minor=18_000_050, owner="rep-200", **usd)),
        (
            "xactly-P300",
            TargetSet(quarter="2025Q1", kind="pipe_generation", amount_minor=90_000_000, role="BDR", **usd),
        ),
        ("xactly-P200", TargetSet(quarter="2025Q1", amount_minor=16_500_050, owner="rep-200", **usd)),
    ]
    assert [(line, field) for line, field, _ in why(made.dead)] == [(7, "data.quarter"), (8, "data.amount_minor")]
    assert len({each.id for each in made.facts()}) == 5


@pytest.mark.parametrize(
    ("row", "field", "said"),
    [
        ("3,fy26,2025-12-01,2026Q1,closed,,12.345", "data.amount_minor", "amount with at most 2 decimals"),
        ("3,fy26,2025-12-01,2026Q1,closed,,-1", "data.amount_minor", ">= 0"),
        ("3,fy26,2025-12-01,2026Q1,closed,,", "data.amount_minor", "is required and blank"),
        ("3,fy26,2025-12-01,2026Q1,won,,1", "data.kind", "'won'"),
        ("3,fy26,2025-12-01,2026Q5,closed,,1", "data.quarter", "is no quarter"),
        ("3,,2025-12-01,2026Q1,closed,,1", "subject", "is blank"),
        ("3,fy26,,2026Q1,closed,,1", "key", "is blank"),
    ],
)
def test_a_row_that_is_no_target_is_a_dead_row_with_line_field_and_reason(
    translated: Translate, row: str, field: str, said: str
) -> None:
    made = translated(TARGETS, {"plan.csv": f"{ROWS}{row}\n"})
    ((line, found, reason),) = why(made.dead)
    assert (line, found) == (4, field)
    assert said in reason


def test_what_is_wrong_in_a_mapping_of_targets_is_said_with_its_line() -> None:
    with pytest.raises(MappingError) as refused:
        load_mapping(TARGETS.replace("          currency: EUR\n", "").replace("{column: kind}", "won"))
    assert str(refused.value).splitlines() == [
        "mapping: line 12: files[0].rules[0].data: target.set needs the field currency",
        "mapping: line 14: files[0].rules[0].data.kind: expected one of closed, pipe_generation; found 'won'",
    ]


async def test_targets_and_accounts_come_into_the_logs_of_what_they_are_about(translated: Translate) -> None:
    house = await House().open(QUIET)
    plan = translated(TARGETS, {"plan.csv": ROWS})
    loaded = await load(house.log, house.partitions, plan, "plan", lambda _: None)
    assert (loaded.facts, loaded.as_happened) == (2, True)
    rows = (
        "id,at,name,domain,owner,left_to,left_at,partner\n"
        "a,2026-01-01,Acme,acme.example,ines,radu,2026-01-03,b\nb,2026-01-02,Bolt,,,,,\n"
    )
    await load(house.log, house.partitions, translated(ACCOUNTS, {"a.csv": rows}), "crm", lambda _: None)
    await house.run()
    assert [each.data for each in await house.told("fy26", COUNCIL_EVENTS)] == [
        TargetSet(quarter="2026Q1", amount_minor=100_010, currency="EUR", region="north"),
        TargetSet(quarter="2026Q2", amount_minor=2_000, currency="EUR"),
    ]
    acme = await house.told("a", ACCOUNT_EVENTS)
    assert [each.data for each in acme if each.source == "/import/crm"] == [
        AccountOpened(name="Acme", domain="acme.example", owner="ines"),
        AccountOwnerChanged(owner="radu"),
    ]
    assert iso(to_us(acme[-1].time)) == "2026-01-03T00:00:00Z"
    bolt = [each.data for each in await house.told("b", ACCOUNT_EVENTS) if each.source == "/import/crm"]
    assert bolt == [AccountRelated(other="a", kind="partner"), AccountOpened(name="Bolt")]
    assert await house.dead() == []


async def test_targets_come_at_any_time_and_are_known_from_then_on(translated: Translate) -> None:
    house = await House().open(QUIET)
    await house.send(sent(happened(LeadCaptured(source="web"), 0)))
    await house.run()
    plan = translated(TARGETS, {"plan.csv": ROWS})
    loaded = await load(house.log, house.partitions, plan, "plan", lambda _: None)
    assert (loaded.facts, loaded.repeated, loaded.as_happened) == (2, False, False)
    again = await load(house.log, house.partitions, plan, "plan", lambda _: None)
    assert (again.repeated, again.as_happened) == (True, False)
    await house.run()
    told = await house.told("fy26", COUNCIL_EVENTS)
    assert types(told) == ["TargetSet", "TargetSet"]
    assert {iso(to_us(each.time)) for each in told} == {"2025-12-01T00:00:00Z"}
    assert {each.recordedat for each in told} == {datetime.fromtimestamp(house.wall.now / 1_000_000, UTC)}
    mixed = TARGETS + "      - fact: lead.captured\n"
    mixed = mixed.replace("      - fact: target.set", "      - also: true\n        fact: target.set")
    with pytest.raises(ImportRefused):
        await load(house.log, house.partitions, translated(mixed, {"plan.csv": ROWS}), "mixed", lambda _: None)


async def test_history_of_leads_may_follow_targets_that_were_set_later(translated: Translate) -> None:
    house = await House().open(QUIET)
    await load(house.log, house.partitions, translated(TARGETS, {"plan.csv": ROWS}), "plan", lambda _: None)
    leads = TARGETS.replace("name: plan", "name: leads")
    leads = (
        leads[: leads.index("      - fact")] + "      - fact: lead.captured\n        data: {source: {column: plan}}\n"
    )
    older = translated(leads, {"leads.csv": ROWS.replace("2025-12", "2025-06")})
    loaded = await load(house.log, house.partitions, older, "leads", lambda _: None)
    assert loaded.as_happened
    await house.run()
    assert types(await house.told("fy26")) == ["LeadCaptured", "LeadCaptured"]
    assert await house.dead() == []


def test_what_is_still_to_happen_is_a_dead_row(mappings: Path) -> None:
    mapping = load_mapping(mappings / "targets.yaml")
    files = match_files(mapping, [mappings / "targets.csv"])
    made = translate(mapping, files, until=to_us(datetime(2025, 1, 1, tzinfo=UTC)))
    assert [(each.line, each.field) for each in made.dead] == [(6, "time"), (7, "data.quarter")]
    assert "2025-02-16T22:00:00Z lies in the future" in made.dead[0].reason


async def test_a_plan_of_more_targets_than_it_knows_again_stands_as_it_was_when_it_comes_twice(
    translated: Translate,
) -> None:
    house = await House().open(QUIET)
    rows = HEADER + "".join(f"{number},fy26,2025-12-01,2026Q1,closed,r{number},{number}\n" for number in range(600))
    plan, kept = translated(TARGETS, {"plan.csv": rows}), []
    for _ in range(2):
        await load(house.log, house.partitions, plan, "plan", lambda _: None)
        await house.run()
        last = {each.data.region: each.data for each in await house.told("fy26", COUNCIL_EVENTS)}
        kept.append(last)
    assert kept[0] == kept[1]
    assert len(kept[0]) == 600
    assert await house.dead() == []
