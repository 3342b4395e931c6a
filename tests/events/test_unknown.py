"""Whoever misnames a field hears so."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.codec import Codec
from events.registry import CATALOGUE
from events.unknown import unknown_fields
from tests.events.examples import EXAMPLES

CODEC = Codec()


def target(data: dict[str, object], **more: object) -> bytes:
    said = {"quarter": "2026Q1", "amount_minor": 5, "currency": "EUR", **data}
    event = {"specversion": "1.0", "type": "target.set.v1", "id": "1", "source": "/plan", "subject": "plan", **more}
    return msgspec.json.encode({**event, "time": "2026-01-01T00:00:00Z", "data": said})


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_we_write_ourselves_has_no_unknown_field(name: str) -> None:
    value = CODEC.encode(EXAMPLES[name])
    assert unknown_fields(value, CODEC.decode(value).data) == ()


@given(st.lists(st.sampled_from(["team", "campaign", "opener_role", "region", "role"]), unique=True))
def test_the_fields_that_a_type_does_not_have_are_named_in_their_order(names: list[str]) -> None:
    value = target(dict.fromkeys(names, "north"), team="an attribute is no field")
    fields = CATALOGUE["target.set.v1"].__struct_fields__
    expected = tuple(f"data.{name}" for name in names if name not in fields)
    assert unknown_fields(value, CODEC.decode(value).data) == expected


def test_of_many_the_first_ten_are_named_and_long_names_are_cut() -> None:
    value = target({f"{number:03d}" * 100: 1 for number in range(50)})
    found = unknown_fields(value, CODEC.decode(value).data)
    assert (len(found), {len(each) for each in found}) == (10, {105})
