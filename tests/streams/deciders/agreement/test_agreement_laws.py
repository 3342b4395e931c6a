"""Whatever is asked about agreements, in whatever order: what is published was signed by both sides as it stands."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from events.agreement import (
    AgreementCommand,
    AgreementProposed,
    AgreementPublished,
    AgreementRetired,
    AgreementSigned,
    PublishAgreement,
    RetireAgreement,
)
from events.instants import DAY, HOUR, from_us
from streams.agreement.known import Known
from streams.deciders.agreement.proposing import digest_of
from streams.deciders.agreement.refusals import NOTICE_US
from tests.streams.deciders.agreement.desk import MARKETING, NOW, SALES, Desk, propose, publish, sign
from tests.support.laws import examples

VERSIONS = st.sampled_from([1, 1, 2])
SINCE = st.integers(0, 6).map(lambda hours: NOW + 2 * hours * HOUR)
SIDES = st.sampled_from(["marketing", "sales"])
NAMES = st.sampled_from(["ann", "ann", "ann", "bob"])
SIGNED = st.sampled_from([[], [], [MARKETING], [SALES], [MARKETING, SALES], [MARKETING, SALES]])
PRIORITIES = st.sampled_from([0, 0, 0, 1])


def _proposal(version: int, since: int, signed: Any, priority: int) -> AgreementCommand:
    return propose(version, since=since, signed=signed, priority=priority)  # type: ignore[no-any-return]


def _publication(version: int, since: int, signed: Any, priority: int) -> AgreementCommand:
    return publish(version, since=since, signed=signed, parts={"priority": priority})


COMMANDS: st.SearchStrategy[AgreementCommand] = st.one_of(
    st.builds(_proposal, VERSIONS, SINCE, SIGNED, PRIORITIES),
    st.builds(_publication, VERSIONS, SINCE, SIGNED, PRIORITIES),
    st.builds(sign, SIDES, NAMES, VERSIONS),
    st.builds(lambda version: PublishAgreement(version=version), VERSIONS),
    st.builds(lambda version, since: RetireAgreement(version=version, retired_from=from_us(since)), VERSIONS, SINCE),
)
STEPS = st.lists(st.tuples(COMMANDS, st.integers(0, HOUR // 2), st.integers(0, 60)), min_size=5, max_size=30)


@settings(max_examples=examples(150), deadline=None)
@given(STEPS)
def test_what_is_published_is_what_both_sides_signed_and_nothing_comes_too_late(steps: Any) -> None:
    desk, at, answers = Desk(), NOW, {}
    proposed: dict[int, str] = {}
    signatures: dict[tuple[int, str], tuple[str, str]] = {}
    last = 0
    for command, passed, number in steps:
        at += passed
        told = len(desk.facts)
        answer = desk.tell(command, id=f"c{number}", at=at)
        assert answers.setdefault(number, answer) == answer, "one command has one answer"
        assert answer.accepted == (answer.reason is None)
        for fact in desk.facts[told:]:
            match fact:
                case AgreementProposed():
                    assert not [key for key in signatures if key[0] == fact.version], "signed is signed"
                    proposed[fact.version] = fact.digest
                    assert digest_of(fact.document) == fact.digest
                case AgreementSigned():
                    assert signatures.setdefault((fact.version, fact.side), (fact.by, fact.digest)) == (
                        fact.by,
                        fact.digest,
                    )
                    assert proposed[fact.version] == fact.digest
                case AgreementPublished():
                    assert fact.version > last
                    last = fact.version
                    assert fact.effective_from >= from_us(at + NOTICE_US)
                    assert {each.side for each in fact.signed} == {"marketing", "sales"}
                    for each in fact.signed:
                        before = signatures.get((fact.version, each.side))
                        assert before in (None, (each.by, digest_of(fact.document)))
                case AgreementRetired():
                    assert fact.retired_from >= from_us(at + NOTICE_US)
    keys = [
        (type(fact), fact.version) for fact in desk.facts if isinstance(fact, AgreementPublished | AgreementRetired)
    ]
    assert len(set(keys)) == len(keys), "a version is published once, and ends once"


@settings(max_examples=examples(60), deadline=None)
@given(SINCE, SINCE, st.lists(COMMANDS, max_size=8), st.integers(-1, 13))
def test_a_version_that_is_over_starts_nothing(since: int, end: int, more: Any, hours: int) -> None:
    desk = Desk()
    for command in (publish(1, since=since), RetireAgreement(version=1, retired_from=from_us(end)), *more):
        desk.tell(command, at=NOW - DAY)
    known, at = Known.of(desk.facts), NOW + hours * HOUR
    ends = {fact.version: fact.retired_from for fact in desk.facts if isinstance(fact, AgreementRetired)}
    versions = [fact for fact in desk.facts if isinstance(fact, AgreementPublished)]
    taking_effect = [
        fact
        for fact in versions
        if fact.effective_from <= from_us(at) and (fact.version not in ends or ends[fact.version] > fact.effective_from)
    ]
    last = max(taking_effect, key=lambda fact: (fact.effective_from, fact.version), default=None)
    expected = None if last is None or (last.version in ends and ends[last.version] <= from_us(at)) else last.version
    found, chosen = known.starting("a", at), known.choose({}, at)
    assert (found and found.version) == expected
    assert chosen is found
