"""Predictions on real leads: the marketplace's, of which those that were not won within ninety days count as lost."""

import csv
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import exp, log
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from events.instants import to_us
from tests.system.conftest import MakeHome
from tests.system.homes import EXAMPLES, Outcome, decided, differences, loaded, rows, translated

pytestmark = [pytest.mark.data]

AGREEMENT = """
agreement: marketplace
version: 1
effective_from: 2017-01-01T00:00:00-03:00
signed: [{side: marketing, by: marketing, at: 2016-12-01}, {side: sales, by: sales, at: 2016-12-01}]
statuses: {Open: {means: open}}
archive: {or_untouched_for: 90d}
"""
ZONE = ZoneInfo("America/Sao_Paulo")
PATIENCE = timedelta(days=90)
END = datetime(2019, 1, 1, tzinfo=ZONE)


class Lead(NamedTuple):
    """A lead as the files tell it: when it came and was decided, what was known before, what became of it."""

    captured_at: datetime
    decided_at: datetime
    known: dict[str, str]
    won: bool


@pytest.fixture(scope="module")
def files(shared_data: Path) -> tuple[Path, Path]:
    return (
        shared_data / "olist_marketing_qualified_leads_dataset.csv",
        shared_data / "olist_closed_deals_dataset.csv",
    )


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def marketplace(make_home: MakeHome, files: tuple[Path, Path]) -> Outcome:
    home = make_home("embedded", partitions=4)
    await loaded(home, translated(EXAMPLES / "imports/olist.yaml", *files), AGREEMENT)
    found = await decided(home, until=to_us(END))
    assert await differences(home) == []
    return found


@pytest.fixture(scope="module")
def leads(files: tuple[Path, Path]) -> list[Lead]:
    """Straight from the files, without a line of ours."""

    def read(path: Path) -> list[dict[str, str]]:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return list(csv.DictReader(file))

    won = {row["mql_id"]: datetime.fromisoformat(row["won_date"]).replace(tzinfo=ZONE) for row in read(files[1])}
    found: list[Lead] = []
    for row in read(files[0]):
        contact = datetime.fromisoformat(row["first_contact_date"]).replace(tzinfo=ZONE)
        at = won.get(row["mql_id"])
        known = {"source": row["origin"], "form": row["landing_page_id"]} if at is None or contact < at else {}
        lost_at = datetime.fromtimestamp(contact.timestamp() + PATIENCE.total_seconds(), ZONE)
        found.append(
            Lead(contact, at or lost_at, {key: value for key, value in known.items() if value}, at is not None)
        )
    return found


def bayes(learned: Sequence[Lead], asked: dict[str, str]) -> float:
    """Percent, in floating point and logarithms, as a textbook has it."""
    sides = {won: [lead for lead in learned if lead.won is won] for won in (True, False)}
    score = {won: log(len(those) / len(learned)) for won, those in sides.items()}
    for field, value in asked.items():
        seen = {lead.known[field] for lead in learned if field in lead.known}
        if value in seen:
            for won, those in sides.items():
                counts = Counter(lead.known[field] for lead in those if field in lead.known)
                score[won] += log((counts[value] + 0.1) / (counts.total() + 0.1 * len(seen)))
    return min(max(round(100 / (1 + exp(score[False] - score[True])), 2), 0.01), 99.99)


def test_every_marketplace_lead_is_won_or_lost_and_the_base_rate_is_that_of_the_files(
    marketplace: Outcome, leads: list[Lead]
) -> None:
    (model,) = rows(marketplace, "prediction-model")
    assert (model["conversions"], model["losses"], model["conversions_missing"]) == (842, 7158, 0)
    assert model["base_rate"] == 0.1053
    assert Counter(row["outcome"] for row in rows(marketplace, "predictions")) == {"won": 842, "lost": 7158}
    assert Counter(lead.won for lead in leads) == {True: 842, False: 7158}


def test_the_quality_is_that_of_a_textbook_on_the_same_split(marketplace: Outcome, leads: list[Lead]) -> None:
    (model,) = rows(marketplace, "prediction-model")
    split = sorted(lead.captured_at for lead in leads)[len(leads) * 7 // 10]
    assert datetime.fromisoformat(model["split_at"]) == split
    learned = [lead for lead in leads if lead.decided_at < split]
    tested = [lead for lead in leads if min(lead.captured_at, lead.decided_at) >= split]
    assert (model["learned_from"], model["tested_on"]) == (len(learned), len(tested))
    remembered: dict[tuple[tuple[str, str], ...], float] = {}
    judged: list[tuple[float, bool]] = []
    for lead in tested:
        key = tuple(sorted(lead.known.items()))
        if key not in remembered:
            remembered[key] = bayes(learned, lead.known)
        judged.append((remembered[key], lead.won))
    won, lost = [p for p, is_won in judged if is_won], [p for p, is_won in judged if not is_won]
    area = sum((a > b) + (a == b) / 2 for a in won for b in lost) / (len(won) * len(lost))
    base = sum(lead.won for lead in learned) / len(learned)
    assert model["auc"] == pytest.approx(area, abs=2e-4)
    assert model["auc_without_stage"] == model["auc"]  # nobody reports a stage here
    assert model["brier"] == pytest.approx(sum((p / 100 - w) ** 2 for p, w in judged) / len(judged), abs=2e-4)
    assert model["brier_of_base_rate"] == pytest.approx(sum((base - w) ** 2 for _, w in judged) / len(judged), abs=2e-4)
    assert model["tested_won"] == pytest.approx(len(won) / len(judged), abs=1e-4)
    assert model["tested_mean"] == pytest.approx(sum(p for p, _ in judged) / len(judged) / 100, abs=2e-4)


def test_where_a_lead_came_from_tells_more_than_a_coin_and_bands_add_up(marketplace: Outcome) -> None:
    (model,) = rows(marketplace, "prediction-model")
    bands: list[dict[str, Any]] = rows(marketplace, "prediction-calibration")
    assert model["auc"] > 0.6
    assert sum(band["leads"] for band in bands) == model["tested_on"]


def test_what_sellers_declared_with_the_deal_is_no_feature(marketplace: Outcome) -> None:
    fields = {row["field"] for row in rows(marketplace, "prediction-counts")}
    assert fields == {"", "form", "source", "stage"}
