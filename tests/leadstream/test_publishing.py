import pytest

from events.codec import Codec
from events.limits import LARGEST_FACT
from events.topics import INBOX_RECORD_BYTES
from leadstream.publishing import Refused, check
from streams.agents.lead_task import STATE_BYTES
from streams.deciders.lead.growth import GROWTH
from tests.leadstream.cli.house import fact

AT = "2026-03-02T09:00:00Z"
DATA = {"lead.captured": {"source": "web"}, "account.opened": {"name": "Example"}}


def of(kind: str, size: int) -> bytes:
    """A fact of so many bytes; what fills it is ignored, and counts."""
    room = size - len(fact(kind, "ann", 1, AT, **DATA[kind], note=""))
    return fact(kind, "ann", 1, AT, **DATA[kind], note="x" * room)


def test_a_fact_about_a_lead_may_have_the_largest_size_and_not_a_byte_more() -> None:
    assert not isinstance(check(1, of("lead.captured", LARGEST_FACT), Codec()), Refused)
    assert check(7, of("lead.captured", LARGEST_FACT + 1), Codec()) == Refused(
        7, "data", f"the fact has {LARGEST_FACT + 1} bytes; expected at most {LARGEST_FACT}"
    )


def test_other_subjects_keep_little_of_a_fact_that_may_be_as_large_as_a_record() -> None:
    most = INBOX_RECORD_BYTES - len("ann")
    assert not isinstance(check(1, of("account.opened", most), Codec()), Refused)


@pytest.mark.parametrize("kind", DATA)
def test_what_no_record_holds_with_its_key_is_refused(kind: str) -> None:
    refused = check(1, of(kind, INBOX_RECORD_BYTES), Codec())
    assert isinstance(refused, Refused)
    assert refused.reason == f"{INBOX_RECORD_BYTES + 3} bytes with its subject, at most {INBOX_RECORD_BYTES} are taken"


def test_a_new_lead_has_room_for_three_times_the_largest_fact() -> None:
    assert 3 * LARGEST_FACT + GROWTH < STATE_BYTES
