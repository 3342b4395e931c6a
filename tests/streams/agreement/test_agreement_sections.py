"""The parts of an agreement that say who gets a lead, what it becomes, and what makes two of them one."""

from datetime import date
from typing import Any

import pytest

from streams.agreement.compile import compile_agreement
from streams.agreement.load import document, from_document, load
from streams.agreement.problems import AgreementError
from streams.agreement.routes import Member, Pool
from streams.scoring import Score
from tests.streams.agreement.agreement_texts import EXAMPLES, SMALL, built

POOLS = {"north": {"members": [{"name": "ann"}, {"name": "bob", "weight": 3, "cap_30d": 90}]}}
ROUTING = {"fallback": {"pool": "north"}, "pools": POOLS}
WANTED = {"required_fields": ["person.email"]}
COMMITTED = {"quarter": "2026Q1", "qualified_leads": 450}
UNQUALIFIED = {"No": {"means": "unqualified", "reasons": ["no_need", "too_small"]}}
IN_NORTH = {"field": "company.country", "equals": "NO"}


@pytest.fixture(scope="module")
def b2b() -> Any:
    return compile_agreement(load((EXAMPLES / "inbound-b2b.yaml").read_text()))


def refused(**parts: Any) -> list[tuple[str, str]]:
    with pytest.raises(AgreementError) as caught:
        from_document(SMALL | parts)
    return [(problem.path, problem.message) for problem in caught.value.problems]


def test_a_lead_goes_to_the_first_territory_then_the_first_segment_then_the_fallback(b2b: Any) -> None:
    routing = b2b.routing
    large, moldovan = routing.territories
    (finance,) = routing.segments
    assert large.holds({"company.employees": 1000})
    assert not large.holds({"company.employees": 999})
    assert (large.owner, large.pool, large.words) == ("key-accounts", None, "company.employees at least 1000")
    assert (moldovan.owner, moldovan.pool) == (None, "chisinau")
    assert finance.holds({"company.industry": "banking"})
    assert (finance.owner, finance.pool) == (None, "finance")
    assert routing.fallback == "bucharest"


def test_a_pool_has_its_members_in_order_each_with_one_share_unless_it_is_said(b2b: Any) -> None:
    assert b2b.routing.pools["finance"] == Pool("finance", (Member("rep-31", 1, None), Member("rep-32", 1, None)))
    assert b2b.routing.pools["bucharest"].members[0] == Member("rep-11", 2, 120)


def test_without_routing_nothing_is_said_about_who_gets_a_lead() -> None:
    assert built().routing is None


def test_a_commitment_covers_its_quarter_to_the_day(b2b: Any) -> None:
    (promised,) = b2b.commitments
    assert (promised.name, promised.quarter, promised.qualified_leads) == ("commitment", "2026Q1", 450)
    assert (promised.first_day, promised.next_day) == (date(2026, 1, 1), date(2026, 4, 1))
    assert [clause.name for clause in b2b.clauses if clause.side == "marketing"] == ["hand_over"]


def test_every_quarter_may_have_a_commitment_of_its_own() -> None:
    promises = {f"q{number}": {"quarter": f"2026Q{number}", "qualified_leads": number} for number in (4, 1)}
    found = built(qualified_lead=WANTED, marketing_clauses=promises).commitments
    assert [(each.name, each.first_day, each.next_day) for each in found] == [
        ("q4", date(2026, 10, 1), date(2027, 1, 1)),
        ("q1", date(2026, 1, 1), date(2026, 4, 1)),
    ]


def test_a_status_may_ask_a_program_to_warm_the_lead(b2b: Any) -> None:
    assert b2b.request_nurture == {"Nurturing": "drip-warm"}
    assert built().request_nurture == {}


def test_a_conversion_names_everything_that_is_missing(b2b: Any) -> None:
    known = {"person.email": "a@b.example", "company.name": "B", "answers.budget": 1, "answers.decision_by": "May"}
    assert b2b.conversion.missing(known, None) == ()
    assert b2b.conversion.missing({"company.name": "B"}, None) == (
        "person.email present",
        "answers.budget present",
        "answers.decision_by present",
    )
    assert b2b.conversion.confirm


def test_a_conversion_may_ask_for_points() -> None:
    agreement = built(scoring={}, conversion={"criteria": {"score": "total", "at_least": 60}, "confirm": False})
    assert agreement.conversion.missing({}, Score(59, 59, 0, "-")) == ("total score at least 60",)
    assert agreement.conversion.missing({}, Score(60, 60, 0, "-")) == ()
    assert not agreement.conversion.confirm


def test_without_conditions_every_lead_can_be_converted_by_a_person() -> None:
    conversion = built().conversion
    assert (conversion.missing({}, None), conversion.confirm) == ((), True)


def test_leads_are_one_by_every_key_unless_it_is_said() -> None:
    usual = built().identity
    assert usual.merge_on == {"email", "phone", "source_id", "anonymous_id"}
    assert usual.company_on == {"name", "domain", "phone", "postcode"}
    assert "gmail.com" in usual.free_mail
    narrow = built(identity={"merge_on": ["email"], "company_on": []}).identity
    assert (narrow.merge_on, narrow.company_on) == ({"email"}, set())


def test_a_domain_of_free_mail_counts_in_conditions_too() -> None:
    parts = {"applies_to": {"field": "person.email_domain", "in": "free_mail"}}
    lead = {"person.email": "a@Mail.MD"}
    assert not built(**parts).matches(lead)
    with_own = built(**parts, identity={"free_mail": ["MAIL.md"]})
    assert with_own.matches(lead)
    assert with_own.matches({"person.email": "a@gmail.com"})
    assert with_own.identity.free_mail >= {"mail.md", "gmail.com"}


def test_the_first_provider_of_a_field_wins(b2b: Any) -> None:
    enrichment = b2b.enrichment
    assert enrichment.providers("company.name") == ("crm", "registry", "web")
    assert [enrichment.rank("company.employees", name) for name in ("registry", "web", "crm", "other")] == [0, 1, 2, 2]
    assert built().enrichment.rank("company.name", "crm") == 0


def test_a_company_has_a_cap_of_its_own(b2b: Any) -> None:
    assert (b2b.account_score_cap, built().account_score_cap) == (300, 100)


def test_unqualified_leads_are_warmed_or_put_aside_by_their_reason(b2b: Any) -> None:
    usual = built().nurture
    assert (usual.program, usual.reasons) == ("nurture", {"no_need", "no_authority", "no_budget"})
    assert usual.archive_reasons == b2b.nurture.archive_reasons == {"not_in_profile"}
    assert b2b.nurture.program == "newsletter"
    assert built(nurture={"reasons": []}).nurture.reasons == set()


@pytest.mark.parametrize(
    ("every", "first", "later"),
    [
        ("week", date(2026, 2, 7), date(2026, 4, 4)),
        ("month", date(2026, 2, 28), date(2026, 4, 30)),
        ("quarter", date(2026, 4, 30), date(2026, 4, 30)),
        ("half_year", date(2026, 7, 31), date(2026, 7, 31)),
        ("year", date(2027, 1, 31), date(2027, 1, 31)),
    ],
)
def test_a_review_is_due_every_so_often_counted_from_the_local_day_of_effect(
    every: str, first: date, later: date
) -> None:
    review = built(effective_from="2026-01-31T00:00:00+02:00", review_every=every).review
    assert review is not None
    assert review.first == first
    assert review.next_after(date(2026, 3, 31)) == later
    assert review.next_after(date(2020, 1, 1)) == first
    assert review.next_after(first) > first


def test_a_short_month_does_not_move_the_reviews_after_it() -> None:
    review = built(effective_from="2026-01-31T00:00:00+02:00", review_every="month").review
    assert review is not None
    assert review.next_after(date(2026, 2, 28)) == date(2026, 3, 31)
    assert built().review is None


@pytest.mark.parametrize(
    ("parts", "place", "words"),
    [
        ({"routing": {"pools": POOLS}}, "routing.fallback", "is missing"),
        ({"routing": ROUTING | {"pools": {}}}, "routing.pools", "is empty"),
        ({"routing": ROUTING | {"pools": {"north": {"members": []}}}}, "routing.pools.north.members", "is empty"),
        ({"routing": ROUTING | {"fallback": {"pool": "south"}}}, "routing.fallback.pool", "expected one of north"),
        (
            {"routing": ROUTING | {"territories": [{"when": IN_NORTH, "pool": "south"}]}},
            "routing.territories[0].pool",
            "no pool 'south'",
        ),
        (
            {"routing": ROUTING | {"segments": [{"when": IN_NORTH, "pool": "south"}]}},
            "routing.segments[0].pool",
            "no pool 'south'",
        ),
        (
            {"routing": ROUTING | {"pools": POOLS | {"members": {"members": [{"name": "ann", "wait": 1}]}}}},
            "routing.pools.members.members[0].wait",
            "unknown key; expected one of name, weight, cap_30d",
        ),
        (
            {"routing": ROUTING | {"pools": POOLS | {"members": {"people": [], "members": [{"name": "a"}]}}}},
            "routing.pools.members.people",
            "unknown key; expected one of members",
        ),
        ({"routing": ROUTING | {"territories": [{"when": IN_NORTH}]}}, "routing.territories[0]", "owner: NAME"),
        (
            {"routing": ROUTING | {"territories": [{"when": IN_NORTH, "pool": "north", "owner": "ann"}]}},
            "routing.territories[0]",
            "owner: NAME",
        ),
        (
            {"routing": ROUTING | {"segments": [{"when": IN_NORTH, "owner": "ann", "pool": "north"}]}},
            "routing.segments[0].owner",
            "unknown key; expected one of when, pool",
        ),
        (
            {"routing": ROUTING | {"segments": [{"when": {"score": "fit", "at_least": 1}, "pool": "north"}]}},
            "routing.segments[0].when",
            "fields only",
        ),
        (
            {"routing": ROUTING | {"pools": {"north": {"members": [{"name": "ann"}] * 2}}}},
            "routing.pools.north.members[1].name",
            "expected each once",
        ),
        (
            {"routing": ROUTING | {"pools": {"north": {"members": [{"name": "ann", "weight": 0}]}}}},
            "routing.pools.north.members[0].weight",
            "at least 1",
        ),
        (
            {"marketing_clauses": {"c": COMMITTED | {"quarter": "2026-Q1"}}},
            "marketing_clauses.c.quarter",
            "such as 2026Q1",
        ),
        ({"marketing_clauses": {"c": {"quarter": "2026Q1"}}}, "marketing_clauses.c.qualified_leads", "is missing"),
        (
            {"marketing_clauses": {"c": COMMITTED | {"within": "1d"}}},
            "marketing_clauses.c.within",
            "unknown key; expected one of quarter, qualified_leads",
        ),
        ({"marketing_clauses": {"c": COMMITTED}}, "marketing_clauses.c", "no `qualified_lead`"),
        (
            {"marketing_clauses": {"c": COMMITTED, "d": COMMITTED}, "qualified_lead": WANTED},
            "marketing_clauses.d.quarter",
            "committed in c already",
        ),
        ({"sales_clauses": {"c": COMMITTED}}, "sales_clauses.c.starts_on", "is missing"),
        (
            {"statuses": {"Later": {"means": "nurturing", "on_enter": {}}}},
            "statuses.Later.on_enter.request_nurture",
            "is missing",
        ),
        (
            {"conversion": {"criteria": {"score": "total", "at_least": 1}}},
            "conversion.criteria",
            "no `scoring`",
        ),
        ({"identity": {"merge_on": ["mail"]}}, "identity.merge_on[0]", "expected 'email', 'phone'"),
        ({"identity": {"merge_on": ["email", "email"]}}, "identity.merge_on[1]", "expected each once"),
        ({"identity": {"free_mail": ["müller.example"]}}, "identity.free_mail[0]", "xn--"),
        ({"enrichment": {}}, "enrichment", "`precedence`, `fields` or both"),
        ({"enrichment": {"fields": {"a": []}}}, "enrichment.fields.a", "is empty"),
        ({"enrichment": {"precedence": ["crm", "crm"]}}, "enrichment.precedence[1]", "expected each once"),
        ({"accounts": {"score_cap": 0}}, "accounts.score_cap", "at least 1"),
        (
            {"statuses": UNQUALIFIED, "nurture": {"reasons": ["too_big"]}},
            "nurture.reasons[0]",
            "no reason 'too_big'; expected one of no_need, too_small",
        ),
        ({"nurture": {"reasons": ["not_in_profile"]}}, "nurture.archive_reasons[0]", "in one of the two lists"),
    ],
)
def test_a_mistake_in_a_section_is_named_with_its_place(parts: dict[str, Any], place: str, words: str) -> None:
    found = [problem for problem in refused(**parts) if problem[0] == place]
    assert [words in message for _, message in found] == [True]


def test_what_is_filled_in_can_be_read_again() -> None:
    spec = from_document(SMALL | {"statuses": UNQUALIFIED, "nurture": {"program": "x"}, "routing": ROUTING})
    assert from_document(document(spec)) == spec
