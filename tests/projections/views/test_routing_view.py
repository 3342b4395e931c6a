"""Who got which lead by which rule, and who waits."""

from events.account import AccountOwnerTold
from events.envelope import Envelope
from events.lead import LeadCaptured, LeadHandedOver
from events.routing import LeadAccountAsked, LeadAssigned, LeadOwnerRequested, LeadRequestWithdrawn
from projections.views.routing import ROUTING
from projections.views.view import Cell
from tests.projections.given import rows_of, text, told
from tests.projections.house import house

ASKED = told(LeadOwnerRequested(pool="inbound/nord", number=1, rule="segment", why="industry is banking"), 5)


def assigned(owner: str, at: float, **more: object) -> Envelope:
    fixed = {"rule": "segment", "why": "industry is banking; next in turn", "agreement": "inbound", "version": 1}
    return told(LeadAssigned(owner=owner, cycle=1, **{**fixed, **more}), at)  # type: ignore[arg-type]


def rows(*envelopes: Envelope) -> list[dict[str, Cell]]:
    return rows_of(ROUTING, *envelopes)


def test_a_lead_that_got_an_owner_says_who_by_which_rule_and_how_long_it_waited() -> None:
    (row,) = rows(ASKED, assigned("Radu", 7.5, instead_of="Ines"))
    assert row == {
        "lead": "anna",
        "number": 1,
        "state": "assigned",
        "owner": "Radu",
        "rule": "segment",
        "why": "industry is banking; next in turn",
        "asked": "pool inbound/nord",
        "asked_at": text(5),
        "ended_at": text(7.5),
        "waited_seconds": 150,
        "former": None,
        "first_owner": None,
        "instead_of": "Ines",
        "clause": None,
        "agreement": "inbound",
        "version": 1,
    }


def test_a_lead_waits_since_it_first_asked_an_account_or_a_pool() -> None:
    account = told(LeadAccountAsked(account="acme", number=1), 3)
    (row,) = rows(account)
    assert (row["state"], row["asked"], row["asked_at"], row["ended_at"]) == ("waiting", "account acme", text(3), None)
    (row,) = rows(account, told(AccountOwnerTold(lead="anna", number=1), 4), ASKED)
    assert (row["asked"], row["asked_at"]) == ("pool inbound/nord", text(3))


def test_each_time_a_lead_changes_hands_is_a_row_of_its_own() -> None:
    again = told(
        LeadOwnerRequested(pool="inbound/nord", number=2, rule="escalation", why="breached", clause="first_response"),
        50,
    )
    found = rows(ASKED, assigned("Radu", 6), again, assigned("Ines", 51, rule="escalation", former="Radu"))
    assert [(row["number"], row["owner"], row["former"], row["clause"]) for row in found] == [
        (1, "Radu", None, None),
        (2, "Ines", "Radu", "first_response"),
    ]


def test_a_rule_that_names_somebody_asks_nobody() -> None:
    (row,) = rows(assigned("key-accounts", 5, rule="territory"))
    assert (row["asked"], row["waited_seconds"]) == (None, 0)


def test_a_lead_that_asks_no_more_says_why() -> None:
    (row,) = rows(ASKED, told(LeadRequestWithdrawn(number=1, reason="nobody has to act on it"), 9))
    assert (row["state"], row["why"], row["ended_at"]) == ("withdrawn", "nobody has to act on it", text(9))


def test_a_lead_handed_over_while_it_waits_belongs_to_nobody() -> None:
    (row,) = rows(ASKED, told(LeadHandedOver(agreement="inbound", version=1, cycle=1), 9))
    assert (row["state"], row["owner"]) == ("nobody", None)


def test_test_leads_are_left_out() -> None:
    assert rows(told(LeadCaptured(is_test=True)), ASKED) == []


async def test_who_waits_stands_at_the_top_the_oldest_first() -> None:
    built = await house(partitions=2)
    for lead, at in (("bob", 9.0), ("anna", 7.0), ("cleo", 8.0)):
        request = LeadOwnerRequested(pool="inbound/nord", number=1, rule="fallback", why="no other rule")
        await built.write(told(request, at, lead=lead))
    await built.write(assigned("Radu", 10))
    await built.show()
    assert [row["lead"] for row in built.view("routing")] == ["cleo", "bob", "anna"]
    assert [row["lead"] for row in built.view("routing", where={"state": "waiting"})] == ["cleo", "bob"]
