"""What a clause asks for besides one answer, and what follows when it is broken."""

from typing import Any

import pytest

from streams.agreement.load import document, from_document
from streams.agreement.problems import AgreementError
from tests.streams.agreement.agreement_texts import SMALL

CALLS = [{"channel": "call", "count": 3}]
TO = {"after": "30m", "to": "manager"}


def promise(**parts: Any) -> dict[str, Any]:
    return SMALL | {"sales_clauses": {"a": {"starts_on": "captured", "within": "1d"} | parts}}


@pytest.mark.parametrize(
    ("parts", "place", "words"),
    [
        ({}, "", "expected one of `stopped_by` and `needs`"),
        ({"needs": []}, "", "expected one of `stopped_by` and `needs`"),
        ({"needs": CALLS, "stopped_by": "handed_over"}, "", "expected one of `stopped_by` and `needs`"),
        ({"needs": [{"channel": "call"}]}, ".needs[0].count", "is missing"),
        ({"needs": [{"channel": "call", "count": 0}]}, ".needs[0].count", "at least 1"),
        ({"needs": [{"channel": "call", "count": 1, "kind": "x"}]}, ".needs[0].kind", "expected one of channel, count"),
        ({"needs": CALLS + CALLS}, ".needs[1].channel", "'call' stands there already"),
        ({"needs": CALLS, "escalate": [{"after": "30m"}]}, ".escalate[0]", "do: reassign"),
        ({"needs": CALLS, "escalate": [{"after": "soon", "to": "x"}]}, ".escalate[0].after", "expected a duration"),
        ({"needs": CALLS, "escalate": [{"after": "0m", "to": "x"}]}, ".escalate[0].after", "more than nothing"),
        ({"needs": CALLS, "escalate": [TO | {"do": "shout"}]}, ".escalate[0].do", "expected 'reassign'"),
        ({"needs": CALLS, "escalate": [TO, TO]}, ".escalate[1].after", "later than the level before"),
        (
            {"needs": CALLS, "escalate": [TO | {"after": "2d"}, TO | {"after": "1d"}]},
            ".escalate[1].after",
            "later than",
        ),
    ],
)
def test_a_mistake_in_a_clause_is_told_at_its_place(parts: dict[str, Any], place: str, words: str) -> None:
    with pytest.raises(AgreementError) as caught:
        from_document(promise(**parts))
    (problem,) = caught.value.problems
    assert (problem.path, words in problem.message) == (f"sales_clauses.a{place}", True), problem.message


def test_levels_in_hours_and_in_working_days_may_follow_one_another() -> None:
    levels = [TO, {"after": "1d", "do": "reassign"}, {"after": "40h", "to": "director", "do": "reassign"}]
    spec = from_document(promise(needs=CALLS, escalate=levels))
    assert [each.after for each in spec.sales_clauses["a"].escalate] == ["30m", "1d", "40h"]


@pytest.mark.parametrize("parts", [{"needs": CALLS, "escalate": [TO]}, {"stopped_by": "handed_over"}])
def test_a_clause_comes_back_from_its_document(parts: dict[str, Any]) -> None:
    spec = from_document(promise(**parts))
    assert from_document(document(spec)) == spec
