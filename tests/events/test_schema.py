import json
from pathlib import Path

import pytest

import events
from events.compatibility import incompatibilities
from events.registry import CATALOGUE
from events.schema import json_schema, meanings, structs_of, summary
from events.upcasters import UPCASTERS
from tests.support import golden

SCHEMAS = Path(events.__file__).with_name("schemas")


@pytest.mark.parametrize("wire_type", CATALOGUE)
def test_the_schema_of_every_fact_equals_its_golden_file(wire_type: str) -> None:
    path = SCHEMAS / f"{wire_type}.json"
    schema = json_schema(wire_type)
    if path.exists():
        broken = incompatibilities(json.loads(path.read_bytes()), schema)
        assert not broken, (
            f"{wire_type} would no longer read its old records: {broken}. Give the fact its next major version and an "
            f"upcaster; if this version was never released, remove {path.name} and run {golden.command()}"
        )
    golden.check(path, json.dumps(schema, indent=2, ensure_ascii=False).encode() + b"\n")


def test_every_golden_schema_belongs_to_a_type_or_to_an_old_version_with_an_upcaster() -> None:
    assert golden.strays(SCHEMAS, {*CATALOGUE, *UPCASTERS}) == []


def test_every_old_version_keeps_its_schema_and_leads_to_a_current_one() -> None:
    for old in UPCASTERS:
        golden.read(SCHEMAS / f"{old}.json")
        wire_type = old
        for _ in UPCASTERS:
            wire_type = UPCASTERS[wire_type][0] if wire_type in UPCASTERS else wire_type
        assert wire_type in CATALOGUE


@pytest.mark.parametrize("wire_type", CATALOGUE)
def test_every_fact_and_every_field_of_it_says_what_it_means(wire_type: str) -> None:
    for kind in structs_of(CATALOGUE[wire_type]):
        assert summary(kind)
        assert set(meanings(kind)) == set(kind.__struct_fields__)


def test_the_schema_marks_what_is_personal_and_nothing_else() -> None:
    touched = json_schema("lead.touched.v1")["$defs"]["LeadTouched"]["properties"]
    assert [name for name, field in touched.items() if field.get("x-personal")] == ["by"]
    captured = json_schema("lead.captured.v1")["$defs"]["LeadCaptured"]["properties"]
    assert captured["profile"]["x-personal-keys"] == "person."
    assert "x-personal" not in captured["profile"]
    qualified = json_schema("lead.qualified.v1")["$defs"]
    assert qualified["Condition"]["properties"]["saw"]["x-personal"] is True


def test_a_type_without_a_place_in_the_catalogue_has_no_schema() -> None:
    with pytest.raises(KeyError):
        json_schema("lead.dreamt.v1")
