from typing import Any

import msgspec

from events.agreement import AgreementRetired, RetireAgreement
from events.instants import DAY, from_us, iso
from tests.streams.deciders.agreement.desk import NOW, SOON, Desk, propose, publish


def retire(version: int = 1, since: int = SOON, **rest: Any) -> RetireAgreement:
    return RetireAgreement(version=version, retired_from=from_us(since), **rest)


def test_a_published_version_is_retired_a_minute_ahead() -> None:
    desk = Desk()
    desk.tell(publish(1))
    answer = desk.tell(retire(by="head of sales"))
    assert desk.facts[-1] == AgreementRetired(name="a", version=1, retired_from=from_us(SOON), by="head of sales")
    assert answer.accepted


def test_nothing_is_retired_in_the_past_once_there_are_leads() -> None:
    desk = Desk()
    desk.tell(publish(1))
    reason, missing = desk.refusal(retire(since=SOON - 1))
    assert reason == "retroactive"
    assert missing == (f"the end {iso(SOON - 1)} is before {iso(SOON)}, the earliest it may be",)
    assert desk.decide(retire(since=400 * DAY, before_first_lead=True)).answer.accepted


def test_only_what_is_published_is_retired() -> None:
    desk = Desk()
    desk.tell(publish(1))
    desk.tell(publish(4))
    desk.tell(propose(5))
    for version in (2, 5):
        assert desk.refusal(retire(version)) == (
            "unknown version",
            (f"version {version} of 'a' is not published; there is 1, 4",),
        )
    assert desk.refusal(retire(), subject="b")[1] == ("version 1 of 'b' is not published; there is none",)
    assert desk.decide(retire(1)).answer.accepted


def test_a_version_is_retired_once() -> None:
    desk = Desk()
    desk.tell(publish(1))
    first = desk.tell(retire(since=SOON + DAY), id="c")
    assert desk.refusal(retire(since=SOON)) == (
        "retired already",
        (f"version 1 of 'a' is retired from {iso(SOON + DAY)}",),
    )
    assert desk.tell(retire(since=SOON), id="c", at=NOW + DAY) == first


def test_the_last_version_of_before_can_be_retired() -> None:
    desk = Desk()
    desk.raw = msgspec.msgpack.encode([{"a": 2}, {}])
    assert desk.tell(retire(2)).accepted
    assert desk.refusal(retire(2))[0] == "retired already"
    assert desk.refusal(retire(1))[0] == "unknown version"
