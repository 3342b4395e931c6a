from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.agreement import AgreementPublished, CommandAnswered, PublishAgreement, Signature
from events.codec import Codec
from events.instants import DAY, from_us, iso
from events.registry import wrap
from streams.agreement.known import Known
from streams.deciders.agreement.state import AgreementState, decode
from tests.streams.deciders.agreement.desk import BOTH, NOW, SALES, SOON, Desk, document, propose, publish, sign


def published(desk: Desk, command: PublishAgreement, **how: Any) -> AgreementPublished:
    decision = desk.decide(command, **how)
    assert decision.answer.accepted, decision.answer
    (made,) = decision.made
    assert isinstance(made.fact, AgreementPublished)
    assert decision.answer.facts == (made.id,)
    return made.fact


def test_a_signed_version_is_published_a_minute_ahead() -> None:
    desk = Desk()
    desk.tell(publish(1))
    fact = published(desk, publish(2, parts={"priority": 7}))
    assert (fact.name, fact.version, fact.effective_from, fact.priority) == ("a", 2, from_us(SOON), 7)
    assert [(each.side, each.by) for each in fact.signed] == [
        ("marketing", "head of marketing"),
        ("sales", "head of sales"),
    ]
    assert Known.of([fact]).version("a", 2) is not None


def test_names_of_people_stand_only_where_they_are_known_to_be_personal() -> None:
    fact = published(Desk(), publish())
    assert fact.document["signed"] == []
    assert "head of sales" not in msgspec.json.encode(fact.document).decode()


def test_a_version_that_would_take_effect_too_soon_is_refused() -> None:
    reason, missing = Desk().refusal(publish(since=SOON - 1))
    assert reason == "retroactive"
    assert iso(SOON) in missing[0]


def test_before_the_first_lead_any_date_and_one_signature_will_do() -> None:
    command = publish(since=400 * DAY, signed=[], before_first_lead=True, signed_as="me")
    assert published(Desk(), command).signed == (
        Signature(side="marketing", by="me", at=iso(NOW)),
        Signature(side="sales", by="me", at=iso(NOW)),
    )


def test_signing_for_both_fills_in_only_what_is_missing() -> None:
    fact = published(Desk(), publish(signed=[SALES], before_first_lead=True, signed_as="me"))
    assert [(each.side, each.by) for each in fact.signed] == [("marketing", "me"), ("sales", "head of sales")]


def test_once_there_are_leads_nobody_signs_for_both() -> None:
    assert Desk().refusal(publish(signed_as="me"))[0] == "unsigned"


def test_a_missing_signature_is_named() -> None:
    assert Desk().refusal(publish(signed=BOTH[:1])) == ("unsigned", ("the signature of sales is missing",))


@pytest.mark.parametrize("version", [1, 2])
def test_a_version_must_be_newer_than_the_last(version: int) -> None:
    desk = Desk()
    desk.tell(publish(2))
    assert desk.refusal(publish(version))[0] == "not newer"
    other = PublishAgreement(document=document(version, signed=BOTH) | {"agreement": "b"})
    assert published(desk, other, subject="b").version == version


def test_everything_that_is_wrong_is_told() -> None:
    desk = Desk()
    desk.tell(publish(1))
    assert len(desk.refusal(publish(1, since=400 * DAY, signed=[]))[1]) == 4
    reason, missing = desk.refusal(PublishAgreement(document={"agreement": "a", "colour": 1}))
    assert reason == "invalid document"
    assert [words.partition(":")[0] for words in missing] == ["version", "effective_from", "colour"]


def test_a_flood_of_problems_is_cut_short() -> None:
    _, missing = Desk().refusal(PublishAgreement(document={"x" * 3000 + str(number): 1 for number in range(200)}))
    assert len(missing) == 51
    assert missing[-1] == "and 153 more"
    assert max(map(len, missing)) <= 1000


def test_the_subject_must_be_the_agreement() -> None:
    assert Desk().refusal(publish(), subject="b")[0] == "wrong subject"


@pytest.mark.parametrize("command", [PublishAgreement(), PublishAgreement(document=document(signed=BOTH), version=1)])
def test_a_command_names_a_document_or_a_version(command: PublishAgreement) -> None:
    assert Desk().refusal(command)[0] == "invalid command"


def test_a_proposed_version_is_published_with_the_signatures_under_it() -> None:
    desk = Desk()
    desk.tell(propose(3, signed=BOTH[:1], priority=7))
    desk.tell(sign(version=3))
    fact = published(desk, PublishAgreement(version=3))
    assert (fact.version, fact.priority, fact.effective_from) == (3, 7, from_us(SOON))
    assert fact.signed == (
        Signature(side="marketing", by="head of marketing", at="2024-09-01"),
        Signature(side="sales", by="head of sales", at=iso(NOW)),
    )
    assert fact == published(desk, publish(3, signed=[], parts={"priority": 7}))


def test_a_proposed_version_without_a_signature_is_not_published() -> None:
    desk = Desk()
    desk.tell(propose(3))
    desk.tell(sign(version=3))
    missing = ("the signature of marketing is missing",)
    assert desk.refusal(PublishAgreement(version=3)) == ("unsigned", missing)


def test_a_proposed_version_is_published_a_minute_ahead() -> None:
    desk = Desk()
    desk.tell(propose(signed=BOTH))
    assert desk.refusal(PublishAgreement(version=1), at=NOW + 1)[0] == "retroactive"


def test_what_was_never_proposed_is_unknown_and_what_is_published_is_not_newer() -> None:
    desk = Desk()
    assert desk.refusal(PublishAgreement(version=1))[0] == "unknown version"
    desk.tell(publish(1))
    assert desk.refusal(PublishAgreement(version=1))[0] == "not newer"


def test_no_other_document_is_published_than_the_one_that_a_side_signed() -> None:
    desk = Desk()
    desk.tell(propose(signed=[SALES]))
    assert desk.refusal(publish(parts={"priority": 1}))[0] == "changed after a signature"
    otherwise = [BOTH[0], SALES | {"by": "somebody"}]
    assert desk.refusal(publish(signed=otherwise))[0] == "signed already"
    assert published(desk, publish()).version == 1


def test_a_proposal_that_is_published_is_kept_no_longer() -> None:
    desk = Desk()
    desk.tell(propose(signed=BOTH))
    desk.tell(PublishAgreement(version=1))
    assert desk.proposals == {}
    assert desk.refusal(sign())[0] == "published"


def test_a_command_that_comes_again_gets_its_first_answer_and_publishes_nothing() -> None:
    desk = Desk()
    first = desk.tell(publish(), id="c")
    again = desk.decide(publish(), id="c", at=NOW + DAY)
    assert (again.made, again.answer) == ((), first)
    assert desk.refusal(publish(), id="d")[0] == "not newer"


def test_a_refusal_is_remembered_too() -> None:
    desk = Desk()
    refused = desk.tell(publish(signed=[]), id="c")
    assert desk.decide(publish(), id="c").answer == refused


def test_what_was_kept_before_versions_could_be_retired_is_read() -> None:
    old = msgspec.msgpack.encode([{"a": 2}, {"c1": [True, ["f"], None, []]}])
    state = decode(old)
    assert isinstance(state, AgreementState)
    assert (state.versions, state.answers["c1"].facts) == ({"a": 2}, ("f",))
    assert [state.is_published("a", version) for version in (1, 2)] == [False, True]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
KEYS = st.sampled_from(
    ["agreement", "version", "applies_to", "scoring", "statuses", "calendars", "sales_clauses", "signed", "archive"]
) | st.sampled_from(["marketing_clauses", "routing", "conversion", "nurture", "identity", "enrichment", "accounts"])


@given(st.dictionaries(KEYS, JSON), st.booleans())
def test_no_document_is_too_strange_to_be_answered(parts: dict[str, Any], before: bool) -> None:
    strange = PublishAgreement(document=document(signed=BOTH) | parts, before_first_lead=before)
    answer = Desk().decide(strange).answer
    codec = Codec()
    told = wrap(answer, id="1", source="/leadstream", subject="c1", time=from_us(NOW))
    assert isinstance(codec.decode(codec.encode(told)).data, CommandAnswered)
