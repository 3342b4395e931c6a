"""Whatever comes in: a fact that can be kept and written again, or Undecodable. Nothing else."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.codec import Codec, Headers, Undecodable
from events.envelope import Envelope
from events.registry import CATALOGUE, ENVELOPES
from tests.events.examples import EXAMPLES
from tests.support.facts import json_values, same
from tests.support.laws import examples

CODEC = Codec()
RECORDS = {wire_type: CODEC.encode(envelope) for wire_type, envelope in EXAMPLES.items()}
NAMES = sorted({name for envelope in EXAMPLES.values() for name in envelope.__struct_fields__} | {"type"})


def _try(value: bytes | None, headers: Headers | None = None) -> Envelope | None:
    """Decode; what decodes can be written, read, and kept in MessagePack, and stays the same."""
    try:
        envelope = CODEC.decode(value, headers)
    except Undecodable:
        return None
    written = CODEC.encode(envelope)
    assert same(CODEC.decode(written), envelope)
    packed = msgspec.msgpack.encode(envelope)
    assert same(msgspec.msgpack.decode(packed, type=ENVELOPES[type(envelope.data)]), envelope)
    return envelope


_headers = st.lists(
    st.tuples(
        st.one_of(st.text(max_size=8), st.sampled_from([f"ce_{name}" for name in NAMES] + ["content-type", "CE_ID"])),
        st.one_of(
            st.none(),
            st.binary(max_size=12),
            st.sampled_from([b"1.0", b"true", b"2026-03-02T09:30:00Z", *(name.encode() for name in CATALOGUE)]),
        ),
    ),
    max_size=12,
)


@settings(max_examples=examples(150), deadline=None)
@given(st.one_of(st.none(), st.binary(max_size=60)), st.one_of(st.none(), _headers))
def test_arbitrary_bytes_and_headers_never_crash(value: bytes | None, headers: Headers | None) -> None:
    _try(value, headers)


@settings(max_examples=examples(150), deadline=None)
@given(json_values())
def test_arbitrary_json_never_crashes(value: Any) -> None:
    raw = json.dumps(value).encode()
    _try(raw)
    _try(raw, [("ce_specversion", b"1.0"), ("ce_type", b"lead.captured.v1"), ("ce_id", b"1"), ("ce_source", b"/s"),
               ("ce_subject", b"lead-1"), ("ce_time", b"2026-03-02T09:30:00Z")])  # fmt: skip


_changes = st.lists(st.tuples(st.booleans(), st.integers(0, 20), json_values()), min_size=1, max_size=3)


@settings(max_examples=examples(150), deadline=None)
@given(st.sampled_from(sorted(CATALOGUE)), _changes, st.booleans())
def test_records_with_arbitrary_values_in_their_fields_never_crash(
    wire_type: str, changes: list[tuple[bool, int, Any]], twice: bool
) -> None:
    record = json.loads(RECORDS[wire_type])
    data = record["data"]
    for inside, place, value in changes:
        part = data if inside else record
        part[sorted(part)[place % len(part)]] = value
    raw = json.dumps(record).encode()
    _try(raw.replace(b'"type"', b'"type": "lead.touched.v1", "type"') if twice else raw)


@settings(max_examples=examples(150), deadline=None)
@given(st.sampled_from(sorted(CATALOGUE)), st.data())
def test_records_with_bytes_damaged_never_crash(wire_type: str, data: st.DataObject) -> None:
    raw = RECORDS[wire_type]
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 12)))
    _try(raw[:start] + data.draw(st.binary(max_size=12)) + raw[end:])


_PROFILE = RECORDS["lead.profile_updated.v1"].replace(b'"+4930123456"', b"@")
_DOCUMENT = RECORDS["agreement.publish.v1"].replace(b'"emea-2026","clauses"', b'@,"clauses"')
_EXTRA = RECORDS["lead.archived.v1"].replace(b'"specversion"', b'"extra":@,"specversion"')


@pytest.mark.parametrize("template", [_PROFILE, _DOCUMENT, _EXTRA], ids=["profile", "document", "extra"])
@pytest.mark.parametrize(
    "raw",
    [
        b"NaN", b"Infinity", b"-Infinity", b"1e400", b"-1e400", b"1e-400", b"-0", b"-0.0", b"01", b"1.", b".5", b"+1",
        b"0x10", b"9007199254740993", b"18446744073709551616", str(2**70).encode(), str(-(2**70)).encode(), b"9" * 400,
        b"9" * 5000, b"0." + b"9" * 5000, b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\ud83d\\ude00"', b'"\\u0000"',
        b'"\\x"',
        b'"\x00"', b'"\xff"', b'"\xed\xa0\x80"', b'"\xc0\x80"', b"[" * 900 + b"]" * 900, b"[" * 1030 + b"]" * 1030,
        b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000, b'{"a":1,"a":[]}', b"undefined", b"", b"//", b"null,null",
    ],
)  # fmt: skip
def test_hostile_values_never_crash(template: bytes, raw: bytes) -> None:
    assert template.count(b"@") >= 1
    _try(template.replace(b"@", raw))


@pytest.mark.parametrize(
    "raw",
    [
        b"", b" ", b"\0", b"\xff\xfe", b"\xef\xbb\xbf{}", b"\xef\xbb\xbf" + RECORDS["lead.touched.v1"], b"{}", b"[]",
        b"1",
        b'"x"', b"null", b"true", b"{}{}", RECORDS["lead.touched.v1"] + b"x", RECORDS["lead.touched.v1"][:-1],
        RECORDS["lead.touched.v1"].decode().encode("utf-16"), b"[" * 1_000_000, b'{"type":' * 100_000,
    ],
)  # fmt: skip
def test_hostile_records_are_refused(raw: bytes) -> None:
    assert _try(raw) is None
    assert _try(raw, [("ce_specversion", b"1.0")]) is None


def test_a_member_written_twice_counts_as_the_last() -> None:
    twice = RECORDS["lead.archived.v1"].replace(b'"id":', b'"id":"first","id":').replace(
        b'"reason":', b'"reason":"first","reason":'
    )  # fmt: skip
    assert _try(twice) == EXAMPLES["lead.archived.v1"]
