"""The bytes on the wire, ours and other producers'."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import events
from events.codec import Codec, Headers, Undecodable
from events.envelope import Envelope
from events.lead import LeadCaptured, LeadStatusChanged, LeadTouched
from events.registry import CATALOGUE, wrap
from tests.events.examples import EXAMPLES
from tests.support import golden

GOLDEN = Path(events.__file__).with_name("examples")
CODEC = Codec()
TOUCHED: dict[str, Any] = {
    "specversion": "1.0",
    "type": "lead.touched.v1",
    "id": "a-1",
    "source": "/crm",
    "subject": "lead-1",
    "time": "2026-03-02T09:30:00Z",
    "data": {"channel": "email", "kind": "clicked", "direction": "inbound"},
}
EXPECTED = wrap(
    LeadTouched(channel="email", kind="clicked", direction="inbound"),
    id="a-1", source="/crm", subject="lead-1", time=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
)  # fmt: skip
VALUE = b'{"channel":"email","kind":"clicked","direction":"inbound"}'
HEADERS: dict[str, bytes | None] = {
    "ce_specversion": b"1.0",
    "ce_type": b"lead.touched.v1",
    "ce_id": b"a-1",
    "ce_source": b"/crm",
    "ce_subject": b"lead-1",
    "ce_time": b"2026-03-02T09:30:00Z",
}


def _decoded(**changes: Any) -> Envelope:
    return CODEC.decode(json.dumps(TOUCHED | changes).encode())


def _binary(value: bytes = VALUE, **changes: bytes | None) -> Envelope:
    return CODEC.decode(value, list((HEADERS | changes).items()))


def _refusal(value: bytes, headers: Headers | None = None) -> Undecodable:
    with pytest.raises(Undecodable) as caught:
        CODEC.decode(value, headers)
    return caught.value


def test_every_fact_has_an_example() -> None:
    assert set(EXAMPLES) == set(CATALOGUE)


@pytest.mark.parametrize("wire_type", CATALOGUE)
def test_every_field_of_every_example_stands_on_the_wire(wire_type: str) -> None:
    written = json.loads(CODEC.encode(EXAMPLES[wire_type]))
    assert set(written["data"]) == set(CATALOGUE[wire_type].__struct_fields__)
    assert set(written) == {*EXAMPLES[wire_type].__struct_fields__, "type"}


@pytest.mark.parametrize("wire_type", CATALOGUE)
def test_the_bytes_of_every_example_equal_its_golden_file_and_decode_to_it(wire_type: str) -> None:
    path = GOLDEN / f"{wire_type}.json"
    golden.check(path, CODEC.encode(EXAMPLES[wire_type]))
    assert CODEC.decode(golden.read(path)) == EXAMPLES[wire_type]


def test_every_golden_file_belongs_to_a_type() -> None:
    assert golden.strays(GOLDEN, CATALOGUE) == []


@pytest.mark.parametrize("wire_type", CATALOGUE)
def test_every_example_in_binary_mode_is_the_same_envelope(wire_type: str) -> None:
    written = json.loads(CODEC.encode(EXAMPLES[wire_type]))
    value = json.dumps(written.pop("data"), ensure_ascii=False).encode()
    written["late"] = str(written["late"]).lower()
    headers = [(f"ce_{name}", text.encode()) for name, text in written.items()]
    assert CODEC.decode(value, [*headers, ("content-type", b"application/json")]) == EXAMPLES[wire_type]


def test_optional_fields_that_are_missing_have_their_defaults() -> None:
    assert _decoded() == EXPECTED
    assert _decoded(type="lead.captured.v1", data={}).data == LeadCaptured()


def test_binary_mode_is_read_without_content_type_and_with_any_case_of_the_header_names() -> None:
    assert _binary() == EXPECTED
    shouted = [(name.upper(), value) for name, value in HEADERS.items()]
    assert CODEC.decode(VALUE, [*shouted, ("Content-Type", b"application/json; charset=utf-8")]) == EXPECTED


def test_headers_in_the_style_of_http_are_no_binary_mode() -> None:
    refusal = _refusal(VALUE, [(name.replace("ce_", "ce-"), value) for name, value in HEADERS.items()])
    assert (refusal.reason, refusal.field) == ("invalid", "type")


def test_headers_of_other_systems_and_extensions_are_ignored() -> None:
    extras: dict[str, Any] = {
        "traceparent": b"\xff\xfe",
        "ce_traceparent": b"00-ab-cd-01",
        "ce_data": b"{}",
        "empty": None,
    }
    assert _binary(**extras) == EXPECTED


def test_a_header_without_a_value_is_an_absent_attribute() -> None:
    assert _binary(ce_causationid=None) == EXPECTED
    assert _refusal(VALUE, list((HEADERS | {"ce_time": None}).items())).field == "time"


@pytest.mark.parametrize(("text", "late"), [(b"true", True), (b"false", False)])
def test_a_boolean_header_is_read_as_cloudevents_writes_it(text: bytes, *, late: bool) -> None:
    assert _binary(ce_late=text).late is late


@pytest.mark.parametrize(
    ("header", "text", "field"),
    [
        ("ce_late", b"maybe", "late"),
        ("ce_late", b"1", "late"),
        ("ce_time", b"yesterday", "time"),
        ("ce_id", b"", "id"),
        ("ce_specversion", b"0.3", "specversion"),
        ("ce_subject", b"\xff", "subject"),
        ("ce_type", b"lead.dreamt.v1", "type"),
    ],
)
def test_a_wrong_header_is_refused_and_named(header: str, text: bytes, field: str) -> None:
    assert _refusal(VALUE, list((HEADERS | {header: text}).items())).field == field


@pytest.mark.parametrize(
    ("value", "reason"), [(b"", "not_json"), (b"{", "not_json"), (b"[]", "invalid"), (b"null", "invalid")]
)
def test_a_wrong_value_in_binary_mode_is_refused_as_data(value: bytes, reason: str) -> None:
    refusal = _refusal(value, list(HEADERS.items()))
    assert (refusal.reason, refusal.field) == (reason, "data")


def test_the_content_type_of_structured_mode_outweighs_attributes_in_headers() -> None:
    content = ("content-type", b"application/cloudevents+json; charset=UTF-8")
    headers = [*HEADERS.items(), ("ce_id", b"other"), content]
    value = json.dumps(TOUCHED | {"datacontenttype": "application/json;charset=utf-8"}).encode()
    assert CODEC.decode(value, headers) == EXPECTED


def test_unknown_attributes_and_unknown_fields_of_data_are_ignored() -> None:
    assert (
        _decoded(traceparent="00-ab", partitionkey="p", dataschema="https://example.com/s", extra={"deep": [1]})
        == EXPECTED
    )
    assert _decoded(data=TOUCHED["data"] | {"heat": 9, "tags": ["a"]}) == EXPECTED


def test_an_attribute_that_is_null_is_an_absent_one() -> None:
    assert _decoded(causationid=None, recordedat=None, late=None, datacontenttype=None, dataschema=None) == EXPECTED


@pytest.mark.parametrize("media_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_by_any_of_its_names_is_taken(media_type: str) -> None:
    assert _decoded(datacontenttype=media_type) == EXPECTED


def test_data_that_is_not_json_is_refused_and_named() -> None:
    refusal = _refusal(json.dumps(TOUCHED | {"datacontenttype": "application/xml"}).encode())
    assert (refusal.reason, refusal.field) == ("invalid", "datacontenttype")
    encoded = {name: item for name, item in TOUCHED.items() if name != "data"} | {"data_base64": "e30="}
    assert _refusal(json.dumps(encoded).encode()).field == "data"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02T10:30:00+01:00", EXPECTED.time),
        ("2026-03-01T19:30:00-14:00", EXPECTED.time),
        ("2026-03-02 09:30:00Z", EXPECTED.time),
        ("2026-03-02t09:30:00z", EXPECTED.time),
        ("2026-03-02T09:30:00.5Z", EXPECTED.time + timedelta(milliseconds=500)),
        ("2026-03-02T09:30:00.123456789Z", EXPECTED.time + timedelta(microseconds=123_457)),
        ("2026-03-02T09:30:00.9999999Z", EXPECTED.time + timedelta(seconds=1)),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("1970-01-01T02:00:00+02:00", datetime(1970, 1, 1, tzinfo=UTC)),
        ("9998-12-31T23:59:59.999999Z", datetime(9998, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_to_the_nearest_microsecond_and_becomes_utc(text: str, expected: datetime) -> None:
    envelope = _decoded(time=text, recordedat=text)
    assert (envelope.time, envelope.recordedat) == (expected, expected)
    assert envelope.time.tzinfo is UTC
    assert CODEC.encode(envelope) == CODEC.encode(_decoded(time=expected.isoformat(), recordedat=expected.isoformat()))


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T09:30:00",
        "2026-03-02",
        "2026-03-02T09:30Z",
        "2026-03-02T24:00:00Z",
        "2026-03-02T09:30:60Z",
        "2026-02-30T09:30:00Z",
        "1969-12-31T23:59:59.999999Z",
        "1970-01-01T00:00:00+00:01",
        "0001-01-01T00:00:00+14:00",
        "9999-01-01T00:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "1772443800",
        1772443800,
        1.5,
        "",
    ],
)
@pytest.mark.parametrize("field", ["time", "recordedat"])
def test_a_time_without_zone_out_of_range_or_of_another_form_is_refused_and_named(field: str, text: Any) -> None:
    refusal = _refusal(json.dumps(TOUCHED | {field: text}).encode())
    assert (refusal.reason, refusal.field) == ("invalid", field)


def test_the_instants_of_data_obey_the_same_limits() -> None:
    written = json.loads(CODEC.encode(EXAMPLES["agreement.published.v1"]))
    written["data"]["effective_from"] = "2026-04-01T02:00:00+02:00"
    assert CODEC.decode(json.dumps(written).encode()) == EXAMPLES["agreement.published.v1"]
    written["data"]["effective_from"] = "0001-01-01T00:00:00+14:00"
    assert _refusal(json.dumps(written).encode()).field == "data.effective_from"


def test_a_message_cannot_forge_the_field_it_names() -> None:
    refusal = _refusal(json.dumps(TOUCHED | {"specversion": "1 - at `$.data.by`"}).encode())
    assert refusal.field == "specversion"
    assert str(refusal) == "Invalid enum value '1 - at `$.data.by`' (specversion)"
    refusal = _refusal(json.dumps(TOUCHED | {"specversion": "missing required field `id`"}).encode())
    assert refusal.field == "specversion"


def test_a_type_that_is_unknown_is_told_in_few_words() -> None:
    refusal = _refusal(json.dumps(TOUCHED | {"type": "x" * 100_000}).encode())
    assert (refusal.reason, refusal.field) == ("unknown_type", "type")
    assert len(str(refusal)) < 200


def test_a_record_without_a_value_holds_no_fact() -> None:
    with pytest.raises(Undecodable) as caught:
        CODEC.decode(None, list(HEADERS.items()))
    assert caught.value.reason == "not_json"


def test_equal_facts_are_equal_bytes_and_absent_is_never_null() -> None:
    fact = LeadStatusChanged(status="Working")
    attributes: dict[str, Any] = {"id": "1", "source": "/crm", "subject": "lead-1", "time": EXPECTED.time}
    assert CODEC.encode(wrap(fact, **attributes)) == CODEC.encode(
        wrap(LeadStatusChanged(status="Working"), **attributes)
    )
    assert b"null" not in CODEC.encode(wrap(fact, **attributes))
