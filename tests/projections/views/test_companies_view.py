from events.envelope import Envelope
from events.identity import LeadMatched
from events.lead import LeadArchived, LeadCaptured, LeadConverted, LeadProfileUpdated, LeadScored, LeadStatusChanged
from events.life import LeadReopened, LeadUnconverted
from projections.read import people_of
from projections.views.companies import COMPANIES
from projections.views.view import Cell
from tests.projections.given import rows_of, text, told
from tests.projections.house import House, house


def captured(lead: str, at: float = 0, *, is_test: bool = False, **profile: str) -> Envelope:
    named = {f"company.{key}": value for key, value in profile.items()}
    return told(LeadCaptured(agreement="inbound", profile=named, is_test=is_test), at, lead=lead)


def scored(lead: str, score: int, at: float = 1, *, version: int = 1) -> Envelope:
    fact = LeadScored(
        score=score, fit=0, engagement=score, grade="-", agreement="inbound", version=version, cause="touch"
    )
    return told(fact, at, lead=lead)


def row(*envelopes: Envelope) -> dict[str, Cell]:
    (found,) = rows_of(COMPANIES, *envelopes)
    return found


async def shown(*facts: Envelope, partitions: int = 1) -> House:
    built = await house(partitions=partitions)
    await built.publish("inbound", "Open")
    await built.write(*facts)
    await built.show()
    return built


def test_the_account_says_which_company_then_the_name_then_the_domain() -> None:
    facts = [captured("anna", domain="ACME.example")]
    assert (row(*facts)["company"], row(*facts)["account"]) == ("acme.example", None)
    facts.append(told(LeadProfileUpdated(profile={"company.name": "Acme SRL"}), 2))
    assert (row(*facts)["company"], row(*facts)["name"]) == ("acme", "Acme SRL")
    facts.append(told(LeadConverted(account="A-7"), 3))
    assert (row(*facts)["company"], row(*facts)["account"]) == ("A-7", "A-7")
    facts.append(told(LeadMatched(account="A-8", how="name", confidence=95), 4))
    assert row(*facts)["account"] == "A-7"
    facts.append(told(LeadUnconverted(), 4))
    assert (row(*facts)["company"], row(*facts)["account"]) == ("A-8", "A-8")
    facts[-2:] = [facts[-1]]
    assert (row(*facts)["company"], row(*facts)["account"]) == ("acme", None)


def test_the_name_that_was_told_for_the_latest_instant_holds_whenever_it_arrives() -> None:
    later = told(LeadProfileUpdated(profile={"company.name": "New"}), 9)
    earlier = told(LeadProfileUpdated(profile={"company.name": "Old"}), 5, recorded=10)
    assert row(captured("anna"), later, earlier)["name"] == row(captured("anna"), earlier, later)["name"] == "New"


def test_a_lead_that_names_no_company_has_no_row() -> None:
    assert rows_of(COMPANIES, captured("anna"), told(LeadConverted())) == []


async def test_stubs_and_test_leads_are_no_people() -> None:
    stub = told(LeadProfileUpdated(profile={"company.name": "Acme"}), lead="bob")
    built = await shown(captured("anna", name="Acme"), stub, captured("eve", name="Acme", is_test=True))
    (found,) = built.view("companies")
    assert found["people"] == 1
    assert people_of(built.store, [("acme", None)]) == {("acme", None): ["anna"]}


async def test_scores_of_the_people_are_added_up_over_partitions() -> None:
    people = [f"lead-{n}" for n in range(9)]
    facts = [fact for lead in people for fact in (captured(lead, name="Acme"), scored(lead, 10, 3))]
    built = await shown(*facts, captured("anna", name="Zoe"), partitions=4)
    assert built.view("companies") == [
        {
            "company": "acme", "account": None, "name": "Acme", "people": 9, "open_leads": 9, "score": 90,
            "scored_at": text(3),
        },
        {
            "company": "zoe", "account": None, "name": "Zoe", "people": 1, "open_leads": 1, "score": None,
            "scored_at": None,
        },
    ]  # fmt: skip


async def test_the_sum_is_capped_as_the_agreement_says_and_names_its_oldest_score() -> None:
    built = await shown(captured("anna", name="Acme"), scored("anna", 80, 1), captured("bob", name="ACME SRL"))
    await built.write(scored("bob", 70, 9))
    await built.show()
    (found,) = built.view("companies")
    assert (found["score"], found["scored_at"]) == (100, text(1))


async def test_who_is_converted_archived_or_unqualified_is_no_open_lead() -> None:
    built = await house()
    await built.publish("inbound", "Open", means={"Junk": "unqualified"})
    await built.write(*(captured(lead, name="Acme") for lead in ("anna", "bob", "cid", "dan")))
    await built.write(
        told(LeadStatusChanged(status="Junk"), 2, lead="bob"),
        told(LeadArchived(reason="untouched"), 2, lead="cid"),
        told(LeadStatusChanged(status="Open"), 2, lead="dan"),
    )
    await built.show()
    (found,) = built.view("companies")
    assert (found["people"], found["open_leads"]) == (4, 2)
    await built.write(told(LeadReopened(reason="budget", cycle=0), 3, lead="bob"))
    await built.show()
    assert built.view("companies")[0]["open_leads"] == 3
