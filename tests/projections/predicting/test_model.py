from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from projections.predicting.answers import reasons
from projections.predicting.evaluation import Case, learn
from projections.predicting.model import Counted, Model, Outcomes, model_of
from tests.projections.predicting import model_twin as twin
from tests.support.laws import examples

STAGES = {"inbound": ("Open", "Contacted"), "partners": ("Signed", "Open")}
FEATURES = st.fixed_dictionaries(
    {},
    optional={
        "source": st.sampled_from(["fair", "web", "ads"]),
        "company.country": st.sampled_from(["ro", "md"]),
        "stage": st.sampled_from(["captured", "Open", "Contacted", "Signed", "elsewhere"]),
    },
)
TEAMS = st.sampled_from(["inbound", "partners", "nobody"])
TIMES, LEADS = st.integers(0, 30).map("{:02d}".format), st.integers(0, 999).map(str)
CASES = st.lists(st.builds(Case, TIMES, TIMES, LEADS, TEAMS, FEATURES, st.booleans()), max_size=25)


@settings(deadline=None, max_examples=examples(150))
@given(CASES, TEAMS, FEATURES, st.booleans())
def test_a_probability_is_what_the_slow_definition_says(
    cases: list[Case], team: str, features: dict[str, str], stage: bool
) -> None:
    found = learn(cases, STAGES).probability(team, features, stage=stage)
    expected = twin.probability(cases, team, features, STAGES, stage=stage)
    assert (None if found is None else Decimal(found) / 100) == expected


@settings(deadline=None, max_examples=examples(60))
@given(CASES, FEATURES, st.randoms(use_true_random=False))
def test_neither_the_order_of_outcomes_nor_of_partial_counts_matters(
    cases: list[Case], features: dict[str, str], chance: st.DataObject
) -> None:
    mixed = list(cases)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert learn(mixed, STAGES) == learn(cases, STAGES)
    assert learn(mixed, STAGES).weighed("inbound", features) == learn(cases, STAGES).weighed("inbound", features)


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_an_open_lead_is_never_certain(won: int, lost: int, won_there: int, lost_there: int) -> None:
    whole, there = Outcomes(won, lost), Outcomes(min(won, won_there), min(lost, lost_there))
    model = model_of([Counted("a", "", "", whole), Counted("a", "source", "fair", there)], {})
    found = model.probability("a", {"source": "fair"})
    assert found is None if won + lost == 0 else 1 <= (found or 0) <= 9999


def small() -> Model:
    counts = [
        Counted("inbound", "", "", Outcomes(20, 80)),
        Counted("inbound", "source", "fair", Outcomes(15, 20)),
        Counted("inbound", "source", "ads", Outcomes(5, 60)),
        Counted("inbound", "stage", "captured", Outcomes(0, 60)),
        Counted("inbound", "stage", "Open", Outcomes(3, 15)),
        Counted("inbound", "stage", "Contacted", Outcomes(17, 5)),
        Counted("partners", "", "", Outcomes(1, 1)),
    ]
    return model_of(counts, STAGES)


def test_an_example_by_hand() -> None:
    # 20 x 15.1/20.2 against 80 x 20.1/80.2
    assert small().probability("inbound", {"source": "fair"}) == 4272
    # all 20 won leads have passed Contacted, and of 80 lost ones five: 20.1/20.1 against 5.1/80.1
    assert small().probability("inbound", {"source": "fair", "stage": "Contacted"}) == 9213
    assert small().probability("inbound", {"source": "fair", "stage": "Contacted"}, stage=False) == 4272


def test_each_team_has_its_own_prior_and_one_without_outcomes_that_of_all() -> None:
    model = small()
    assert model.probability("inbound", {}) == 2000
    assert model.probability("partners", {}) == 5000
    assert model.probability("nobody", {}) == 2059  # 21 of 102


def test_a_value_that_no_outcome_has_had_says_nothing() -> None:
    assert small().probability("inbound", {"source": "unheard of"}) == 2000
    assert small().weighed("inbound", {"source": "unheard of"}) == []


def test_nobody_is_judged_where_nothing_was_ever_decided() -> None:
    assert model_of([], {}).probability("inbound", {}) is None


def test_reasons_say_how_many_times_as_often_a_value_is_found_among_the_won() -> None:
    weighed = small().weighed("inbound", {"stage": "Contacted", "source": "fair"})
    assert [(each.field, each.ratio) for each in weighed] == [
        ("source", Fraction(151 * 802, 201 * 202)),
        ("stage", Fraction(801, 51)),
    ]
    assert reasons(weighed, speaks_for=True) == "stage=Contacted x15.71; source=fair x2.98"
    assert reasons(weighed, speaks_for=False) == ""
    against = small().weighed("inbound", {"stage": "captured", "source": "ads"})
    assert reasons(against, speaks_for=False) == "source=ads x0.34"
