from typing import Any

import pytest

from events.instants import DAY, MINUTE
from streams.agreement.compile import compile_agreement
from streams.agreement.compiled import Escalation, Need
from streams.agreement.load import load
from streams.calendars import ALWAYS, Target
from streams.scoring import Threshold
from tests.streams.agreement.agreement_texts import EXAMPLES, built
from tests.streams.scoring.scoring_twin import touch

LEAD = {
    "person.name": "a name",
    "person.email": "somebody@company.example",
    "company.name": "a company",
    "company.employees": 120,
    "company.country": "RO",
    "answers.contact_me": True,
}


@pytest.fixture(scope="module")
def b2b() -> Any:
    return compile_agreement(load((EXAMPLES / "inbound-b2b.yaml").read_text()))


def test_the_loan_desk_answers_within_a_day_of_every_hour() -> None:
    loans = compile_agreement(load((EXAMPLES / "bpi2012.yaml").read_text()))
    assert dict(loans.statuses) == {
        "A_PREACCEPTED": "working",
        "A_ACCEPTED": "working",
        "O_SENT": "working",
        "O_SENT_BACK": "working",
        "A_ACTIVATED": "converted",
        "A_DECLINED": "unqualified",
        "A_CANCELLED": "unqualified",
    }
    assert list(loans.statuses)[:3] == ["A_PREACCEPTED", "A_ACCEPTED", "O_SENT"]
    assert loans.scorer is None
    assert loans.matches({})
    (clause,) = loans.clauses
    assert (clause.name, clause.side, clause.starts_on, clause.stop) == ("first_response", "sales", "captured", "touch")
    assert clause.calendar is ALWAYS
    assert clause.target == Target(microseconds=DAY)
    assert clause.stops_touch("call", "started", "outbound", "sales")
    assert not clause.stops_touch("call", "started", "inbound", "sales")
    assert not clause.stops_touch("call", "started", "outbound", "marketing")


def test_clauses_keep_the_order_of_the_file_sales_first(b2b: Any) -> None:
    assert [(clause.name, clause.side, clause.stop) for clause in b2b.clauses] == [
        ("first_response", "sales", "touch"),
        ("last_resort", "sales", "touch"),
        ("effort", "sales", "needs"),
        ("status_update", "sales", "status_changed"),
        ("hand_over", "marketing", "handed_over"),
    ]


def test_a_clause_knows_its_promise(b2b: Any) -> None:
    first, last, effort, status, hand_over = b2b.clauses
    assert first.target == Target(microseconds=30 * MINUTE)
    assert first.target_text == "30m"
    assert first.calendar_name == "sales"
    assert first.calendar.due(1_767_618_900_000_000, first.target) == 1_767_620_700_000_000  # Mon 5 Jan 2026, 15:15
    assert first.warn_percent == 80
    assert first.paused_in == {"Nurturing"}
    assert first.escalations == (
        Escalation("30m", Target(microseconds=30 * MINUTE), "manager", None),
        Escalation("1d", Target(days=1), None, "reassign"),
    )
    assert effort.needs == (Need("call", 3), Need("email", 3))
    assert effort.stops_touch("call", "dialled", "outbound", "sales")
    assert not effort.stops_touch("meeting", "held", "outbound", "sales")
    assert not effort.stops_touch("call", "dialled", "outbound", "marketing")
    assert (first.needs, last.escalations) == ((), ())
    assert last.target == Target(days=1)
    assert last.warn_percent is None
    assert first.stops_touch("email", "sent", "outbound", "sales")
    assert not first.stops_touch("sms", "sent", "outbound", "sales")
    assert last.stops_touch("sms", "sent", "outbound", "sales")
    assert not status.stops_touch("call", "dialled", "outbound", "sales")
    assert not hand_over.stops_touch("call", "dialled", "outbound", "marketing")


def test_an_agreement_is_about_the_leads_it_names(b2b: Any) -> None:
    assert b2b.conditional
    assert b2b.matches({"company.country": "MD"})
    assert not b2b.matches({"company.country": "DE"})
    assert not b2b.matches({})


def test_points_groups_and_grades_come_from_the_file(b2b: Any) -> None:
    fit = b2b.scorer.fit(LEAD | {"person.title": "Head of IT"})
    assert (fit.points, fit.rules) == (30, (0, 1))
    assert b2b.scorer.fit(LEAD | {"person.email": "a@gmail.com"}).raw == -30
    told = [(touch("lead_magnet", kind="downloaded"), number, f"d{number}") for number in range(5)]
    told += [(touch("website", kind="visited", asset="pricing"), at, f"p{at}") for at in (5, 6)]
    hits = b2b.scorer.hits_of(told)
    assert [hit.points for hit in hits] == [10, 10, 10, 0, 0, 40, 0]
    assert b2b.scorer.score(fit, hits, 6) == (100, 30, 70, "C1")
    assert b2b.scorer.score(fit, hits, 6 + 30 * DAY) == (65, 30, 35, "C3")
    assert b2b.scorer.signals(hits) == ("Looked at prices",)
    assert b2b.scorer.words(2) == "person.email_domain in free_mail"
    assert b2b.scorer.words(3) == "lead_magnet downloaded"


def test_a_definition_says_what_held_and_what_is_missing(b2b: Any) -> None:
    definition, scorer = b2b.qualification, b2b.scorer
    score = scorer.score(scorer.fit(LEAD), [], 0)
    assert definition.met(LEAD, score)
    assert [(each.part, each.test, each.saw) for each in definition.conditions(LEAD, score)] == [
        ("required", "person.name present", "a name"),
        ("required", "person.email present", "somebody@company.example"),
        ("required", "company.name present", "a company"),
        ("demographic", "company.employees at least 100", 120),
        ("situational", "answers.contact_me is true", True),
        ("behavioural", "answers.contact_me is true", True),
    ]
    assert definition.missing(LEAD, score) == ()
    small = LEAD | {"company.employees": 20, "answers.contact_me": False}
    assert not definition.met(small, score)
    assert definition.missing(small, score) == (
        "company.employees at least 100",
        "(answers.challenge present or answers.contact_me is true)",
        "(engagement score at least 50 or answers.contact_me is true)",
    )
    assert definition.thresholds == (Threshold("engagement", 50),)


def test_leads_are_put_aside_by_condition_and_by_silence(b2b: Any) -> None:
    assert b2b.archiving.untouched_us == 365 * DAY
    assert b2b.archiving.words == "fit below 0"
    assert b2b.archiving.when({"person.email": "a@gmail.com"}, None)
    assert not b2b.archiving.when({}, None)
    assert built(archive={"or_untouched_for": "2h30m"}).archiving.when is None  # type: ignore[union-attr]
    assert built().archiving is None


def test_late_facts_have_a_week_unless_it_is_said() -> None:
    assert built().late_facts_accepted == 7 * DAY
    assert built(late_facts_accepted="90s").late_facts_accepted == 90_000_000


@pytest.mark.parametrize(
    ("decay", "after_ten_days"),
    [({"linear": "50%", "per": "10d"}, 32), ({"half_life": "10d"}, 32), ({"half_life": "5d"}, 16), ("none", 64)],
)
def test_points_fade_as_written(decay: Any, after_ten_days: int) -> None:
    rules = [{"points": 64, "touch": {"kind": "came"}}]
    agreement = built(scoring={"engagement": {"rules": rules, "decay": decay}})
    assert agreement.scorer is not None
    hits = list(agreement.scorer.hits_for(touch("site"), 0, "t"))
    assert agreement.scorer.score(agreement.scorer.fit({}), hits, 10 * DAY).engagement == after_ten_days
