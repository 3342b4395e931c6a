from events.envelope import Envelope
from events.lead import LeadCaptured, LeadHandedOver
from events.sla import SlaAnswered, SlaBreached, SlaBreachRetracted, SlaEscalated, SlaMet, SlaRevised, SlaStarted
from projections.views.breaches import BREACHES
from projections.views.view import Cell
from tests.projections.given import clock, minutes, rows_of, text, told

OWNED = told(LeadHandedOver(agreement="inbound", version=1, cycle=1, owner="Radu"), 0)
STARTED = told(clock(SlaStarted, target="30m"))
BREACHED = told(clock(SlaBreached), 30, recorded=31)
ANSWERED = told(clock(SlaAnswered, answered_at=minutes(42.999), late_by_us=779_940_000), 43)


def breach(*envelopes: Envelope) -> dict[str, Cell]:
    (row,) = rows_of(BREACHES, *envelopes)
    return row


def told_of(row: dict[str, Cell]) -> tuple[Cell, ...]:
    return tuple(row[name] for name in ("state", "due", "answered_at", "late_by_seconds", "retracted_at"))


def test_a_breach_is_listed_with_its_clock_owner_and_times() -> None:
    assert breach(OWNED, STARTED, BREACHED) == {
        "lead": "anna",
        "agreement": "inbound",
        "version": 1,
        "clause": "first_response",
        "cycle": 1,
        "state": "breached",
        "side": "sales",
        "owner": "Radu",
        "due": text(30),
        "breached_at": text(31),
        "answered_at": None,
        "late_by_seconds": None,
        "retracted_at": None,
        "escalated": 0,
        "escalated_to": None,
    }


def test_a_breach_shows_the_level_it_was_escalated_to_even_after_it_fell() -> None:
    first = told(clock(SlaEscalated, level=1, after="30m", to="manager"), 60)
    second = told(clock(SlaEscalated, level=2, after="1d", do="reassign"), 90)
    retracted = told(clock(SlaBreachRetracted, revision=1, now="met", answered_at=minutes(20)), 30, recorded=95)
    for facts, found in (((), (0, None)), ((first,), (1, "manager")), ((first, second, retracted), (2, "reassign"))):
        row = breach(STARTED, BREACHED, *facts)
        assert (row["escalated"], row["escalated_to"]) == found


def test_an_answer_after_the_breach_says_how_late_it_was() -> None:
    assert told_of(breach(BREACHED, ANSWERED)) == ("answered", text(30), text(42.999), 779, None)


def test_a_retracted_breach_stays_listed_with_the_due_that_fell() -> None:
    retracted = told(clock(SlaBreachRetracted, due=35, revision=1, now="met", answered_at=minutes(20)), 30, recorded=60)
    assert told_of(breach(BREACHED, retracted)) == ("retracted", text(30), text(20), None, text(60))


def test_a_breach_after_a_retraction_is_a_breach_again() -> None:
    retracted = told(clock(SlaBreachRetracted, due=50, revision=1, now="open"), 30, recorded=40)
    assert told_of(breach(BREACHED, retracted, told(clock(SlaBreached, due=50), 50))) == (
        "breached",
        text(50),
        None,
        None,
        None,
    )


def test_a_verdict_revised_to_breached_is_listed_as_answered_when_there_is_an_answer() -> None:
    met = told(clock(SlaMet, answered_at=minutes(25)), 25)
    revised = told(clock(SlaRevised, due=20, revision=1, was="met", now="breached", answered_at=minutes(25)), 50)
    assert told_of(breach(STARTED, met, revised)) == ("answered", text(20), text(25), 300, None)


def test_a_breach_with_a_revised_due_keeps_its_place_and_tells_its_lateness_anew() -> None:
    revised = told(clock(SlaRevised, due=35, revision=1, was="breached", now="breached", answered_at=minutes(43)), 50)
    row = breach(BREACHED, ANSWERED, revised)
    assert (told_of(row), row["breached_at"]) == (("answered", text(35), text(43), 480, None), text(31))


def test_a_clock_that_was_never_breached_is_not_listed() -> None:
    revised = told(clock(SlaRevised, due=40, revision=1, was="open", now="open"), 5)
    assert rows_of(BREACHES, STARTED, revised, told(clock(SlaMet, answered_at=minutes(6)), 6)) == []


def test_the_owner_is_the_one_who_had_the_lead_when_it_was_breached() -> None:
    later = told(LeadHandedOver(agreement="inbound", version=1, cycle=2, owner="Ioana"), 60)
    assert breach(OWNED, BREACHED, later)["owner"] == "Radu"


def test_each_clock_of_a_lead_has_a_row_of_its_own() -> None:
    rows = rows_of(BREACHES, BREACHED, told(clock(SlaBreached, cycle=2), 90), told(clock(SlaBreached, "effort"), 91))
    assert [(row["clause"], row["cycle"]) for row in rows] == [
        ("first_response", 1),
        ("first_response", 2),
        ("effort", 1),
    ]


def test_breaches_of_test_leads_are_not_listed() -> None:
    assert rows_of(BREACHES, BREACHED, told(LeadCaptured(is_test=True))) == []
