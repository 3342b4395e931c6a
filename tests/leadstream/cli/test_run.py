import re

from events.topics import ACCOUNT_EVENTS, LEAD_EVENTS, OPPORTUNITY_EVENTS
from tests.leadstream.cli.house import House, fact

DUE = "2012-01-02T00:00:00"


def sla(house: House) -> tuple[int, int, str]:
    (row,) = house.rows("view", "sla")
    return row["breached"], row["open"], row["complete_to"]


def test_until_fires_what_is_due_before_it_and_not_what_is_due_at_it(house: House) -> None:
    house.publish_agreement()
    house.import_history()
    house.decide()
    assert sla(house) == (0, 1, "2012-01-01T03:00:00.000000Z")
    house.decide("--until", DUE)
    assert sla(house) == (0, 1, f"{DUE}.000000Z")
    house.decide("--until", f"{DUE}.000001Z")
    assert sla(house) == (1, 0, f"{DUE}.000001Z")
    (breach,) = house.rows("view", "breaches")
    assert breach["due"] == f"{DUE}.000000Z"


def test_time_passes_up_to_now_at_most(house: House) -> None:
    assert "9000-01-01T00:00:00Z is still to come" in house.misused("run", "--until-idle", "--until", "9000-01-01")


def test_until_knows_zones(house: House) -> None:
    house.publish_agreement()
    house.import_history()
    house.decide("--until", "2012-01-02T02:00:00.000001+02:00")
    assert sla(house) == (1, 0, f"{DUE}.000001Z")


def test_running_again_does_nothing(house: House) -> None:
    house.publish_agreement()
    house.import_history()
    house.decide("--until", "2012-01-03")
    before = [house.rows("lead", "ann"), house.rows("view", "leads")]
    said = house.run("run", "--until-idle").stdout
    assert said.startswith("0 inbox records decided, 0 facts projected")
    assert said.endswith("complete to 2012-01-03T00:00:00Z\n")
    assert [house.rows("lead", "ann"), house.rows("view", "leads")] == before


def test_what_is_decided_and_projected_is_counted_whoever_it_is_about(house: House) -> None:
    plant = {"account": "acme", "name": "Plant", "stage": "Open", "amount_minor": 100}
    house.history(
        fact("lead.captured", "ann", 1, "2012-01-01T09:00:00Z", source="web"),
        fact("opportunity.opened", "o-1", 2, "2012-01-02T09:00:00Z", currency="EUR", owner="Ines", **plant),
        fact("opportunity.opened", "o-2", 3, "2012-01-02T09:00:00Z", currency="EUR", **plant),
    )
    counted = re.match(r"(\d+) inbox records decided, (\d+) facts projected, ", house.run("run", "--until-idle").stdout)
    assert counted is not None
    decided, projected = map(int, counted.groups())
    facts = {topic: sum(map(len, house.records(topic))) for topic in (LEAD_EVENTS, OPPORTUNITY_EVENTS, ACCOUNT_EVENTS)}
    assert projected == sum(facts.values())
    told = sum(len(each) for each in house.records("account-inbox"))
    assert decided == 3 + told > 3, "an account is told who has its opportunity, in a record of its inbox"


def test_the_history_runs_to_the_same_rows_in_any_number_of_partitions(house: House, told: House) -> None:
    other = House(house.folder, partitions=5)
    other.publish_agreement()
    other.import_history()
    other.decide("--until", "2012-01-03")
    for name in ("leads", "funnel", "sla", "response-times", "breaches"):
        assert other.rows("view", name) == told.rows("view", name)
    assert other.rows("lead", "ann") == told.rows("lead", "ann")
