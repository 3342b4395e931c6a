"""The part of an agreement that says how opportunities are counted."""

from typing import Any

import pytest

from events.instants import DAY, from_us
from streams.agreement.described.describe import describe
from streams.agreement.known import Known
from streams.agreement.load import document, from_document, load
from streams.agreement.pipeline import OPEN, Pipeline
from streams.agreement.problems import AgreementError
from tests.streams.agreement.agreement_texts import EXAMPLES, SMALL, built
from tests.streams.agreement.test_known_agreements import day, published, retired

STAGES = {"Talks": {"forecast": "pipeline"}, "Signed": {"forecast": "closed"}}
RATES = {"USD": [{"from": "2026-01-01", "rate": "0.92"}]}


def pipeline(**parts: Any) -> Pipeline:
    found = built(pipeline=parts).pipeline
    assert found is not None
    return found


def refused(**parts: Any) -> list[tuple[str, str]]:
    with pytest.raises(AgreementError) as caught:
        from_document(SMALL | {"pipeline": parts})
    return [(problem.path, problem.message) for problem in caught.value.problems]


def test_stages_stand_in_the_order_of_the_file_and_say_how_sure_a_sale_is() -> None:
    found = pipeline(stages=STAGES)
    assert (list(found.stages or ()), found.first_stage) == (["Talks", "Signed"], "Talks")
    assert [found.forecast(stage) for stage in ("Talks", "Signed", "Lost")] == ["pipeline", "closed", None]
    assert [found.has(stage) for stage in ("Talks", "Lost")] == [True, False]


def test_without_stages_any_stage_is_one_and_nothing_is_said_of_it() -> None:
    found = pipeline(currency="EUR")
    assert (found.stages, found.first_stage, found.forecast("Talks"), found.has("Talks")) == (None, None, None, True)


def test_with_rates_only_currencies_that_can_be_reported_are_taken() -> None:
    assert pipeline(currency="EUR", rates=RATES).currencies == {"EUR", "USD"}
    assert {"EUR", "USD", "JPY"} < pipeline(currency="EUR").currencies


def test_what_is_untidy_is_everything_unless_it_is_said() -> None:
    usual = pipeline().hygiene
    assert (len(usual.checks), usual.grace, usual.untouched_for, usual.zone.key) == (7, DAY, 30 * DAY, "UTC")
    narrow = pipeline(timezone="Asia/Tokyo", hygiene={"checks": [], "grace": "2h", "untouched_for": "3d"}).hygiene
    assert (narrow.checks, narrow.grace, narrow.untouched_for, narrow.zone.key) == (
        frozenset(),
        DAY // 12,
        3 * DAY,
        "Asia/Tokyo",
    )


@pytest.mark.parametrize(
    ("parts", "path", "message"),
    [
        ({"stages": {}}, "pipeline.stages", "is empty; expected something"),
        ({"stages": {"A": {}}}, "pipeline.stages.A.forecast", "is missing"),
        (
            {"stages": {"A": {"forecast": "sure"}}},
            "pipeline.stages.A.forecast",
            "expected 'pipeline', 'best_case', 'most_likely', 'commit', 'closed' or 'omitted', found 'sure'",
        ),
        (
            {"stages": {"Signed": {"forecast": "closed"}}},
            "pipeline.stages",
            "expected a first stage that is not closed: converted leads begin in it",
        ),
        ({"year_begins": 13}, "pipeline.year_begins", "expected at most 12, found 13"),
        ({"paces": {"green": "80%"}}, "pipeline.paces.yellow", "expected no more than `green`"),
        (
            {"seasons": [{"from": "2026-01-01", "months": ["20%", "30%", "40%"]}]},
            "pipeline.seasons[0].months",
            "expected shares that sum to 100%, found 90%",
        ),
        (
            {"seasons": [{"from": "2026-01-01", "months": ["50%", "50%"]}]},
            "pipeline.seasons[0].months",
            "expected 3 percentages, one for each month of a quarter, found 2",
        ),
        (
            {"seasons": [{"from": "2026-01-01"}, {"from": "2026-01-01"}]},
            "pipeline.seasons[1].from",
            "expected a later day than the season before",
        ),
        ({"seasons": [{"months": ["20%", "30%", "50%"]}]}, "pipeline.seasons[0].from", "is missing"),
        ({"currency": "EURO"}, "pipeline.currency", "expected an ISO 4217 code such as EUR, found 'EURO'"),
        ({"rates": RATES}, "pipeline.rates", "expected `currency` as well, into which the rates turn"),
        ({"currency": "EUR", "rates": {"USD": []}}, "pipeline.rates.USD", "is empty; expected something"),
        (
            {"currency": "USD", "rates": RATES},
            "pipeline.rates.USD",
            "USD is the currency of reports; expected another one",
        ),
        (
            {"currency": "EUR", "rates": {"XXX": RATES["USD"]}},
            "pipeline.rates.XXX",
            "expected an ISO 4217 code such as EUR, found 'XXX'",
        ),
        (
            {"currency": "EUR", "rates": {"USD": [*RATES["USD"], *RATES["USD"]]}},
            "pipeline.rates.USD[1].from",
            "expected a later day than the rate before",
        ),
        ({"hygiene": {"checks": ["no_contact", "no_contact"]}}, "pipeline.hygiene.checks[1]", None),
        ({"hygiene": {"untouched_for": "soon"}}, "pipeline.hygiene.untouched_for", None),
        ({"hygiene": {"days": 3}}, "pipeline.hygiene.days", None),
        ({"timezone": "Bucharest"}, "pipeline.timezone", None),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(parts: Any, path: str, message: str | None) -> None:
    ((found, said),) = refused(**parts)
    assert found == path
    assert message is None or said == message


@pytest.mark.parametrize("rate", [0.92, "0", "0.000", "1e3", "-1", "1,5", True, "0.1234567890123"])
def test_a_rate_is_an_exact_positive_number_in_quotes(rate: Any) -> None:
    ((path, message),) = refused(currency="EUR", rates={"USD": [{"from": "2026-01-01", "rate": rate}]})
    assert path == "pipeline.rates.USD[0].rate"
    assert message.startswith('expected a rate in quotes such as "0.9215"')


def test_a_whole_rate_needs_no_quotes_and_every_part_survives_its_document() -> None:
    spec = from_document(
        SMALL
        | {"pipeline": {"stages": STAGES, "currency": "EUR", "rates": {"USD": [{"from": "2026-01-01", "rate": 1}]}}}
    )
    assert spec.pipeline is not None
    assert spec.pipeline.rates["USD"][0].rate == "1"
    assert from_document(document(spec)) == spec


def test_a_wrong_rate_in_a_file_is_named_with_its_line() -> None:
    text = (EXAMPLES / "inbound-b2b.yaml").read_text().replace('"0.92"', "0.92")
    line = next(number for number, each in enumerate(text.splitlines(), 1) if "USD" in each)
    with pytest.raises(AgreementError) as caught:
        load(text)
    assert [problem.line for problem in caught.value.problems] == [line]


def test_one_pipeline_counts_for_all_that_of_the_agreement_that_comes_first() -> None:
    known = Known.of(
        [
            published("a", 1, 0, pipeline={"currency": "EUR"}),
            published("b", 1, 10, priority=1, pipeline={"currency": "USD"}),
            published("c", 1, 10, priority=2),
            published("b", 2, 20, priority=1),
            retired("a", 1, 15),
        ]
    )
    found = [known.pipeline(at) for at in (day(0) - 1, day(0), day(10), day(20))]
    assert [each.currency for each in found] == [None, "EUR", "USD", "EUR"]
    assert [from_us(each.since) for each in found[1:]] == [from_us(day(each)) for each in (0, 10, 20)]
    assert found[0] is OPEN


def test_seasons_are_told_in_words_and_survive_their_document() -> None:
    written = [{"from": "2026-01-01", "months": ["20%", "30%", "50%"]}, {"from": "2026-07-01"}]
    spec = from_document(SMALL | {"pipeline": {"seasons": written}})
    assert from_document(document(spec)) == spec
    (found,) = (section for section in describe(spec) if section.title == "Opportunities")
    assert [
        item.words.removeprefix("of quarters that begin on ") for item in found.items if item.key.startswith("season")
    ] == [
        "2026-01-01 or later the three months are expected to bring 20%, 30% and 50% of the target",
        "2026-07-01 or later every day is expected to bring alike",
    ]


def test_a_pipeline_is_told_in_words() -> None:
    spec = load((EXAMPLES / "inbound-b2b.yaml").read_text())
    (found,) = (section for section in describe(spec) if section.title == "Opportunities")
    assert [item.words for item in found.items] == [
        "Discovery counts as pipeline in the forecast",
        "Proposal counts as best case in the forecast",
        "Negotiation counts as commit in the forecast",
        "Won counts as closed in the forecast; entering it wins the opportunity",
        "On hold counts as omitted in the forecast",
        "the stages come in this order: Discovery, Proposal, Negotiation, Won, On hold",
        "amounts are reported in EUR",
        "1 RON is worth in EUR: 0.1965 from 2026-01-01, 0.1971 from 2026-04-01",
        "1 USD is worth in EUR: 0.92 from 2026-01-01",
        "days end at midnight in Europe/Bucharest",
        "figures are green from 100% of the pace the quarter asks for, yellow from 85%",
        "untidy after 2 days: no close date, no next step, no contact, no products and amount zero",
        "untidy from the day after the one on which it was to close",
        "untidy when nothing is told of it for 21 days",
    ]
