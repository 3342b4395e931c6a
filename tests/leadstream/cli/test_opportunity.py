"""From a cell of the matrix to its opportunities, and from them to their facts: the same numbers at each step."""

import csv
import io
import json
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from tests.leadstream.cli.house import AGREEMENT, House, fact

PIPELINE = """\
pipeline:
  stages: {Discovery: {forecast: pipeline}, Negotiation: {forecast: commit}, Won: {forecast: closed}}
  currency: EUR
  rates: {USD: [{from: 2011-01-01, rate: "0.8"}]}
  hygiene: {grace: 2d, untouched_for: 90d}
"""
RATES = {"EUR": Decimal(1), "USD": Decimal("0.8")}


def opened(deal: str, number: int, amount: int, day: str, **more: Any) -> bytes:
    told = {"account": "acme", "name": f"Plant {deal}", "stage": "Discovery", "close_date": "2012-03-20", **more}
    return fact("opportunity.opened", deal, number, f"{day}T09:00:00Z", amount_minor=amount, **told)


def late(line: bytes, recorded: str) -> bytes:
    """The same fact, which became known later."""
    return json.dumps({**json.loads(line), "recorded": recorded}).encode()


TOLD = (
    opened("o-1", 1, 500, "2012-01-10", region="north", owner="Ines", opener="Ben", opener_role="BDR"),
    opened("o-2", 2, 1000, "2012-01-11", region="north", currency="USD"),
    opened("o-3", 3, 70, "2012-01-12", region="south"),
    fact("opportunity.product_added", "o-1", 4, "2012-01-13T09:00:00Z", line="1", product="app", amount_minor=600),
    fact("opportunity.product_added", "o-1", 5, "2012-01-14T09:00:00Z", line="2", product="data", amount_minor=300),
    fact("opportunity.contact_added", "o-1", 6, "2012-01-15T09:00:00Z", contact="ada", role="buyer", primary=True),
    fact("opportunity.stage_changed", "o-2", 7, "2012-01-20T09:00:00Z", stage="Negotiation"),
    fact("opportunity.closed_won", "o-3", 8, "2012-02-01T09:00:00Z", reason="price"),
    late(fact("opportunity.amended", "o-2", 9, "2012-01-19T09:00:00Z", amount_minor=2000), "2012-02-10T09:00:00Z"),
    fact("opportunity.amended", "o-1", 10, "2012-02-12T09:00:00Z", next_step="call ada"),
)
LATER = opened("o-4", 11, 40, "2012-01-18", close_date="2012-05-02", region="south")
THEN = ("--as-of", "2012-02-15T00:00:00Z")
KNOWN = ("--known-at", "2012-02-05T00:00:00Z")
WAYS = (THEN, KNOWN, (*THEN, *KNOWN), ("--as-of", "2012-01-13T12:00:00Z"))


@pytest.fixture(scope="module")
def sold(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Four opportunities, one of them in dollars and with an amendment that was told late; only to be read."""
    house = House(tmp_path_factory.mktemp("sold"))
    house.publish_agreement(AGREEMENT + PIPELINE)
    house.history(*TOLD, LATER)
    house.decide("--until", "2012-02-20")
    return house


def story(house: House, deal: str, *times: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(house.run("opportunity", deal, *times, "--format", "json").stdout)
    return found


@pytest.mark.parametrize("times", WAYS)
def test_a_cell_is_the_sum_of_its_opportunities_and_each_of_them_what_its_facts_come_to(
    sold: House, times: tuple[str, ...]
) -> None:
    cells = [row for row in sold.rows("view", "matrix", "--by", "region", *times) if row["measure"] != "coverage"]
    assert {row["region"] for row in cells} == {"north", "south"}
    for cell in cells:
        where = ("--where", f"region={cell['region']}", "--where", f"measure={cell['measure']}")
        opportunities = sold.rows("view", "matrix-opportunities", *where, *times)
        assert sum(row["amount_minor"] for row in opportunities) == cell["amount_minor"], cell
        if cell["measure"] == "pipe_generation":  # what it was when it first had an amount, whatever became of it
            continue
        adds = Counter[str]()
        for row in opportunities:
            adds[row["opportunity"]] += row["amount_minor"]
        for deal, added in adds.items():
            told = story(sold, deal, *times)
            last = told["facts"][-1]
            assert (last["amount_minor"], last["currency"]) == (told["amount_minor"], told["currency"])
            assert added == told["amount_minor"] * RATES[told["currency"]]
            assert not told["lines"] or told["amount_minor"] == sum(line["amount_minor"] for line in told["lines"])
            key = ("quarter", "measure", "region")
            assert added == sum(
                row["amount_minor"] for row in told["cells"] if [row[n] for n in key] == [cell[n] for n in key]
            )


def test_what_was_told_late_is_marked_and_not_known_before(sold: House) -> None:
    now, then = story(sold, "o-2", *THEN), story(sold, "o-2", *WAYS[2])
    assert (now["amount_minor"], then["amount_minor"]) == (2000, 1000)
    ((told, recorded),) = [(row["occurred_at"], row["recorded_at"]) for row in now["facts"] if row["late"]]
    assert (told, recorded) == ("2012-01-19T09:00:00.000000Z", "2012-02-10T09:00:00.000000Z")
    assert not any(row["late"] for row in then["facts"])


def test_the_facts_of_a_story_are_those_of_the_timeline(sold: House) -> None:
    for deal in ("o-1", "o-2", "o-3"):
        rows = sold.rows("view", "opportunity-timeline", "--where", f"opportunity={deal}")
        told = story(sold, deal)["facts"]
        assert [{name: row[name] for name in row if name in told[0]} for row in rows] == [
            {name: row[name] for name in row if name in rows[0]} for row in told
        ]
        table = csv.DictReader(io.StringIO(sold.run("opportunity", deal, "--format", "csv").stdout))
        assert [row["fact"] for row in table] == [row["fact"] for row in told]
        assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1))


def test_it_stands_in_the_quarter_in_which_it_was_opened_and_in_the_one_in_which_it_is_to_close(sold: House) -> None:
    cells = [(row["quarter"], row["measure"], row["amount_minor"]) for row in story(sold, "o-4", *THEN)["cells"]]
    assert cells == [("2012Q1", "pipe_generation", 40), ("2012Q2", "open_pipe", 40)]


def test_people_see_where_it_stands_what_is_untidy_who_is_in_it_and_what_it_counts_to(sold: House) -> None:
    text = sold.run("opportunity", "o-1", *THEN, "--zone", "Europe/Bucharest").stdout
    assert text.splitlines()[:3] == [
        "opportunity o-1  Plant o-1",
        "status: open  stage: Discovery  forecast: pipeline  amount: 9.00 EUR  close date: 2012-03-20",
        "owner: Ines  opener: Ben (BDR)  account: acme  opened: 2012-01-10 11:00:00  times in: Europe/Bucharest",
    ]
    assert "\nnext step: call ada\n" in text
    flags, _, cells = text.partition("\nhygiene\n")[2].partition("\ncells of the matrix\n")
    assert "no_next_step" in flags
    assert "mended" in flags
    assert "buyer" in text.partition("\ncontacts\n")[2]
    assert "open_pipe" in cells
    assert "product app, region north, owner Ines, opener_role BDR" in cells
    assert "  6.00 EUR" in cells


def test_an_opportunity_nobody_told_of_or_not_by_then_is_refused(sold: House) -> None:
    assert "run --until-idle" in sold.refused("opportunity", "o-9")
    assert "and were known, then" in sold.refused("opportunity", "o-1", "--known-at", "2012-01-01")


def test_what_no_figure_counts_for_want_of_a_rate_is_told_as_that(house: House) -> None:
    house.publish_agreement(AGREEMENT + PIPELINE.replace("from: 2011-01-01", "from: 2012-02-01"))
    house.history(opened("o-1", 1, 500, "2012-01-10", currency="USD"))
    house.decide("--until", "2012-01-12")
    told = story(house, "o-1")
    assert (told["amount_minor"], told["currency"]) == (500, "USD")
    assert told["cells"] == []
    assert {(row["measure"], row["amount_minor"]) for row in told["left_out"]} == {
        ("open_pipe", 500), ("pipe_generation", 500),
    }  # fmt: skip
    assert "open_pipe" in house.run("opportunity", "o-1").stdout.partition("\nin no figure for want of a rate\n")[2]
