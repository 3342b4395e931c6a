from datetime import tzinfo

import msgspec
import pytest
from hypothesis import given, settings

from events.codec import Codec
from events.envelope import Envelope
from events.registry import CATALOGUE, ENVELOPES
from tests.support.facts import any_envelope, envelopes, same, zones
from tests.support.laws import examples

CODEC = Codec()


@pytest.mark.parametrize("wire_type", CATALOGUE)
def test_every_fact_comes_back_as_it_was(wire_type: str) -> None:
    @settings(max_examples=examples(12), deadline=None)
    @given(envelopes(wire_type))
    def law(envelope: Envelope) -> None:
        written = CODEC.encode(envelope)
        back = CODEC.decode(written)
        assert same(back, envelope)
        assert CODEC.encode(back) == written

    law()


@settings(max_examples=examples(40), deadline=None)
@given(any_envelope())
def test_equal_envelopes_are_equal_bytes(envelope: Envelope) -> None:
    twin = msgspec.convert(msgspec.to_builtins(envelope), type(envelope))
    assert twin is not envelope
    assert same(twin, envelope)
    assert CODEC.encode(twin) == CODEC.encode(envelope)


@settings(max_examples=examples(40), deadline=None)
@given(any_envelope(), zones)
def test_the_zone_an_instant_was_written_in_leaves_no_trace(envelope: Envelope, zone: tzinfo) -> None:
    elsewhere = msgspec.structs.replace(envelope, time=envelope.time.astimezone(zone))
    assert CODEC.encode(CODEC.decode(CODEC.encode(elsewhere))) == CODEC.encode(envelope)


@settings(max_examples=examples(40), deadline=None)
@given(any_envelope())
def test_every_fact_can_be_kept_in_messagepack(envelope: Envelope) -> None:
    packed = msgspec.msgpack.encode(envelope)
    assert same(msgspec.msgpack.decode(packed, type=ENVELOPES[type(envelope.data)]), envelope)
