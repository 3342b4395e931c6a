import json
from typing import Any

import pytest

from events.codec import Codec, Undecodable
from events.lead import LeadTouched
from events.upcasters import Data, Upcaster, upcast


def _medium_to_channel(data: Data) -> Data:
    kept = {name: item for name, item in data.items() if name != "medium"}
    return {**kept, "channel": data["medium"]}


def _with_direction(data: Data) -> Data:
    return {**data, "direction": "outbound" if data.get("by") else "inbound"}


def _broken(data: Data) -> Data:
    return {**data, "channel": 7, "direction": "inbound"}


ONE_STEP: dict[str, Upcaster] = {"lead.touched.v0": ("lead.touched.v1", _with_direction)}
TWO_STEPS: dict[str, Upcaster] = {"lead.touched.v-1": ("lead.touched.v0", _medium_to_channel), **ONE_STEP}


def _record(wire_type: str, data: Any) -> bytes:
    attributes = {
        "specversion": "1.0",
        "id": "a-1",
        "source": "/crm",
        "subject": "lead-1",
        "time": "2026-03-02T09:30:00Z",
    }
    return json.dumps(attributes | {"type": wire_type, "data": data}).encode()


def _refusal(codec: Codec, value: bytes) -> Undecodable:
    with pytest.raises(Undecodable) as caught:
        codec.decode(value)
    return caught.value


@pytest.mark.parametrize(
    ("chain", "wire_type", "data"),
    [
        (ONE_STEP, "lead.touched.v0", {"channel": "call", "kind": "dialled", "by": "rep-17"}),
        (TWO_STEPS, "lead.touched.v0", {"channel": "call", "kind": "dialled", "by": "rep-17"}),
        (TWO_STEPS, "lead.touched.v-1", {"medium": "call", "kind": "dialled", "by": "rep-17"}),
        (TWO_STEPS, "lead.touched.v1", {"channel": "call", "kind": "dialled", "by": "rep-17", "direction": "outbound"}),
    ],
)
def test_an_old_version_is_read_as_the_current_one(chain: dict[str, Upcaster], wire_type: str, data: Data) -> None:
    codec = Codec(upcasters=chain)
    envelope = codec.decode(_record(wire_type, data))
    assert envelope.data == LeadTouched(channel="call", kind="dialled", direction="outbound", by="rep-17")
    assert json.loads(codec.encode(envelope))["type"] == "lead.touched.v1"
    assert Codec().decode(codec.encode(envelope)) == envelope


def test_an_old_version_in_binary_mode_is_read_too() -> None:
    headers = [("ce_specversion", b"1.0"), ("ce_type", b"lead.touched.v-1"), ("ce_id", b"a-1"), ("ce_source", b"/crm"),
               ("ce_subject", b"lead-1"), ("ce_time", b"2026-03-02T09:30:00Z")]  # fmt: skip
    envelope = Codec(upcasters=TWO_STEPS).decode(b'{"medium":"email","kind":"clicked"}', headers)
    assert envelope.data == LeadTouched(channel="email", kind="clicked", direction="inbound")


def test_without_an_upcaster_an_old_version_is_unknown() -> None:
    refusal = _refusal(Codec(), _record("lead.touched.v0", {"channel": "call", "kind": "dialled"}))
    assert (refusal.reason, refusal.field) == ("unknown_type", "type")


def test_what_an_upcaster_makes_is_checked_and_the_field_named() -> None:
    codec = Codec(upcasters={"lead.touched.v0": ("lead.touched.v1", _broken)})
    refusal = _refusal(codec, _record("lead.touched.v0", {"kind": "dialled"}))
    assert (refusal.reason, refusal.field) == ("invalid", "data.channel")


def test_an_upcaster_that_trips_over_a_record_refuses_it_and_names_the_type() -> None:
    refusal = _refusal(Codec(upcasters=TWO_STEPS), _record("lead.touched.v-1", {"kind": "dialled"}))
    assert (refusal.reason, refusal.field) == ("invalid", "data")
    assert "lead.touched.v-1" in str(refusal)
    assert "medium" in str(refusal)


@pytest.mark.parametrize("error", [TypeError, ZeroDivisionError, AttributeError, RecursionError, AssertionError])
def test_whatever_an_upcaster_raises_is_a_refused_record_and_no_crash(error: type[Exception]) -> None:
    def trips(_: Data) -> Data:
        raise error("tripped")

    refusal = _refusal(Codec(upcasters={"lead.touched.v0": ("lead.touched.v1", trips)}), _record("lead.touched.v0", {}))
    assert (refusal.reason, refusal.field) == ("invalid", "data")
    assert "lead.touched.v0" in str(refusal)
    assert isinstance(refusal.__cause__, error)


@pytest.mark.parametrize("data", [None, [], "text", 7])
def test_an_upcaster_is_only_given_objects(data: Any) -> None:
    refusal = _refusal(Codec(upcasters=TWO_STEPS), _record("lead.touched.v-1", data))
    assert (refusal.reason, refusal.field) == ("invalid", "data")


def test_an_upcaster_that_makes_no_object_is_refused() -> None:
    codec = Codec(upcasters={"lead.touched.v0": ("lead.touched.v1", lambda _: None)})  # type: ignore[dict-item,return-value]
    assert _refusal(codec, _record("lead.touched.v0", {})).field == "data"


def test_a_chain_that_leads_nowhere_is_an_unknown_type() -> None:
    codec = Codec(upcasters={"lead.touched.v0": ("lead.touched.v9", dict)})
    assert _refusal(codec, _record("lead.touched.v0", {})).reason == "unknown_type"


def test_a_chain_bent_into_a_ring_ends() -> None:
    ring: dict[str, Upcaster] = {"a.v0": ("a.v1", dict), "a.v1": ("a.v0", dict)}
    assert upcast("a.v0", {}, ring)[0] in ring
    assert _refusal(Codec(upcasters=ring), _record("a.v0", {})).reason == "unknown_type"
