from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.agreement import AgreementPublished, CommandAnswered, PublishAgreement, Signature
from events.codec import Codec
from events.instants import DAY, SECOND, from_us, iso
from events.registry import wrap
from streams.agreement.known import Known
from streams.deciders.agreement import (
    AgreementState,
    Refusal,
    decide,
    decide_publish,
    decode,
    encode,
    evolve,
)

NOW = 20_000 * DAY
BOTH = [
    {"side": "marketing", "by": "head of marketing", "at": "2024-09-01"},
    {"side": "sales", "by": "head of sales", "at": "2024-09-02"},
]


def command(*, version: int = 1, since: int = NOW + 60 * SECOND, signed: Any = BOTH, **rest: Any) -> PublishAgreement:
    document = {"agreement": "a", "version": version, "effective_from": iso(since), "signed": signed}
    return PublishAgreement(
        document=document | rest.pop("parts", {}),
        before_first_lead=rest.get("before_first_lead", False),
        signed_as=rest.get("signed_as"),
    )


def refusal(given: PublishAgreement, versions: dict[str, int] | None = None) -> Refusal:
    found = decide_publish(versions or {}, given, NOW)
    assert isinstance(found, Refusal)
    return found


def test_a_signed_version_is_published_a_minute_ahead() -> None:
    fact = decide_publish({"a": 1}, command(version=2, parts={"priority": 7}), NOW)
    assert isinstance(fact, AgreementPublished)
    assert (fact.name, fact.version, fact.effective_from, fact.priority) == ("a", 2, from_us(NOW + 60 * SECOND), 7)
    assert [(each.side, each.by) for each in fact.signed] == [
        ("marketing", "head of marketing"),
        ("sales", "head of sales"),
    ]
    assert Known.of([fact]).version("a", 2) is not None


def test_names_of_people_stand_only_where_they_are_known_to_be_personal() -> None:
    fact = decide_publish({}, command(), NOW)
    assert isinstance(fact, AgreementPublished)
    assert fact.document["signed"] == []
    assert "head of sales" not in msgspec.json.encode(fact.document).decode()


def test_a_version_that_would_take_effect_too_soon_is_refused() -> None:
    found = refusal(command(since=NOW + 60 * SECOND - 1))
    assert found.reason == "retroactive"
    assert iso(NOW + 60 * SECOND) in found.missing[0]


def test_before_the_first_lead_any_date_and_one_signature_will_do() -> None:
    fact = decide_publish({}, command(since=400 * DAY, signed=[], before_first_lead=True, signed_as="me"), NOW)
    assert isinstance(fact, AgreementPublished)
    assert fact.signed == (
        Signature(side="marketing", by="me", at=iso(NOW)),
        Signature(side="sales", by="me", at=iso(NOW)),
    )


def test_signing_for_both_fills_in_only_what_is_missing() -> None:
    fact = decide_publish({}, command(signed=BOTH[1:], before_first_lead=True, signed_as="me"), NOW)
    assert isinstance(fact, AgreementPublished)
    assert [(each.side, each.by) for each in fact.signed] == [("marketing", "me"), ("sales", "head of sales")]


def test_once_there_are_leads_nobody_signs_for_both() -> None:
    assert refusal(command(signed_as="me")).reason == "unsigned"


def test_a_missing_signature_is_named() -> None:
    assert refusal(command(signed=BOTH[:1])) == Refusal("unsigned", ("the signature of sales is missing",))


@pytest.mark.parametrize("version", [1, 2])
def test_a_version_must_be_newer_than_the_last(version: int) -> None:
    assert refusal(command(version=version), {"a": 2}).reason == "not newer"
    assert isinstance(decide_publish({"b": 2}, command(version=version), NOW), AgreementPublished)


def test_everything_that_is_wrong_is_told() -> None:
    found = refusal(command(version=1, since=400 * DAY, signed=[]), {"a": 1})
    assert len(found.missing) == 4
    invalid = refusal(PublishAgreement(document={"agreement": "a", "colour": 1}))
    assert invalid.reason == "invalid document"
    assert [words.partition(":")[0] for words in invalid.missing] == ["version", "effective_from", "colour"]


def test_a_flood_of_problems_is_cut_short() -> None:
    found = refusal(PublishAgreement(document={"x" * 3000 + str(number): 1 for number in range(200)}))
    assert len(found.missing) == 51
    assert found.missing[-1] == "and 153 more"
    assert max(map(len, found.missing)) <= 1000


def test_the_subject_must_be_the_agreement() -> None:
    decided = decide(AgreementState(), command(), "c1", NOW, "b")
    assert (decided.fact, decided.answer.accepted, decided.answer.reason) == (None, False, "wrong subject")


def test_a_command_that_comes_again_gets_its_first_answer_and_publishes_nothing() -> None:
    state = AgreementState()
    first = decide(state, command(), "c1", NOW, "a")
    assert first.fact is not None
    evolve(state, first.fact)
    evolve(state, first.answer)
    again = decide(decode(encode(state)), command(), "c1", NOW + DAY, "a")
    assert (again.fact, again.answer) == (None, first.answer)
    assert first.answer.facts == (first.fact_id,)
    other = decide(state, command(), "c2", NOW, "a")
    assert other.answer.reason == "not newer"


def test_a_refusal_is_remembered_too() -> None:
    state = AgreementState()
    refused = decide(state, command(signed=[]), "c1", NOW, "a").answer
    evolve(state, refused)
    assert decide(state, command(), "c1", NOW, "a").answer == refused


def test_the_state_is_empty_where_nothing_is_stored() -> None:
    assert decode(None) == AgreementState()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
KEYS = st.sampled_from(
    ["agreement", "version", "applies_to", "scoring", "statuses", "calendars", "sales_clauses", "signed", "archive"]
)


@given(st.dictionaries(KEYS, JSON), st.booleans())
def test_no_document_is_too_strange_to_be_answered(parts: dict[str, Any], before: bool) -> None:
    strange = PublishAgreement(document=command().document | parts, before_first_lead=before)
    decided = decide(AgreementState(), strange, "c1", NOW, "a")
    codec = Codec()
    answer = wrap(decided.answer, id="1", source="/leadstream", subject="c1", time=from_us(NOW))
    assert isinstance(codec.decode(codec.encode(answer)).data, CommandAnswered)
