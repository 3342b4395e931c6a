import msgspec
import pytest

from events.agreement import AgreementProposed, AgreementSigned, PublishAgreement
from events.instants import DAY, from_us, iso
from streams.agreement.load import from_document
from tests.streams.deciders.agreement.desk import BOTH, MARKETING, NOW, SALES, SOON, Desk, propose, publish, sign


def test_a_proposal_carries_the_document_without_names_and_what_is_to_be_signed() -> None:
    desk = Desk()
    answer = desk.tell(propose(2, priority=7))
    (fact,) = desk.facts
    assert isinstance(fact, AgreementProposed)
    assert (fact.name, fact.version, fact.effective_from) == ("a", 2, from_us(SOON))
    assert from_document(fact.document).priority == 7
    assert (answer.accepted, len(answer.facts), len(fact.digest)) == (True, 1, 64)


def test_signatures_in_the_document_become_facts_of_their_own() -> None:
    desk = Desk()
    answer = desk.tell(propose(signed=BOTH))
    proposal, *signatures = desk.facts
    assert isinstance(proposal, AgreementProposed)
    assert [(each.side, each.by, each.at) for each in signatures if isinstance(each, AgreementSigned)] == [
        ("marketing", "head of marketing", "2024-09-01"),
        ("sales", "head of sales", "2024-09-02"),
    ]
    assert "head of" not in msgspec.json.encode(proposal.document).decode()
    assert len(set(answer.facts)) == 3


def test_the_same_document_has_one_digest_however_it_is_written() -> None:
    desk = Desk()
    desk.tell(propose(priority=0, late_facts_accepted="7d"))
    desk.tell(propose(2))
    first, second = desk.facts
    assert isinstance(first, AgreementProposed)
    assert isinstance(second, AgreementProposed)
    assert first.digest != second.digest
    assert desk.tell(propose(2, statuses={"Open": {"means": "open"}})).accepted
    assert desk.tell(propose(1)).facts == desk.tell(propose(1, priority=0)).facts


def test_a_proposal_may_change_until_somebody_signs() -> None:
    desk = Desk()
    desk.tell(propose(priority=1))
    assert desk.tell(propose(priority=2)).accepted
    desk.tell(sign())
    reason, missing = desk.refusal(propose(priority=3))
    assert reason == "changed after a signature"
    assert missing == ("sales signed another document; propose the next version instead",)
    assert desk.tell(propose(2, priority=3)).accepted


def test_what_is_proposed_again_brings_nothing_about_and_answers_with_the_facts_there_are() -> None:
    desk = Desk()
    first = desk.tell(propose(signed=[SALES]))
    again = desk.tell(propose(signed=[SALES]))
    assert (again.accepted, again.facts, len(desk.facts)) == (True, first.facts, 2)
    more = desk.tell(propose(signed=BOTH))
    assert (len(more.facts), len(desk.facts)) == (1, 3)


def test_a_proposal_contradicts_no_signature() -> None:
    desk = Desk()
    desk.tell(propose(signed=[SALES]))
    assert desk.refusal(propose(signed=[SALES | {"by": "somebody"}])) == (
        "signed already",
        ("sales has signed already, by another name",),
    )


def test_what_could_never_be_published_is_not_proposed() -> None:
    desk = Desk()
    desk.tell(publish(2))
    assert desk.refusal(propose(2))[0] == "not newer"
    assert desk.refusal(propose(3, since=400 * DAY))[0] == "retroactive"
    assert desk.decide(propose(3, since=400 * DAY, before=True)).answer.accepted
    assert desk.refusal(propose(3), subject="b")[0] == "wrong subject"
    assert desk.refusal(propose(3, colour=1))[0] == "invalid document"


def test_a_side_signs_what_is_proposed() -> None:
    desk = Desk()
    desk.tell(propose())
    answer = desk.tell(sign("marketing", "head of marketing", at="2024-09-30"))
    proposal, signature = desk.facts
    assert isinstance(proposal, AgreementProposed)
    assert signature == AgreementSigned(
        name="a", version=1, side="marketing", by="head of marketing", at="2024-09-30", digest=proposal.digest
    )
    assert len(answer.facts) == 1


def test_a_signature_is_of_the_instant_of_its_command_unless_it_is_said() -> None:
    desk = Desk()
    desk.tell(propose())
    desk.tell(sign())
    assert isinstance(desk.facts[-1], AgreementSigned)
    assert desk.facts[-1].at == iso(NOW)


def test_a_side_signs_once() -> None:
    desk = Desk()
    desk.tell(propose())
    first = desk.tell(sign())
    again = desk.tell(sign())
    assert (again.accepted, again.facts, len(desk.facts)) == (True, first.facts, 2)
    assert desk.refusal(sign(by="somebody else")) == (
        "signed already",
        ("sales has signed already, by another name",),
    )


def test_what_was_read_is_what_is_signed() -> None:
    desk = Desk()
    desk.tell(propose(priority=1))
    (read,) = desk.facts
    assert isinstance(read, AgreementProposed)
    desk.tell(propose(priority=2))
    assert desk.refusal(sign(digest=read.digest))[0] == "changed"
    assert isinstance(desk.facts[-1], AgreementProposed)
    assert desk.decide(sign(digest=desk.facts[-1].digest)).answer.accepted


def test_nobody_signs_what_is_not_there() -> None:
    desk = Desk()
    assert desk.refusal(sign())[0] == "unknown version"
    desk.tell(publish(1))
    assert desk.refusal(sign())[0] == "published"
    assert desk.refusal(sign(version=2))[0] == "unknown version"
    desk.tell(propose(2))
    assert desk.refusal(sign(version=2, by=""))[0] == "unsigned"
    assert desk.refusal(sign(version=2, at="yesterday"))[0] == "invalid date"


@pytest.mark.parametrize("id", ["x", "y"])
def test_a_command_that_comes_again_is_answered_alike(id: str) -> None:  # noqa: A002
    desk = Desk()
    proposed, signed = desk.tell(propose(), id="p"), desk.tell(sign(), id=id)
    desk.tell(sign("marketing", "head of marketing"))
    desk.tell(PublishAgreement(version=1))
    assert desk.tell(propose(priority=9), id="p") == proposed
    assert desk.tell(sign(by="somebody"), id=id) == signed
    assert len(desk.facts) == 4


def test_a_signature_with_its_date_is_kept_as_written() -> None:
    desk = Desk()
    desk.tell(propose(signed=[MARKETING]))
    proposal = desk.proposed("a", 1)
    assert proposal is not None
    assert proposal.signed["marketing"].at == "2024-09-01"


def test_nobody_signs_on_a_day_that_is_still_to_come() -> None:
    desk = Desk()
    today, later = (iso(NOW + days * DAY)[:10] for days in (0, 1))
    desk.tell(propose())
    words = (f"{later} is still to come; expected {today} or earlier",)
    assert desk.refusal(sign(at=later)) == ("invalid date", words)
    sooner = f"{iso(SOON + 1)} is still to come; expected {iso(NOW)} or earlier"
    assert desk.refusal(sign(at=iso(SOON + 1))) == ("invalid date", (sooner,))
    assert desk.tell(sign(at=iso(SOON))).accepted, "a clock may be a minute ahead"
    reason, missing = desk.refusal(propose(2, signed=[SALES | {"at": later}]))
    assert (reason, missing) == ("invalid document", (f"signed[0].at: {words[0]}",))


def test_what_cannot_be_meant_is_neither_proposed_nor_published() -> None:
    never = {"applies_to": {"field": "company.employees", "at_least": 2, "at_most": 1}}
    told = "applies_to.at_least: 2 is more than at_most, 1; no number is on both sides"
    assert Desk().refusal(propose(**never)) == ("invalid document", (told,))
    assert Desk().refusal(publish(parts=never)) == ("invalid document", (told,))
