import pytest

from engine.drain import drain
from engine.ports import NewRecord
from engine.recordtime import TASK_HEADER, TIME_HEADER
from events.agreement import (
    AgreementProposed,
    AgreementPublished,
    AgreementRetired,
    AgreementSigned,
    CommandAnswered,
    ProposeAgreement,
    PublishAgreement,
    RetireAgreement,
    SignAgreement,
)
from events.instants import DAY, from_us
from events.registry import wrap
from events.topics import AGREEMENT_INBOX, AGREEMENT_STATE, AGREEMENTS, ANSWERS
from streams.agreement.load import document, load
from streams.programs import agreement_program
from tests.streams.agents.house import NOW, House, codec, sent
from tests.streams.deciders.lead.desk import DESK
from tests.support.given import captured

SIGNED = DESK + "signed: [{side: marketing, by: m, at: 2026-01-01}, {side: sales, by: s, at: 2026-01-01}]\n"
LATER = SIGNED.replace("2025-01-01", "2028-01-01")


async def published(house: House) -> list[AgreementPublished]:
    facts = [codec.decode(record.value).data for record in await house.records(AGREEMENTS)]
    return [fact for fact in facts if isinstance(fact, AgreementPublished)]


def answer(envelope: object) -> CommandAnswered:
    return envelope.data  # type: ignore[attr-defined, no-any-return]


async def test_a_signed_version_that_takes_effect_later_is_published_and_answered() -> None:
    house = await House().open()
    told = await house.publish(LATER)
    (fact,) = await published(house)
    record = (await house.records(AGREEMENTS))[0]
    assert (fact.name, fact.version, answer(told).accepted) == ("desk", 1, True)
    assert answer(told).facts == (codec.decode(record.value).id,)
    assert dict(record.headers) == {TIME_HEADER: b"%d" % NOW, TASK_HEADER: b"agreements"}
    assert (told.causationid, told.recordedat, answer(told).command) == ("command-0", from_us(NOW), "command-0")


@pytest.mark.parametrize(("text", "reason"), [(SIGNED, "retroactive"), (LATER.split("signed:")[0], "unsigned")])
async def test_a_refusal_is_an_answer_and_nothing_else(text: str, reason: str) -> None:
    house = await House().open()
    told = answer(await house.publish(text))
    assert (told.accepted, told.reason, await published(house), await house.dead()) == (False, reason, [], [])


async def test_one_command_delivered_twice_publishes_once_and_is_answered_twice_alike() -> None:
    house = await House().open()
    await house.publish(LATER)
    (record,) = await house.records(AGREEMENT_INBOX)
    await house.log.append({(AGREEMENT_INBOX, 0): [NewRecord(record.key, record.value)]})
    await drain(house.log, agreement_program())
    first, second = (answer(codec.decode(each.value)) for each in await house.records(ANSWERS))
    assert (len(await published(house)), first) == (1, second)


async def test_what_is_no_command_is_a_dead_letter() -> None:
    house = await House(partitions=1).open()
    await house.log.append({(AGREEMENT_INBOX, 0): [sent(captured(0)), NewRecord(b"k", b"junk")]})
    await drain(house.log, agreement_program())
    assert [why["dlq.reason"] for _, why in await house.dead()] == ["not_a_command", "not_json"]


async def test_what_was_answered_is_remembered_by_the_next_owner() -> None:
    house = await House().open(DESK)
    told = answer(await house.publish(LATER))
    assert (told.accepted, told.reason) == (False, "not newer")


@pytest.mark.parametrize("claimed", [b"-1", b"-1" + b"0" * 30])
async def test_a_command_that_claims_to_be_from_before_1970_is_a_dead_letter(claimed: bytes) -> None:
    house = await House(partitions=1).open()
    with pytest.raises(IndexError):  # there is no answer to return
        await house.publish(LATER, headers=[(TIME_HEADER, claimed)])
    assert ([why["dlq.reason"] for _, why in await house.dead()], await published(house)) == (["bad_time"], [])


async def test_a_command_with_the_longest_id_is_answered_readably() -> None:
    house = await House().open()
    spec = load(LATER)
    command = wrap(
        PublishAgreement(document=document(spec)), id="x" * 512, source="/t", subject="desk", time=from_us(NOW)
    )
    await house.log.append({(AGREEMENT_INBOX, 0): [NewRecord(b"k", codec.encode(command))]})
    await drain(house.log, agreement_program())
    assert answer(codec.decode((await house.records(ANSWERS))[-1].value)).command == "x" * 512


async def test_a_version_is_proposed_signed_published_and_retired_by_one_task() -> None:
    house = await House().open()
    await house.ask(ProposeAgreement(document=document(load(LATER.split("signed:")[0]))), "desk")
    await house.ask(SignAgreement(version=1, side="sales", by="s"), "desk")
    await drain(house.log, agreement_program())  # the next owner knows what was proposed and signed
    await house.ask(SignAgreement(version=1, side="marketing", by="m"), "desk")
    await house.ask(PublishAgreement(version=1), "desk")
    await house.ask(RetireAgreement(version=1, retired_from=from_us(NOW + DAY)), "desk")
    await drain(house.log, agreement_program())
    told = [codec.decode(record.value) for record in await house.records(AGREEMENTS)]
    assert [type(each.data) for each in told] == [
        AgreementProposed,
        AgreementSigned,
        AgreementSigned,
        AgreementPublished,
        AgreementRetired,
    ]
    answers = [answer(codec.decode(record.value)) for record in await house.records(ANSWERS)]
    assert [each.facts for each in answers] == [(each.id,) for each in told]
    assert {record.key for record in await house.records(AGREEMENTS)} == {b"desk"}
    assert {each.causationid for each in told} == {f"command-{number}" for number in range(5)}


async def test_a_proposal_is_kept_until_it_is_published() -> None:
    house = await House().open()
    await house.ask(ProposeAgreement(document=document(load(LATER))), "desk")
    await drain(house.log, agreement_program())
    key = b"proposal\x1fdesk\x1f1"
    assert await house.log.latest(AGREEMENT_STATE, 0, key) is not None
    await house.ask(PublishAgreement(version=1), "desk")
    await drain(house.log, agreement_program())
    assert await house.log.latest(AGREEMENT_STATE, 0, key) is None


async def test_a_proposal_and_its_publication_in_one_batch_leave_nothing_behind() -> None:
    house = await House().open()
    await house.ask(ProposeAgreement(document=document(load(LATER))), "desk")
    await house.ask(PublishAgreement(version=1), "desk")
    await drain(house.log, agreement_program())
    assert len(await published(house)) == 1
    assert await house.log.latest(AGREEMENT_STATE, 0, b"proposal\x1fdesk\x1f1") is None
