from typing import Any

import pytest

from events.described import parts_of
from events.registry import CATALOGUE
from events.units import unit_of


@pytest.mark.parametrize(
    ("name", "kind", "meaning", "unit"),
    [
        ("waited_us", "integer", "how long.", "microseconds"),
        ("data.amount_minor", "integer", "of the whole line.", "minor units"),
        ("waited_us", "integer", "how long, which people are told in seconds.", "microseconds"),
        ("percent", "integer", "the share.", "percent"),
        ("wait", "integer", "how long, in seconds.", "seconds"),
        ("wait", "number", "how long, milliseconds.", "milliseconds"),
        ("wait", "integer", "Whole minutes from the start.", "minutes"),
        ("cap_30d", "integer", "how many leads they take in 30 days.", ""),
        ("number", "integer", "which of its requests.", ""),
        ("note_us", "string", "in seconds.", ""),
    ],
)
def test_a_unit_is_told_by_the_name_of_a_number_else_by_the_words_about_it(
    name: str, kind: str, meaning: str, unit: str
) -> None:
    schema: dict[str, Any] = {"type": kind, "description": meaning}
    assert unit_of(schema, name) == unit
    assert unit_of({"anyOf": [{"type": kind}, {"type": "null"}], "description": meaning}, name) == unit


def test_every_amount_and_every_duration_of_a_fact_has_its_unit() -> None:
    for wire_type in CATALOGUE:
        for part in parts_of(wire_type):
            for field in part.fields:
                if field.name.endswith(("_us", "_minor")):
                    assert field.unit in ("microseconds", "minor units"), (wire_type, field.name)
