import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from events.registry import CATALOGUE
from events.shipped import example, schemas
from leadstream.contract.page import reference
from tests.leadstream.cli.house import House

TOUCHED = "lead.touched.v1"


def exported(house: House, change: Callable[[dict[str, Any]], object] = lambda _: None) -> Path:
    """A folder of schemas as others keep it, the one of a touch changed: today's is held against it."""
    folder = house.folder / "kept"
    house.run("schema", "export", "--to", str(folder))
    path = folder / f"{TOUCHED}.json"
    schema = json.loads(path.read_bytes())
    change(schema)
    path.write_text(json.dumps(schema))
    return folder


def fields(schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schema["$defs"]["LeadTouched"]["properties"]
    return found


def test_today_breaks_nothing_that_ships_with_the_package(house: House) -> None:
    said = house.run("schema", "check").stdout
    assert said == f"{len(schemas())} facts held against the schemas that ship with leadstream: nothing has changed\n"
    assert house.rows("schema", "check") == []


def test_every_fact_is_listed_with_who_says_it_and_where_it_stands(house: House) -> None:
    rows = {row["fact"]: row for row in house.rows("schema", "list")}
    assert set(rows) == set(CATALOGUE)
    assert (rows[TOUCHED]["from"], rows[TOUCHED]["topics"]) == ("upstream", "lead-inbox lead-events")
    assert rows["lead.reject.v1"]["topics"] == "lead-inbox"
    assert rows["sla.breached.v1"]["topics"] == "lead-events sla-breaches"
    assert all(row["meaning"] for row in rows.values())


@pytest.mark.parametrize("name", ["lead.touched", TOUCHED])
def test_a_fact_is_shown_by_its_name_or_by_its_version(house: House, name: str) -> None:
    schema = json.loads(house.run("schema", "show", name, "--format", "json").stdout)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(example(TOUCHED))
    rows = [line.split(",")[1] for line in house.run("schema", "show", name, "--format", "csv").stdout.splitlines()[1:]]
    assert rows[: len(fields(schema))] == list(fields(schema))
    assert "landing_page" in house.run("schema", "show", name).stdout


def test_a_name_that_no_fact_has_is_told_with_those_near_it(house: House) -> None:
    ended = house.ask("schema", "show", "lead.tuched")
    assert ended.exit_code == 2
    assert "did you mean lead.touched" in ended.stderr


def test_what_is_exported_are_the_schemas_that_ship(house: House) -> None:
    folder = exported(house)
    assert {path.stem: json.loads(path.read_bytes()) for path in folder.glob("*.json")} == schemas()
    assert "nothing has changed" in house.run("schema", "check", "--against", str(folder)).stdout
    one = folder / f"{TOUCHED}.json"
    assert house.run("schema", "check", "--against", str(one)).stdout.startswith("1 facts held against")


BREAKS = [
    (lambda schema: fields(schema).update(mood={"type": "string"}), "data.mood", "field removed", "old readers"),
    (lambda schema: fields(schema)["direction"]["enum"].append("sideways"), "data.direction",
     "enum value 'sideways' removed", "old events"),
    (lambda schema: schema["$defs"]["LeadTouched"]["required"].remove("kind"), "data.kind",
     "required, and was not", "old events"),
    (lambda schema: fields(schema)["kind"].update(maxLength=999), "data.kind",
     "maxLength narrowed from 999 to 256", "old events"),
    (lambda schema: fields(schema)["side"].update(default="marketing"), "data.side",
     "default changed from 'marketing' to 'sales'", "old events"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "path", "what", "whom"), BREAKS, ids=[what for _, _, what, _ in BREAKS])
def test_what_breaks_others_ends_with_1_and_says_fact_field_whom_why_and_what_to_do(
    house: House, change: Callable[[dict[str, Any]], object], path: str, what: str, whom: str
) -> None:
    folder = exported(house, change)
    ended = house.ask("schema", "check", "--against", str(folder))
    assert ended.exit_code == 1
    assert ended.stderr == f"leadstream: 1 incompatible change in 1 fact of {len(schemas())}\n"
    first, *rest = ended.stdout.splitlines()
    assert first.split(maxsplit=2) == ["incompatible", TOUCHED, f"{path}: {what}"]
    assert any(line.strip().startswith(f"breaks {whom}: ") for line in rest)
    assert any(line.strip().startswith("do: ") and "upcaster" in line for line in rest)
    (row,) = json.loads(house.ask("schema", "check", "--against", str(folder), "--format", "json").stdout)
    assert (row["verdict"], row["fact"], row["path"], row["what"]) == ("incompatible", TOUCHED, path, what)


def test_what_is_only_wider_is_listed_and_fails_when_readers_are_to_be_spared(house: House) -> None:
    folder = exported(house, lambda schema: fields(schema)["kind"].update(maxLength=9))
    said = house.run("schema", "check", "--against", str(folder)).stdout
    assert f"wider         {TOUCHED}  data.kind: maxLength widened from 9 to 256" in said
    assert house.ask("schema", "check", "--against", str(folder), "--strict").exit_code == 1


def test_what_was_added_since_is_listed_and_breaks_nobody(house: House) -> None:
    folder = exported(house, lambda schema: fields(schema).pop("click_id"))
    (folder / "lead.bounced.v1.json").unlink()
    said = house.run("schema", "check", "--against", str(folder), "--strict").stdout
    assert f"{TOUCHED}  data.click_id: field added" in said
    assert "lead.bounced.v1  (record): fact added" in said


def test_a_fact_that_is_gone_is_named(house: House) -> None:
    folder = exported(house)
    dreamt = {**json.loads((folder / f"{TOUCHED}.json").read_bytes()), "title": "lead.dreamt.v1"}
    (folder / "lead.dreamt.v1.json").write_text(json.dumps(dreamt))
    ended = house.ask("schema", "check", "--against", str(folder))
    assert ended.exit_code == 1
    assert "lead.dreamt.v1  (record): fact removed" in ended.stdout


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.json", "{", "neither JSON nor YAML"),
        ("a.yaml", "a: [", "neither JSON nor YAML"),
        ("a.json", "[]", "expected an object"),
        ("a.json", "{}", "no JSON Schema of a fact"),
        ("a.yaml", yaml.safe_dump({"asyncapi": "3.0.0"}), "not as leadstream writes it"),
        ("a.yaml", yaml.safe_dump({"asyncapi": "3.0.0", "components": {"schemas": {}}}), "no schema of a fact in it"),
    ],
)
def test_what_holds_no_schemas_is_wrong_use(house: House, name: str, text: str, problem: str) -> None:
    path = house.folder / name
    path.write_text(text)
    ended = house.ask("schema", "check", "--against", str(path))
    assert ended.exit_code == 2
    assert f"--against: {path}: " in " ".join(ended.stderr.split())
    assert problem in " ".join(ended.stderr.split())


def test_the_document_is_written_as_yaml_and_as_json_and_holds_what_is_checked(house: House) -> None:
    text = house.run("schema", "asyncapi").stdout
    assert yaml.load(text, Loader=yaml.CSafeLoader) == json.loads(
        house.run("schema", "asyncapi", "--format", "json").stdout
    )
    path = house.folder / "asyncapi.yaml"
    path.write_text(text, encoding="utf-8")
    assert "nothing has changed" in house.run("schema", "check", "--against", str(path)).stdout
    made = yaml.load(text, Loader=yaml.CSafeLoader)
    made["components"]["schemas"]["LeadTouched"]["properties"]["mood"] = {"type": "string"}
    path.write_text(yaml.dump(made, Dumper=yaml.CSafeDumper), encoding="utf-8")
    assert "data.mood: field removed" in house.ask("schema", "check", "--against", str(path)).stdout


def test_the_document_names_the_brokers_prefix_and_partitions_of_the_deployment(house: House) -> None:
    options = ("--broker", "kafka://one,two:9093", "--prefix", "emea-", "--partitions", "8", "--replication", "3")
    made = json.loads(house.run(*options, "schema", "asyncapi", "--format", "json").stdout)
    assert [server["host"] for server in made["servers"].values()] == ["one:9092", "two:9093"]
    kafka = made["channels"]["view.leads"]["bindings"]["kafka"]
    assert (kafka["topic"], kafka["partitions"], kafka["replicas"]) == ("emea-view.leads", 8, 3)


def test_the_page_of_reference_is_written_whole(house: House) -> None:
    path = house.folder / "reference.html"
    said = house.run("schema", "page", "--to", str(path)).stdout
    assert path.read_text(encoding="utf-8") == reference()
    assert said == f"{path.stat().st_size:,} bytes in {path}\n"
    assert "there is no directory" in house.misused("schema", "page", "--to", str(house.folder / "no" / "page.html"))
