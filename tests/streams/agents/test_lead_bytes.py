"""The bytes of a lead's state: packed or not, they are the same lead."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.agents.lead_bytes import PACK_FROM, dump_lead, load_lead, plain_lead, unpacked
from streams.deciders.lead.state import Lead, Touch


def touched(count: int) -> Lead:
    touches = [
        Touch(
            n,
            f"{n * 7919 + 2**120:032x}",
            "inbound",
            "website",
            "visited",
            "marketing",
            "pricing",
            "2026-spring",
            "/crm",
        )
        for n in range(1_790_000_000_000_000, 1_790_000_000_000_000 + count)
    ]
    return Lead(source="partner", profile={"person.email": "ana@acme.example"}, touches=touches)


@given(st.integers(0, 60))
def test_a_lead_comes_back_from_its_bytes(touches: int) -> None:
    lead = touched(touches)
    assert load_lead(dump_lead(lead)) == lead
    assert unpacked(dump_lead(lead)) == plain_lead(lead)


@given(st.integers(0, 60))
def test_bytes_that_were_never_packed_are_read(touches: int) -> None:
    lead = touched(touches)
    assert load_lead(plain_lead(lead)) == lead


def test_small_states_stay_as_they_are_and_large_ones_take_less_than_half() -> None:
    assert dump_lead(Lead()) == plain_lead(Lead())
    lead = touched(20)
    assert len(plain_lead(lead)) > PACK_FROM
    assert len(dump_lead(lead)) < len(plain_lead(lead)) / 2


@pytest.mark.parametrize("damage", [slice(0, -3), slice(0, 5)])
def test_damaged_bytes_are_no_lead(damage: slice) -> None:
    with pytest.raises(msgspec.DecodeError):
        load_lead(dump_lead(touched(20))[damage])
