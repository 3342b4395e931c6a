"""A history of opportunities comes in as one of leads does: by a mapping, into the inbox of what each fact is about."""

from collections.abc import Callable
from datetime import date

import pytest

from events.opportunity import OpportunityClosedWon, OpportunityOpened, OpportunityStageChanged
from events.topics import LEAD_INBOX, OPPORTUNITY_EVENTS, OPPORTUNITY_INBOX
from leadstream.importing import Translation
from leadstream.importing.loading import ImportRefused, load
from tests.streams.agents.house import House, sent, types
from tests.streams.deciders.opportunities.deals import OPENED, QUIET
from tests.support.given import happened

MAPPING = """
name: crm
zone: UTC
files:
  - role: deals
    match: deals.csv
    subject: deal
    time: at
    rules:
      - when: {what: created}
        fact: opportunity.opened
        data:
          account: {column: account}
          name: {column: account}
          stage: {column: stage}
          amount_minor: {column: cents, then: integer}
          currency: EUR
          close_date: {column: closes}
      - when: {what: won}
        fact: opportunity.closed_won
      - fact: opportunity.stage_changed
        data: {stage: {column: stage}}
"""
ROWS = """deal,at,what,account,stage,cents,closes
d1,2025-06-01,created,acme,Discovery,125000,2025-09-30
d1,2025-06-20,moved,,Proposal,,
d1,2025-07-01,won,,,,
"""


async def test_rows_become_facts_about_opportunities_and_are_decided(translated: Callable[..., Translation]) -> None:
    house = await House().open(QUIET)
    made = translated(MAPPING, {"deals.csv": ROWS})
    loaded = await load(house.log, house.partitions, made, "digest", lambda _: None)
    assert (loaded.facts, len(await house.records(OPPORTUNITY_INBOX)), len(await house.records(LEAD_INBOX))) == (
        3,
        3,
        1,
    )
    await house.run()
    told = await house.told("d1", OPPORTUNITY_EVENTS)
    assert types(told) == [
        "OpportunityOpened",
        "OpportunityOwnerTold",
        "OpportunityStageChanged",
        "OpportunityClosedWon",
        "OpportunityOwnerTold",
    ]
    assert told[0].data == OpportunityOpened(
        account="acme",
        name="acme",
        stage="Discovery",
        forecast="pipeline",
        amount_minor=125_000,
        currency="EUR",
        close_date=date(2025, 9, 30),
    )
    assert (told[2].data, told[3].data) == (
        OpportunityStageChanged(stage="Proposal", forecast="best_case"),
        OpportunityClosedWon(),
    )
    assert await house.dead() == []


@pytest.mark.parametrize("closes", ["30.09.2025", "2025-02-30"])
def test_a_day_that_is_none_is_a_dead_row_with_its_field(translated: Callable[..., Translation], closes: str) -> None:
    made = translated(MAPPING, {"deals.csv": ROWS.replace("2025-09-30", closes)})
    (dead,) = made.dead
    assert (dead.line, dead.field) == (2, "data.close_date")


async def test_a_history_is_not_loaded_behind_what_opportunities_know(translated: Callable[..., Translation]) -> None:
    house = await House().open(QUIET)
    await house.send(sent(happened(OPENED, 0), "deal"), inbox=OPPORTUNITY_INBOX)
    made = translated(MAPPING, {"deals.csv": ROWS})
    with pytest.raises(ImportRefused):
        await load(house.log, house.partitions, made, "digest", lambda _: None)
