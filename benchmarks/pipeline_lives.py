"""A quarter of opportunities: the facts of the canonical log in the order in which they became known.

Each opportunity is opened, goes from stage to stage, is amended, gets product lines (each followed by the sum, as the
write side says it), contacts and flags, and stays open or is won or lost. Two facts in a hundred are told late. A tenth
as many facts lie in the same quarter of the year before.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import NamedTuple

from events.agreement import AgreementPublished
from events.envelope import Envelope
from events.fact import Fact
from events.instants import DAY, HOUR, from_us, to_us
from events.opportunity import (
    HygieneCleared,
    HygieneFlagged,
    OpportunityAmended,
    OpportunityClosedLost,
    OpportunityClosedWon,
    OpportunityContactAdded,
    OpportunityOpened,
    OpportunityProductAdded,
    OpportunityStageChanged,
    TargetSet,
)
from events.registry import wrap

BEGIN, END = to_us(datetime(2026, 1, 1, tzinfo=UTC)), to_us(datetime(2026, 3, 31, 12, tzinfo=UTC))
"""Of the quarter, in microseconds; nothing is told after the end."""
_YEAR = 365 * DAY
PRODUCTS = tuple(f"product-{n}" for n in range(12))
REGIONS = ("apac", "benelux", "dach", "france", "iberia", "latam", "nordics", "north-america", "uk")
SEGMENTS = ("enterprise", "mid-market", "public", "small")
SOURCES = ("abm", "brand", "demand", "digital", "events", "inbound", "outbound", "partner")
STAGES = (("discovery", "pipeline"), ("demo", "pipeline"), ("proposal", "best_case"), ("review", "most_likely"),
          ("negotiation", "commit"))  # fmt: skip
CURRENCIES = ("EUR", "EUR", "EUR", "EUR", "EUR", "EUR", "EUR", "USD", "USD", "GBP")
RATES = {
    "USD": (("2025-01-01", "0.9217"), ("2026-01-01", "0.9043"), ("2026-02-01", "0.9127"), ("2026-03-01", "0.8989")),
    "GBP": (("2025-01-01", "1.1731"), ("2026-01-01", "1.1528"), ("2026-02-16", "1.1604")),
}
"""Of the currency of reports, EUR: since when, and how much."""
ZONE = "Europe/Bucharest"
OPEN_SHARE = 20
"""One open opportunity for so many facts."""


class Told(NamedTuple):
    """A fact: what of, when it happened and became known in microseconds, and what it says."""

    opportunity: str
    at: int
    recorded: int
    fact: Fact


def envelope(told: Told, number: int) -> Envelope:
    """As the canonical log has it."""
    return wrap(
        told.fact, subject=told.opportunity, id=f"f-{number}", source="/crm", time=from_us(told.at),
        recordedat=from_us(told.recorded),
    )  # fmt: skip


def agreement() -> AgreementPublished:
    """In which currency and zone figures are."""
    dated = {code: [{"from": since, "rate": rate} for since, rate in rates] for code, rates in RATES.items()}
    says = {"currency": "EUR", "timezone": ZONE, "rates": dated}
    return AgreementPublished(
        name="bench", version=1, effective_from=datetime(2024, 1, 1, tzinfo=UTC),
        document={"statuses": {"open": {"means": "working"}}, "pipeline": says},
    )  # fmt: skip


def targets() -> Iterator[TargetSet]:
    """Of each product in each region."""
    for product in PRODUCTS:
        for region in REGIONS:
            for kind in ("closed", "pipe_generation"):
                yield TargetSet(
                    quarter="2026Q1", kind=kind, product=product, region=region, amount_minor=90_000_000,
                    currency="EUR",
                )  # fmt: skip


def facts(count: int, seed: int) -> list[Told]:
    """So many facts of the quarter and a tenth as many of the year before, in the order of knowledge."""
    chance, found = Random(seed), list[Told]()
    for year, share, wanted in ((0, count // OPEN_SHARE, count), (-_YEAR, 0, count // 10)):
        made, number = 0, 0
        while made < wanted:
            life = _Life(f"{'o' if year == 0 else 'p'}-{number:06d}", chance, year, is_open=number < share)
            told = life.told(wanted - made)
            found += told
            made, number = made + len(told), number + 1
    found.sort(key=lambda each: (each.recorded, each.opportunity))
    return found


class _Life:
    def __init__(self, name: str, chance: Random, year: int, *, is_open: bool) -> None:
        self.name, self.chance, self.year, self.is_open = name, chance, year, is_open
        self.begin = BEGIN + year + chance.randrange(int(0.9 * (END - BEGIN)))
        self.stage = 0
        self.lines: list[int] = []
        self.flagged = False
        self.amount = chance.randrange(50_000, 20_000_000)

    def told(self, room: int) -> list[Told]:
        """All facts, no more than there is room for."""
        chance, wanted = self.chance, min(room, self.chance.randrange(5, 20))
        last = END + self.year if self.is_open else self.begin + chance.randrange(HOUR, END + self.year - self.begin)
        times = sorted(chance.sample(range(self.begin + 60_000_000, last), wanted))
        found = [Told(self.name, self.begin, self.begin, self._opened())]
        for at in times:
            if len(found) >= wanted - 1:
                break
            found += self._amended(at)
        if not self.is_open:
            found = [*found[: wanted - 1], Told(self.name, last, last, self._closed())]
        return found[:wanted]

    def _opened(self) -> OpportunityOpened:
        pick = self.chance.choice
        return OpportunityOpened(
            account=f"a-{self.chance.randrange(20_000)}", name=f"Deal {self.name}", stage=STAGES[0][0],
            forecast="pipeline", amount_minor=self.amount, currency=pick(CURRENCIES), close_date=self._close(),
            owner=f"rep-{self.chance.randrange(300)}", opener=f"sdr-{self.chance.randrange(80)}",
            opener_role=pick(("AE", "BDR", "SDR")), product=pick(PRODUCTS), region=pick(REGIONS),
            segment=pick(SEGMENTS), source=pick(SOURCES), campaign=f"campaign-{self.chance.randrange(40)}",
            next_step="call the buyer",
        )  # fmt: skip

    def _close(self) -> date:
        return (from_us(self.begin) + timedelta(days=self.chance.randrange(20, 110))).date()

    def _amended(self, at: int) -> list[Told]:
        chance = self.chance
        drawn = chance.random()
        if drawn < 0.1 and len(self.lines) < 3:
            return self._line(at)
        happened = at if chance.random() >= 0.02 else max(self.begin + 1_000_000, at - chance.randrange(HOUR, 5 * DAY))
        return [Told(self.name, happened, at, self._change(drawn))]

    def _change(self, drawn: float) -> Fact:
        chance, pick = self.chance, self.chance.choice
        if drawn < 0.38:
            self.stage = min(self.stage + 1, len(STAGES) - 1)
            return OpportunityStageChanged(stage=STAGES[self.stage][0], forecast=STAGES[self.stage][1])  # type: ignore[arg-type]
        if drawn < 0.58:
            return OpportunityAmended(next_step=pick(("send the offer", "visit", "wait for legal", "demo")))
        if drawn < 0.68:
            return OpportunityContactAdded(contact=f"person-{chance.randrange(100_000)}")
        if drawn < 0.76:
            self.flagged = not self.flagged
            return HygieneFlagged(kind="no_next_step") if self.flagged else HygieneCleared(kind="no_next_step")
        if drawn < 0.86:
            return OpportunityAmended(amount_minor=chance.randrange(50_000, 20_000_000))
        if drawn < 0.96:
            return OpportunityAmended(close_date=self._close())
        return OpportunityAmended(owner=f"rep-{chance.randrange(300)}")

    def _line(self, at: int) -> list[Told]:
        """A line and, a moment later, the sum of all lines."""
        amount = self.chance.randrange(20_000, 9_000_000)
        self.lines.append(amount)
        line = OpportunityProductAdded(
            line=str(len(self.lines)), product=self.chance.choice(PRODUCTS), amount_minor=amount
        )
        summed = OpportunityAmended(amount_minor=sum(self.lines))
        return [Told(self.name, at, at, line), Told(self.name, at + 1, at + 1, summed)]

    def _closed(self) -> Fact:
        if self.chance.random() < 0.4:
            return OpportunityClosedWon()
        return OpportunityClosedLost(reason=self.chance.choice(("price", "no_budget", "competitor")))
