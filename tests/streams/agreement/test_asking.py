"""What answers a clause, in words."""

from typing import Any

import pytest

from streams.agreement.compile import compile_agreement
from streams.agreement.load import from_document
from tests.streams.agreement.agreement_texts import SMALL


def asked(**parts: Any) -> str:
    promise = {"starts_on": "captured", "within": "1d"} | parts
    (clause,) = compile_agreement(from_document(SMALL | {"sales_clauses": {"a": promise}})).clauses
    return clause.asks


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"stopped_by": {"touch": {"channel": ["call", "email", "meeting"]}}}, "call, e-mail or meet"),
        ({"stopped_by": {"touch": {"channel": ["call"], "kind": ["connected"]}}}, "call (connected)"),
        ({"stopped_by": {"touch": {"direction": "outbound"}}}, "reach out"),
        ({"stopped_by": {"touch": {"channel": ["fax"]}}}, "fax"),
        ({"stopped_by": {"status_changed": True}}, "give a status"),
        ({"stopped_by": "handed_over"}, "hand over to sales"),
        (
            {"needs": [{"channel": "call", "count": 3}, {"channel": "email", "count": 1}]},
            "3 calls and 1 email",
        ),
    ],
)
def test_a_clause_says_what_answers_it(parts: dict[str, Any], words: str) -> None:
    assert asked(**parts) == words


def test_words_too_long_for_a_cell_are_cut() -> None:
    words = asked(stopped_by={"touch": {"channel": [f"channel-{n}" for n in range(90)]}})
    assert (len(words), words[-1]) == (256, "…")
