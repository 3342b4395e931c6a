"""Real offers of loans as opportunities, against figures counted from the file with nothing but `csv`."""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from events.opportunity import OpportunityOpened
from events.topics import OPPORTUNITY_EVENTS, OPPORTUNITY_INBOX
from tests.streams.agents.house import House, sent
from tests.support.given import Arrival
from tests.system.conftest import MakeHome
from tests.system.homes import Home, differences, loaded, translated
from tests.system.real_rows import asked, dead_letters, month_of, quarter_of, ran, rows_of

pytestmark = [pytest.mark.data, pytest.mark.slow]

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
OFFERS_AGREEMENT = """
agreement: loans
version: 1
effective_from: 2011-01-01T00:00:00+01:00
pipeline:
  stages:
    Created: {forecast: pipeline}
    Sent: {forecast: best_case}
    Returned: {forecast: most_likely}
    Accepted: {forecast: commit}
    Approved: {forecast: closed}
  currency: EUR
  timezone: Europe/Amsterdam
  hygiene: {checks: []}
"""
OFFERS_MAPPING = """
name: offers
files:
  - role: offers
    match: "*.csv"
    subject: offer
    time: at
    rules:
      - when: {step: O_CREATED}
        fact: opportunity.opened
        data:
          account: {column: application}
          name: {column: offer}
          stage: Created
          amount_minor: {column: amount, then: {minor_units: 2}}
          currency: EUR
          opener: {column: by}
      - when: {step: O_SENT}
        fact: opportunity.stage_changed
        data: {stage: Sent}
      - when: {step: O_SENT_BACK}
        fact: opportunity.stage_changed
        data: {stage: Returned}
      - when: {step: O_ACCEPTED}
        fact: opportunity.stage_changed
        data: {stage: Accepted}
      - when: {step: {in: [O_DECLINED, O_CANCELLED]}}
        fact: opportunity.closed_lost
        data: {reason: {column: step}}
      - when: {step: A_APPROVED}
        fact: opportunity.closed_won
        data: {by: {column: by}}
"""
OFFER_STEPS = ("O_CREATED", "O_SENT", "O_SENT_BACK", "O_ACCEPTED", "O_DECLINED", "O_CANCELLED", "A_APPROVED")


@pytest.fixture(scope="module")
def offer_file(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The steps of offers with a name for each offer, which the event log has not: a case has one at a time."""
    target, number = tmp_path_factory.mktemp("offers") / "offers.csv", Counter[str]()
    with target.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("offer", "application", "at", "step", "amount", "by"))
        for row in rows_of(shared_data / "bpi2012_loan_funnel.csv.gz"):
            case, step = row["case:concept:name"], row["concept:name"]
            if step in OFFER_STEPS:
                number[case] += step == "O_CREATED"
                name = f"{case}-{number[case]}"
                writer.writerow((name, case, row["time:timestamp"], step, row["case:AMOUNT_REQ"], row["org:resource"]))
    return target


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def offers(make_home: MakeHome, offer_file: Path) -> Home:
    home = make_home("embedded", partitions=4)
    mapping = offer_file.with_name("mapping.yaml")
    mapping.write_text(OFFERS_MAPPING)
    await loaded(home, translated(mapping, offer_file), OFFERS_AGREEMENT)
    await ran(home)
    return home


class Sums(NamedTuple):
    """How many, and their amounts in cents."""

    number: int
    cents: int


def summed(pairs: Iterator[tuple[str, int]]) -> dict[str, Sums]:
    found: dict[str, Sums] = {}
    for name, cents in pairs:
        before = found.get(name, Sums(0, 0))
        found[name] = Sums(before.number + 1, before.cents + cents)
    return found


def of_file(shared_data: Path, step: str) -> dict[str, Sums]:
    """Straight from the event log: the steps of a kind by month, which its times have in local time."""
    return summed(
        (row["time:timestamp"][:7], int(row["case:AMOUNT_REQ"]) * 100)
        for row in rows_of(shared_data / "bpi2012_loan_funnel.csv.gz")
        if row["concept:name"] == step
    )


def test_offers_created_are_opportunities_opened_by_month_number_and_amount(offers: Home, shared_data: Path) -> None:
    rows = asked(offers, "opportunities")
    opened = summed((month_of(row["opened_at"], AMSTERDAM), row["amount_minor"]) for row in rows)
    assert opened == of_file(shared_data, "O_CREATED")
    assert sum(each.number for each in opened.values()) == 7_030


@pytest.mark.parametrize(
    ("step", "status", "reason", "number"),
    [
        ("A_APPROVED", "won", "", 2_246),
        ("O_CANCELLED", "lost", "O_CANCELLED", 3_655),
        ("O_DECLINED", "lost", "O_DECLINED", 802),
    ],
)
def test_what_became_of_offers_is_told_by_month_number_and_amount(
    offers: Home, shared_data: Path, step: str, status: str, reason: str, number: int
) -> None:
    rows = [row for row in asked(offers, "opportunities") if (row["status"], row["reason"] or "") == (status, reason)]
    ended = summed((month_of(row["closed_at"], AMSTERDAM), row["amount_minor"]) for row in rows)
    assert ended == of_file(shared_data, step)
    assert sum(each.number for each in ended.values()) == number


def test_offers_that_nothing_became_of_are_open_in_the_stage_of_their_last_step(offers: Home, offer_file: Path) -> None:
    last: dict[str, str] = {}
    for row in rows_of(offer_file):
        last[row["offer"]] = row["step"]
    stages = {"O_CREATED": "Created", "O_SENT": "Sent", "O_SENT_BACK": "Returned"}
    left = {offer: stages[step] for offer, step in last.items() if step in stages}
    still_open = [row for row in asked(offers, "opportunities") if row["status"] == "open"]
    assert {row["opportunity"]: row["stage"] for row in still_open} == left
    assert len(left) == 327


@pytest.mark.parametrize("quarter", ["2011Q4", "2012Q1"])
def test_the_matrix_of_a_quarter_sums_to_the_amounts_of_the_file(offers: Home, shared_data: Path, quarter: str) -> None:
    cells = {cell["measure"]: cell["amount_minor"] for cell in asked(offers, "matrix", where={"quarter": quarter})}
    for measure, step in (("closed_acv", "A_APPROVED"), ("pipe_generation", "O_CREATED")):
        months = of_file(shared_data, step)
        assert cells[measure] == sum(each.cents for month, each in months.items() if quarter_of(month) == quarter)


class Step(NamedTuple):
    """A step of an offer in the file."""

    at: datetime
    step: str


STAGE_OF = {"O_CREATED": "Created", "O_SENT": "Sent", "O_SENT_BACK": "Returned", "O_ACCEPTED": "Accepted"}
WAY = list(STAGE_OF.values())


@pytest.fixture(scope="module")
def lives(offer_file: Path) -> dict[str, list[Step]]:
    found = defaultdict[str, list[Step]](list)
    for row in rows_of(offer_file):
        found[row["offer"]].append(Step(datetime.fromisoformat(row["at"]), row["step"]))
    # Of what happened at one instant the end comes last; the file has it in any order.
    return {
        offer: sorted(steps, key=lambda step: (step.at, step.step not in STAGE_OF)) for offer, steps in found.items()
    }


def won(steps: list[Step]) -> bool:
    return steps[-1].step == "A_APPROVED"


def stays_of(steps: list[Step]) -> Iterator[tuple[str, timedelta | None]]:
    """The stages of an offer and how long it was there, as long as it was there at all; None: it still is."""
    stage, since = "", steps[0].at
    for step in steps:
        new = STAGE_OF.get(step.step, "")
        if new != stage:
            if stage and step.at > since:
                yield stage, step.at - since
            stage, since = new, step.at
    if stage:
        yield stage, None


def test_each_quarters_offers_came_as_far_as_the_file_says(offers: Home, lives: dict[str, list[Step]]) -> None:
    wanted: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for steps in lives.values():
        cohort = wanted[quarter_of(month_of(steps[0].at.isoformat(), AMSTERDAM))]
        place = {"": -1} | {stage: number for number, stage in enumerate(WAY)}
        furthest = max(place[STAGE_OF.get(step.step, "")] for step in steps)
        reached = ["opened", *WAY, "won"] if won(steps) else ["opened", *WAY[: furthest + 1]]
        cohort.update((stage, "opportunities") for stage in reached)
        ended = "won" if won(steps) else "standing" if steps[-1].step in STAGE_OF else "lost"
        cohort[reached[-1], ended] += ended != "won"
    rows = asked(offers, "stage-conversion")
    assert {row["cohort"] for row in rows} == set(wanted) == {"2011Q4", "2012Q1"}
    for row in rows:
        figures = {name: wanted[row["cohort"]][row["stage"], name] for name in ("opportunities", "lost", "standing")}
        assert {name: row[name] for name in figures} == figures, row
    assert sum(row["opportunities"] for row in rows if row["stage"] == "opened") == len(lives) == 7_030


def test_stages_took_as_long_as_the_file_says(offers: Home, lives: dict[str, list[Step]]) -> None:
    took, there = defaultdict[str, list[timedelta]](list), Counter[str]()
    for steps in lives.values():
        for stage, length in stays_of(steps):
            if length is None:
                there[stage] += 1
            else:
                took[stage].append(length)

    def nearest_rank(stage: str, percent: int) -> int:
        ranked = sorted(took[stage])
        return ranked[-(-percent * len(ranked) // 100) - 1] // timedelta(seconds=1)

    rows = {row["stage"]: row for row in asked(offers, "stage-ages")}
    assert set(rows) == set(took)
    for stage, row in rows.items():
        assert (row["ended"], row["open"]) == (len(took[stage]), there[stage])
        assert (row["p50_seconds"], row["p90_seconds"]) == (nearest_rank(stage, 50), nearest_rank(stage, 90))


def test_what_is_sold_a_day_follows_from_the_file(
    offers: Home, lives: dict[str, list[Step]], shared_data: Path
) -> None:
    sold = [steps for steps in lives.values() if won(steps)]
    standing = sum(steps[-1].step in STAGE_OF for steps in lives.values())
    took = sum((steps[-1].at - steps[0].at for steps in sold), timedelta()) / timedelta(seconds=1)
    cents = sum(each.cents for each in of_file(shared_data, "A_APPROVED").values())
    (row,) = asked(offers, "velocity")
    assert (row["open"], row["won"], row["lost"]) == (standing, len(sold), len(lives) - len(sold) - standing)
    assert (row["won_minor"], row["mean_won_minor"]) == (cents, round(cents / len(sold)))
    assert abs(row["mean_seconds"] - took / len(sold)) <= 0.5
    rate = len(sold) / (row["won"] + row["lost"])
    assert row["a_day_minor"] == pytest.approx(standing * rate * cents / (took / 86_400), rel=1e-6)


async def test_the_offers_are_verified(offers: Home) -> None:
    assert await differences(offers) == []
    assert await dead_letters(offers) == 0


async def test_offers_of_which_the_creation_is_delivered_last_come_to_the_same_log(offer_file: Path) -> None:
    mapping = offer_file.with_name("mapping.yaml")
    mapping.write_text(OFFERS_MAPPING)
    facts = list(translated(mapping, offer_file).facts())
    some = set(islice(dict.fromkeys(fact.subject for fact in facts), 1_000))
    facts = [fact for fact in facts if fact.subject in some]
    created = [fact for fact in facts if isinstance(fact.fact, OpportunityOpened)]
    later = [fact for fact in facts if not isinstance(fact.fact, OpportunityOpened)]
    assert len(created) == 1_000
    logs = []
    for order in (facts, [*later, *created]):
        house = await House().open(OFFERS_AGREEMENT)
        for fact in order:
            arrival = Arrival(fact.fact, fact.occurred_at, facts[-1].occurred_at, fact.id, fact.source)
            await house.send(sent(arrival, fact.subject), inbox=OPPORTUNITY_INBOX)
        await house.run()
        assert await house.dead() == []
        logs.append(await house.per_lead(OPPORTUNITY_EVENTS))
    assert logs[0] == logs[1]
    assert len(logs[0]) == 1_000
