"""Real deals through the whole of it, against figures counted from the files with nothing but `csv`."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from tests.system.conftest import MakeHome
from tests.system.homes import EXAMPLES, Home, differences, loaded, translated
from tests.system.real_rows import asked, dead_letters, month_of, quarter_of, ran, rows_of

pytestmark = [pytest.mark.data, pytest.mark.slow]

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
DEAL = 100
"""Minor units that each deal counts for: its file knows no amount, so that sums of money are numbers of deals."""
DEALS_AGREEMENT = """
agreement: marketplace
version: 1
effective_from: 2017-01-01T00:00:00-03:00
pipeline:
  stages: {Negotiation: {forecast: pipeline}, Won: {forecast: closed}}
  currency: BRL
  timezone: America/Sao_Paulo
  hygiene: {checks: []}
"""


class Deal(NamedTuple):
    """A won deal as the files tell it.

    What was won before the first contact had no origin then: pipe is generated with what is said when it is opened.
    """

    lead: str
    month: str
    segment: str
    origin: str
    origin_when_won: str
    sales: str
    developer: str


@pytest.fixture(scope="module")
def deals(shared_data: Path) -> list[Deal]:
    leads = {row["mql_id"]: row for row in rows_of(shared_data / "olist_marketing_qualified_leads_dataset.csv")}
    assert len(leads) == 8_000
    found = list[Deal]()
    for row in rows_of(shared_data / "olist_closed_deals_dataset.csv"):
        lead = leads[row["mql_id"]]
        when_won = lead["origin"] if lead["first_contact_date"] <= row["won_date"] else ""
        month, segment, people = row["won_date"][:7], row["business_segment"], (row["sr_id"], row["sdr_id"])
        found.append(Deal(row["mql_id"], month, segment, lead["origin"], when_won, *people))
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def marketplace(make_home: MakeHome, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The marketplace's leads and deals, each deal for one real."""
    text = (EXAMPLES / "imports/olist_pipeline.yaml").read_text()
    told = 'opportunity: { template: "deal-{mql_id}" }\n'
    assert text.count(told) == 1
    mapping = tmp_path_factory.mktemp("deals") / "mapping.yaml"
    mapping.write_text(text.replace(told, f"{told}              amount_minor: {DEAL}\n              currency: BRL\n"))
    files = [shared_data / f"olist_{name}_dataset.csv" for name in ("marketing_qualified_leads", "closed_deals")]
    home = make_home("embedded", partitions=4)
    await loaded(home, translated(mapping, *files), DEALS_AGREEMENT)
    await ran(home)
    return home


BY: dict[str, tuple[Callable[[Deal], str], Callable[[dict[str, Any]], str]]] = {
    "month": (lambda deal: deal.month, lambda row: month_of(row["closed_at"], SAO_PAULO)),
    "segment": (lambda deal: deal.segment, lambda row: row["segment"] or ""),
    "origin": (lambda deal: deal.origin, lambda row: row["source"] or ""),
    "sales rep": (lambda deal: deal.sales, lambda row: row["owner"] or ""),
    "developer": (lambda deal: deal.developer, lambda row: row["opener"] or ""),
}


@pytest.mark.parametrize("dimension", BY)
def test_deals_won_are_those_of_the_file(marketplace: Home, deals: list[Deal], dimension: str) -> None:
    of_file, of_view = BY[dimension]
    won = [row for row in asked(marketplace, "opportunities") if row["status"] == "won"]
    counted = Counter(of_file(deal) for deal in deals)
    assert counted.total() == len(won) == 842
    assert Counter(of_view(row) for row in won) == counted


def test_the_origin_of_a_deal_is_that_of_its_lead_and_one_that_was_won_before_the_first_contact_is_not_lost(
    marketplace: Home, deals: list[Deal], shared_data: Path
) -> None:
    leads = {row["lead"]: row for row in asked(marketplace, "leads")}
    found = {row["lead"]: row for row in asked(marketplace, "opportunities")}
    assert len(leads) == 8_000
    assert found.keys() == {deal.lead for deal in deals}
    assert Counter(leads[lead]["source"] for lead in found) == Counter(deal.origin for deal in deals)
    contacts = rows_of(shared_data / "olist_marketing_qualified_leads_dataset.csv")
    first = {row["mql_id"]: row["first_contact_date"] for row in contacts}
    (early,) = [
        (row["mql_id"], row["won_date"])
        for row in rows_of(shared_data / "olist_closed_deals_dataset.csv")
        if row["won_date"] < first[row["mql_id"]]
    ]
    row = found[early[0]]
    at = datetime.fromisoformat(row["closed_at"]).astimezone(SAO_PAULO)
    assert (row["status"], f"{at:%Y-%m-%d %H:%M:%S}") == ("won", early[1])
    assert row["source"] == leads[early[0]]["source"] == "organic_search"


@pytest.mark.parametrize("cut", ["", "segment", "source", "segment+source"])
def test_the_matrix_of_each_quarter_sums_to_the_deals_of_the_file(
    marketplace: Home, deals: list[Deal], cut: str
) -> None:
    names = [name for name in cut.split("+") if name]
    measures = {"closed_acv": lambda deal: deal.origin, "pipe_generation": lambda deal: deal.origin_when_won}
    for measure, source in measures.items():
        counted: defaultdict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
        for deal in deals:
            values = {"segment": deal.segment, "source": source(deal)}
            counted[quarter_of(deal.month)][tuple(values[name] for name in names)] += DEAL
        assert sorted(counted) == ["2017Q4", "2018Q1", "2018Q2", "2018Q3", "2018Q4"]
        for quarter, wanted in counted.items():
            cells = asked(marketplace, "matrix", by=cut or None, where={"quarter": quarter, "measure": measure})
            found = {tuple(cell[name] or "" for name in names): cell["amount_minor"] for cell in cells}
            assert {group: amount for group, amount in found.items() if amount} == wanted, (quarter, measure)


async def test_the_marketplace_is_verified(marketplace: Home) -> None:
    assert await differences(marketplace) == []
    assert await dead_letters(marketplace) == 0
