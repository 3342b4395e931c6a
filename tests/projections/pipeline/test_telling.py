from datetime import date

import pytest

from events.fact import Fact
from events.opportunity import OpportunityAmended, OpportunityOpened
from projections.pipeline.deal import AMENDED, NOTHING, OPENED, applied
from projections.pipeline.telling import step_of
from tests.projections.given import told


@pytest.mark.parametrize(
    ("fact", "says"),
    [
        (OpportunityOpened(account="a", name="n", stage="s"), (OPENED, {"account": "a", "name": "n", "stage": "s"})),
        (
            OpportunityOpened(account="a", name="n", stage="s", amount_minor=7, close_date=date(2026, 2, 3)),
            (OPENED, {"account": "a", "name": "n", "stage": "s", "amount_minor": 7, "close_date": "2026-02-03"}),
        ),
        (OpportunityAmended(amount_minor=0, currency="EUR"), (AMENDED, {"amount_minor": 0, "currency": "EUR"})),
        (OpportunityAmended(owner="o", cleared=("close_date",)), (AMENDED, {"owner": "o", "close_date": ""})),
        (OpportunityAmended(owner="o", by="somebody"), (AMENDED, {"owner": "o"})),
    ],
)
def test_a_fact_tells_what_it_says_of_the_opportunity_and_nothing_else(
    fact: Fact, says: tuple[str, dict[str, object]]
) -> None:
    step = step_of(told(fact, 1))
    assert (step.kind, step.told) == says
    assert applied(NOTHING, step.kind, step.told, step.at) is not None
