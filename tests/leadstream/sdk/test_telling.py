import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.codec import Codec
from events.commands import AcceptLead
from events.fact import Fact
from events.lead import LeadArchived, LeadCaptured, LeadTouched
from events.registry import ABOUT_ACCOUNTS, ABOUT_COUNCILS, ABOUT_OPPORTUNITIES, ABOUT_POOLS, UPSTREAM
from leadstream import facts
from leadstream.publishing import Refused
from leadstream.sdk.port import Told
from leadstream.sdk.telling import Event, told
from tests.leadstream.sdk.house import NOW

CODEC = Codec()
NAMESPACE = "9f1ce1f4-b3a4-566f-8d0c-e0a9d0a1c7e2"
CAPTURED = LeadCaptured(source="web")
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def sent(event: Event, *, source: str | None = "/forms", at: int = NOW) -> Told:
    found = told(event, CODEC, source=source, at=at)
    assert not isinstance(found, Refused), found
    return found


def id_of(*arguments: Any, at: int = NOW, **fields: Any) -> str:
    return sent(Event(*arguments, **fields), at=at).envelope.id


def test_the_facts_to_import_are_those_that_may_be_published() -> None:
    found = {getattr(facts, name) for name in facts.__all__}
    assert found == UPSTREAM | ABOUT_ACCOUNTS | ABOUT_POOLS | ABOUT_OPPORTUNITIES | ABOUT_COUNCILS


def test_a_natural_key_gives_the_same_id_whenever_it_is_told() -> None:
    assert id_of(CAPTURED, "lead-1", natural_key="17") == id_of(CAPTURED, "lead-1", natural_key="17", at=NOW + 1)


def test_that_id_never_changes_between_versions_of_the_program() -> None:
    told_of = "natural key", "/forms", "lead.captured.v1", "lead-1", "17"
    assert id_of(CAPTURED, "lead-1", natural_key="17") == str(uuid.uuid5(uuid.UUID(NAMESPACE), "\x1f".join(told_of)))


def test_another_key_source_subject_or_kind_is_another_event() -> None:
    touched = LeadTouched(channel="call", kind="dialled", direction="outbound")
    made = [
        id_of(CAPTURED, "lead-1", natural_key="17"),
        id_of(CAPTURED, "lead-1", natural_key="18"),
        id_of(CAPTURED, "lead-2", natural_key="17"),
        id_of(CAPTURED, "lead-1", source="/crm", natural_key="17"),
        id_of(touched, "lead-1", natural_key="17"),
        id_of(CAPTURED, "lead-1", time=MONDAY),
    ]
    assert len(set(made)) == len(made)


def test_without_a_key_the_id_follows_from_all_that_is_told() -> None:
    first = id_of(CAPTURED, "lead-1", time=MONDAY)
    assert id_of(CAPTURED, "lead-1", time=MONDAY, at=NOW + 5) == first
    assert id_of(CAPTURED, "lead-1", time=MONDAY + timedelta(microseconds=1)) != first
    assert id_of(LeadCaptured(source="fair"), "lead-1", time=MONDAY) != first


def test_an_id_that_is_given_is_the_id() -> None:
    assert id_of(CAPTURED, "lead-1", id="form-17") == "form-17"


@given(st.text(max_size=30), st.text(max_size=30), st.text(min_size=1, max_size=30))
def test_keys_that_hold_anything_give_an_id_or_are_refused_with_a_reason(key: str, source: str, subject: str) -> None:
    found = told(Event(CAPTURED, subject, source, natural_key=key), CODEC, source="/forms", at=NOW)
    assert found.reason if isinstance(found, Refused) else len(found.envelope.id) == 36


@pytest.mark.parametrize(
    ("event", "field", "reason"),
    [
        (Event(LeadCaptured(source=7), "lead-1"), "data.source", "Expected `str`, got `int`"),  # type: ignore[arg-type]
        (Event(CAPTURED, ""), "subject", "length >= 1"),
        (Event(CAPTURED, 7), "subject", "expected text, got int"),  # type: ignore[arg-type]
        (Event(CAPTURED, "lead-1", natural_key=7), "natural_key", "expected text, got int"),  # type: ignore[arg-type]
        (Event(CAPTURED, "lead-1", time="today"), "time", "a datetime with a zone, got str"),  # type: ignore[arg-type]
        (Event(CAPTURED, "lead-1", time=datetime(2026, 3, 2)), "time", "timezone"),  # noqa: DTZ001 - that is what is wrong
        (Event(CAPTURED, "lead-1", time=datetime(2027, 3, 2, tzinfo=UTC)), "time", "the source's clock is wrong"),
        (Event(CAPTURED, "lead-1", source="/leadstream"), "source", "facts made by leadstream itself"),
        (Event(LeadArchived(reason="untouched"), "lead-1"), "type", "made by leadstream itself"),
        (Event(AcceptLead(by="Ines"), "lead-1"), "type", "lead.accept.v1 is a command"),
        (Event({"source": "web"}, "lead-1"), "type", "expected a fact such as LeadCaptured(...), got dict"),  # type: ignore[arg-type]
        (Event(CAPTURED, "lead-1", natural_key="1", id="1"), "id", "an id or a natural key, not both"),
        (Event(LeadCaptured(profile={"a": object()}), "lead-1"), "", "cannot be written as JSON"),  # type: ignore[dict-item]
        (Event(LeadCaptured(profile={"a": "\ud800"}), "lead-1"), "", "cannot be written as JSON"),
        (Event(LeadCaptured(profile={"a": float("nan")}), "lead-1"), "data.profile[...]", "got `null`"),
    ],
)
def test_what_cannot_be_taken_is_refused_before_it_is_sent_with_its_field(
    event: Event, field: str, reason: str
) -> None:
    found = told(event, CODEC, source="/forms", at=NOW)
    assert isinstance(found, Refused)
    assert found.field == field
    assert reason in found.reason


def test_somebody_has_to_say_it() -> None:
    found = told(Event(CAPTURED, "lead-1"), CODEC, source=None, at=NOW)
    assert isinstance(found, Refused)
    assert found.field == "source"


def test_a_fact_is_needed_and_not_its_base() -> None:
    assert isinstance(told(Event(Fact(), "lead-1"), CODEC, source="/forms", at=NOW), Refused)
