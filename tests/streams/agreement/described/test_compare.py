from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from streams.agreement.described.compare import Change, compare
from streams.agreement.load import document, from_document, load
from streams.agreement.problems import AgreementError
from tests.streams.agreement.agreement_texts import EXAMPLES, SMALL

B2B = document(load((EXAMPLES / "inbound-b2b.yaml").read_text()))
HEAD = ("agreement", "version", "effective_from", "signed")
"""What the head of a page says."""


def changes(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str, str, str | None, str | None]]:
    found = compare(from_document(SMALL | old), from_document(SMALL | new))
    return [(each.audience, each.title, each.what, each.was, each.now) for each in found]


def test_two_equal_versions_differ_in_nothing() -> None:
    spec = from_document(B2B)
    assert compare(spec, from_document(B2B | {"version": 4, "effective_from": "2027-01-01T00:00:00+02:00"})) == ()


def test_what_changes_is_told_by_whom_it_concerns() -> None:
    clause = {"starts_on": "captured", "stopped_by": {"touch": {}}, "within": "30m"}
    assert changes({"sales_clauses": {"first": clause}}, {"sales_clauses": {"first": clause | {"within": "20m"}}}) == [
        (
            "sales",
            "What sales promises",
            "changed",
            "first: within 30 minutes of the capture: any touch by sales",
            "first: within 20 minutes of the capture: any touch by sales",
        )
    ]


def test_what_is_new_and_what_is_gone_is_told() -> None:
    wanted = {"qualified_lead": {"required_fields": ["a"]}}
    told = [
        ("leads", "A qualified lead", "a are known"),
        ("leads", "A qualified lead", "is handed over to sales at once"),
    ]
    assert changes({}, wanted) == [(who, title, "added", None, words) for who, title, words in told]
    assert changes(wanted, {}) == [(who, title, "removed", words, None) for who, title, words in told]


def test_a_rule_that_moves_is_told_since_the_first_one_counts() -> None:
    moved = deepcopy(B2B)
    moved["routing"]["territories"].reverse()
    found = compare(from_document(B2B), from_document(moved))
    assert [(each.title, each.what) for each in found] == [("Who gets a lead", "changed")] * 2


def test_a_difference_behind_a_thousand_letters_is_told() -> None:
    countries = [f"country {number}" for number in range(300)]
    before, after = ({"applies_to": {"field": "c", "in": each}} for each in (countries, countries[:-1]))
    assert [what for _, _, what, _, _ in changes(before, after)] == ["changed"]


def _variants(node: Any) -> Iterator[Any]:
    """The same with one thing changed: a number, a truth value, a text, or an entry taken away."""
    match node:
        case bool():
            yield not node
        case int() | float():
            yield node + 1
        case str():
            yield from _texts(node)
        case list():
            for place, item in enumerate(node):
                yield node[:place] + node[place + 1 :]
                yield from ([*node[:place], other, *node[place + 1 :]] for other in _variants(item))
        case dict():
            for key, item in node.items():
                yield {name: value for name, value in node.items() if name != key}
                yield from (node | {key: other} for other in _variants(item))


def _texts(text: str) -> Iterator[str]:
    yield f"{text}x"
    others = ["2h", "9d", "2026Q4", "2027-02-02", "33%", "11:11", "UTC", "year", "manual", "captured", "Open", "phone"]
    yield from (other for other in others if other != text)
    yield from (other for other in ("working", "archived", "finance", "content", "intent", "fit") if other != text)


def _other_agreements() -> list[Any]:
    found = []
    for key, value in B2B.items():
        if key in HEAD:
            continue
        for other in _variants({key: value}):
            made = {name: part for name, part in B2B.items() if name != key} | other
            try:
                spec = from_document(made)
            except AgreementError:
                continue
            if document(spec) != B2B:
                found.append(pytest.param(spec, id=f"{key}-{len(found)}"))
    return found


OTHERS = _other_agreements()


def test_there_are_many_ways_to_change_an_agreement() -> None:
    assert len(OTHERS) > 300


def test_whatever_is_changed_in_an_agreement_is_told() -> None:
    before = from_document(B2B)
    untold = [param.id for param in OTHERS if not compare(before, param.values[0])]
    assert untold == []


def test_every_change_says_what_was_and_what_is() -> None:
    before = from_document(B2B)
    for param in OTHERS:
        for change in compare(before, param.values[0]):
            assert isinstance(change, Change)
            assert (change.was is None, change.now is None) == (change.what == "added", change.what == "removed")
            assert change.was != change.now
