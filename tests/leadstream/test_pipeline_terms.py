"""What is written in an agreement is what figures are reckoned by."""

from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from events.agreement import AgreementPublished, AgreementRetired
from events.instants import DAY, from_us, to_us
from events.topics import AGREEMENTS
from projections.pipeline.figures import Terms
from projections.pipeline.quarters import Season
from projections.pipeline.terms import stages_at, terms_at
from streams.agreement.known import Known
from streams.agreement.load import document, from_document
from tests.projections.given import told
from tests.projections.house import House, house, record
from tests.streams.agreement.agreement_texts import SMALL

BEGIN = to_us(datetime(2026, 1, 1, tzinfo=UTC))
RATES = {"USD": [{"from": "2026-01-01", "rate": "0.92"}, {"from": "2026-02-01", "rate": "0.9"}]}


def us(day: int) -> int:
    return BEGIN + day * DAY


def published(name: str, day: int, version: int = 1, priority: int = 0, **pipeline: Any) -> AgreementPublished:
    """A version as the write side publishes it: checked, with all defaults filled in."""
    part = {"pipeline": pipeline} if pipeline else {}
    since = from_us(us(day))
    written = SMALL | {"agreement": name, "version": version, "effective_from": since.isoformat(), "priority": priority}
    checked = document(from_document(written | part))
    return AgreementPublished(name=name, version=version, effective_from=since, priority=priority, document=checked)


async def shown(*facts: AgreementPublished | AgreementRetired) -> House:
    built = await house()
    for fact in facts:
        await built.log.append({(AGREEMENTS, 0): [record(told(fact, lead=fact.name))]})
    await built.show()
    return built


def at(built: House, day: int) -> Terms:
    return terms_at(built.store.query, us(day))


async def test_figures_are_reckoned_by_what_the_agreement_says() -> None:
    paces = {"green": "95%", "yellow": "80%"}
    written: dict[str, Any] = {"currency": "EUR", "rates": RATES, "timezone": "Asia/Tokyo"}
    seasons = [{"from": "2026-04-01", "months": ["20%", "30%", "50%"]}, {"from": "2026-07-01"}]
    built = await shown(published("inbound", 1, **written, year_begins=4, paces=paces, seasons=seasons))
    found = at(built, 2)
    assert (found.zone, found.begins, found.green, found.yellow) == (ZoneInfo("Asia/Tokyo"), 4, 95, 80)
    assert found.seasons == (Season(date(2026, 4, 1), (20, 30, 50)), Season(date(2026, 7, 1), ()))
    assert [found.rates.converted(100, "USD", date(2026, month, 1)) for month in (1, 2)] == [92, 90]
    assert found.rates.reporting == "EUR"


async def test_what_is_not_written_is_the_usual() -> None:
    found = at(await shown(published("inbound", 1, currency="EUR")), 2)
    assert (found.zone, found.begins, found.green, found.yellow) == (ZoneInfo("UTC"), 1, 100, 85)
    assert found.seasons == ()
    assert Fraction(found.yellow, found.green) == Fraction(85, 100)


async def test_the_way_to_a_sale_are_the_stages_before_the_one_that_wins_in_the_order_of_the_file() -> None:
    names = {"Talks": "pipeline", "Offer": "commit", "Won": "closed", "On hold": "omitted"}
    stages = {name: {"forecast": forecast} for name, forecast in names.items()}
    built = await shown(published("inbound", 1, stages=stages), published("inbound", 5, version=2, currency="EUR"))
    assert [stages_at(built.store.query, us(day)) for day in (0, 2, 6)] == [(), ("Talks", "Offer"), ()]


async def test_the_pipeline_is_the_one_that_governs_opportunities() -> None:
    facts = [
        published("a", 10, currency="EUR"),
        published("b", 20, currency="USD", priority=5),
        published("a", 30, version=2, priority=9, currency="GBP"),
        published("a", 40, version=3, priority=9),
        published("c", 50, priority=20, currency="JPY"),
        AgreementRetired(name="c", version=1, retired_from=from_us(us(45))),
        AgreementRetired(name="b", version=1, retired_from=from_us(us(60))),
    ]
    built = await shown(*facts)
    known = Known.of(facts)
    for day in (15, 25, 35, 45, 55, 65):
        assert at(built, day).rates.reporting == known.pipeline(us(day)).currency, day
