from typing import Any

from events.agreement import (
    AgreementFact,
    AgreementProposed,
    AgreementPublished,
    AgreementRetired,
    AgreementSigned,
    Side,
    Signature,
)
from events.instants import DAY, from_us
from events.registry import wrap
from leadstream.agreements.versions import Version, Versions

BOTH = (Signature(side="marketing", by="m", at="2026-01-01"), Signature(side="sales", by="s", at="2026-01-01"))


def told(*facts: AgreementFact) -> Versions:
    return Versions(
        wrap(fact, id=str(number), source="/t", subject=fact.name, time=from_us(0)) for number, fact in enumerate(facts)
    )


def proposed(number: int, digest: str = "d", since: int = 0) -> AgreementProposed:
    return AgreementProposed(name="a", version=number, effective_from=from_us(since * DAY), document={}, digest=digest)


def signed(number: int, side: Side, digest: str = "d") -> AgreementSigned:
    return AgreementSigned(name="a", version=number, side=side, by=side[0], at="2026-01-01", digest=digest)


def published(number: int, since: int, name: str = "a", **parts: Any) -> AgreementPublished:
    return AgreementPublished(
        name=name, version=number, effective_from=from_us(since * DAY), signed=BOTH, document=parts
    )


def retired(number: int, since: int) -> AgreementRetired:
    return AgreementRetired(name="a", version=number, retired_from=from_us(since * DAY))


def version(versions: Versions, number: int) -> Version:
    found = versions.get("a", number)
    assert found is not None
    return found


def states(versions: Versions, day: int) -> list[str]:
    return [versions.state(each, day * DAY) for each in versions.all()]


def test_a_version_goes_from_proposed_to_retired() -> None:
    facts = (proposed(1), signed(1, "sales"), signed(1, "marketing"), published(1, 5), retired(1, 9))
    seen = [states(told(*facts[:count]), 6) for count in range(1, 6)]
    assert seen == [["proposed"], ["signed by sales"], ["signed by marketing and sales"], ["in force"], ["in force"]]
    assert [states(told(*facts), day) for day in (4, 5, 8, 9)] == [
        ["published"],
        ["in force"],
        ["in force"],
        ["retired"],
    ]


def test_a_later_version_supersedes_and_a_proposal_below_it_is_of_no_use() -> None:
    versions = told(published(1, 0), proposed(2), published(3, 5))
    assert states(versions, 4) == ["in force", "superseded", "published"]
    assert states(versions, 5) == ["superseded", "superseded", "in force"]


def test_a_version_retired_before_it_takes_effect_leaves_the_one_before_in_force() -> None:
    versions = told(published(1, 0), published(2, 5), retired(2, 5))
    assert states(versions, 7) == ["in force", "retired"]
    assert versions.in_force("a", 7 * DAY) is version(versions, 1)


def test_signatures_belong_to_the_document_that_is_proposed_last() -> None:
    versions = told(proposed(1), signed(1, "sales"), proposed(1, "e"))
    assert version(versions, 1).signed == ()
    assert version(versions, 1).missing() == ("marketing", "sales")


def test_marketing_stands_first_whoever_signs_first() -> None:
    found = version(told(proposed(1), signed(1, "sales"), signed(1, "marketing")), 1)
    assert [each.side for each in found.signed] == ["marketing", "sales"]
    assert found.missing() == ()


def test_the_last_version_is_the_highest_and_not_the_latest_fact() -> None:
    versions = told(proposed(3), proposed(2), published(1, 0), published(1, 0, name="b"))
    last = versions.last("a", published=False)
    assert last is not None
    assert last.number == 3
    assert versions.last("b", published=False) is None
    assert [(each.name, each.number) for each in versions.all()] == [("a", 1), ("a", 2), ("a", 3), ("b", 1)]


def test_the_digest_of_what_was_published_at_once_is_that_of_its_document() -> None:
    one, other = version(told(published(1, 0, a=1)), 1), version(told(published(1, 0, a=2)), 1)
    assert (len(one.digest), one.digest != other.digest) == (64, True)
