import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from jsonschema import Draft7Validator

from events.compatibility import changes
from events.registry import CATALOGUE
from events.schema import json_schema
from events.topics import LEAD_INBOX, LOG_BEHIND, RAW, TOPICS
from leadstream.connectors.port import Raw
from leadstream.contract.asyncapi import as_yaml, document
from leadstream.contract.channels import Deployment
from leadstream.contract.logs import facts_in
from leadstream.contract.relied_on import relied_on
from projections.catalogue import VIEW_TOPICS, VIEWS
from projections.rows import decode_key, encode_key
from streams.agents.lead_task import ADMITTED
from streams.programs import SUBJECTS
from tests.leadstream.contract.document import DOCUMENT, faults, found, message, references

OFFICIAL = Draft7Validator(json.loads(Path(__file__).with_name("asyncapi").joinpath("3.0.0.json").read_bytes()))
CHANNELS: dict[str, Any] = DOCUMENT["channels"]
OPERATIONS: dict[str, Any] = DOCUMENT["operations"]
MESSAGES: dict[str, Any] = DOCUMENT["components"]["messages"]


def test_the_document_is_right_by_the_official_schema() -> None:
    assert [error.message for error in OFFICIAL.iter_errors(DOCUMENT)] == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda made: made.pop("info"),
        lambda made: made["operations"]["take.lead-inbox"].update(action="publish"),
        lambda made: made["channels"]["raw"].update(keeps="30 d"),
        lambda made: made["components"]["messages"]["raw"]["bindings"]["kafka"].update(key=7),
        lambda made: made["components"]["schemas"]["LeadTouched"].update(required="kind"),
        lambda made: made["channels"]["raw"]["bindings"]["kafka"].update(partitions=0),
    ],
)
def test_the_official_schema_sees_what_is_wrong_deep_inside(damage: Callable[[dict[str, Any]], object]) -> None:
    made = deepcopy(DOCUMENT)
    damage(made)
    assert not OFFICIAL.is_valid(made)


def test_every_reference_leads_somewhere_and_no_message_or_schema_is_left_over() -> None:
    used = set(references(DOCUMENT))
    for reference in used:
        assert found(reference)
    for kind in ("messages", "schemas"):
        for name in DOCUMENT["components"][kind]:
            assert f"#/components/{kind}/{name}" in used


def test_every_topic_is_a_channel_but_those_in_which_tasks_keep_where_they_stand() -> None:
    topics = {topic.name: topic for topic in (*TOPICS, *VIEW_TOPICS)}
    private = set(topics) - set(CHANNELS)
    assert set(CHANNELS) < set(topics)
    assert {topic.name for topic in TOPICS if "changelog" in topic.content} <= private
    assert all(topics[name].compacted and name.endswith("-state") for name in private)


def test_every_channel_has_an_operation_and_no_operation_a_message_that_its_channel_has_not() -> None:
    served = {operation["channel"]["$ref"] for operation in OPERATIONS.values()}
    assert served == {f"#/channels/{name}" for name in CHANNELS}
    for operation in OPERATIONS.values():
        messages = [each["$ref"] for each in operation["messages"]]
        assert messages
        assert all(each.startswith(f"{operation['channel']['$ref']}/messages/") for each in messages)
    told = {each["$ref"] for operation in OPERATIONS.values() for each in operation["messages"]}
    assert told == {
        f"#/channels/{name}/messages/{each}" for name, made in CHANNELS.items() for each in made["messages"]
    }


def test_commands_are_taken_apart_from_facts_and_answered() -> None:
    asked = OPERATIONS["answer.lead-inbox"]
    assert asked["reply"]["channel"] == {"$ref": "#/channels/answers"}
    assert {"$ref": "#/channels/lead-inbox/messages/lead.reject.v1"} in asked["messages"]
    assert {"$ref": "#/channels/lead-inbox/messages/lead.reject.v1"} not in OPERATIONS["take.lead-inbox"]["messages"]


def test_an_inbox_holds_what_its_task_takes_and_nothing_else() -> None:
    taken = {each.group.sources[0]: each.kind.outside | each.kind.tasks | each.kind.commands for each in SUBJECTS}
    taken[LEAD_INBOX] = ADMITTED.outside | ADMITTED.tasks
    for inbox, facts in taken.items():
        assert {CATALOGUE[name] for name in facts_in(inbox)} == facts, inbox


def test_a_log_holds_all_facts_that_its_inbox_takes_and_every_fact_stands_in_one() -> None:
    logs = {log: set(facts_in(log)) for log in {*LOG_BEHIND.values(), "answers"}}
    for inbox, log in LOG_BEHIND.items():
        assert {name for name in facts_in(inbox) if not MESSAGES[name]["summary"].startswith("Command")} <= logs[log]
    commands = {name for name in CATALOGUE if not any(name in facts for facts in logs.values())}
    assert all(MESSAGES[name]["summary"].startswith("Command") for name in commands)


@pytest.mark.parametrize("name", [name for name, made in MESSAGES.items() if "examples" in made])
def test_every_example_is_right_by_the_schemas_of_its_message(name: str) -> None:
    made = MESSAGES[name]
    for shown in made["examples"]:
        assert faults(made["payload"], shown["payload"]) == []
        assert faults(made.get("headers", {}), shown.get("headers", {})) == []


@pytest.mark.parametrize("wire_type", CATALOGUE)
def test_a_fact_is_never_taken_for_another_and_none_of_its_fields_is_free(wire_type: str) -> None:
    made = MESSAGES[wire_type]
    (shown,) = made["examples"]
    other = next(name for name in CATALOGUE if name != wire_type)
    assert faults(MESSAGES[other]["payload"], shown["payload"])
    for name in shown["payload"]["data"]:
        damaged = deepcopy(shown["payload"])
        damaged["data"][name] = {"never": ["this"]}
        free = json_schema(wire_type)["$defs"][CATALOGUE[wire_type].__name__]["properties"][name] == {}
        is_document = isinstance(shown["payload"]["data"][name], dict)
        assert free or is_document or faults(made["payload"], damaged)


def test_schemas_read_back_from_the_document_are_those_of_the_facts(tmp_path: Path) -> None:
    path = tmp_path / "asyncapi.yaml"
    path.write_text(as_yaml(DOCUMENT), encoding="utf-8")
    assert yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) == DOCUMENT
    kept = relied_on(path)
    assert set(kept) == set(CATALOGUE)
    for wire_type, schema in kept.items():
        assert changes(schema, json_schema(wire_type)) == []


def test_a_deployment_gives_hosts_prefix_and_numbers() -> None:
    made = document(Deployment(("a:9092", "b:9093"), "test-", partitions=8, replication=3))
    assert [server["host"] for server in made["servers"].values()] == ["a:9092", "b:9093"]
    kafka = made["channels"]["lead-inbox"]["bindings"]["kafka"]
    assert (made["channels"]["lead-inbox"]["address"], kafka["topic"]) == ("test-lead-inbox", "test-lead-inbox")
    assert (kafka["partitions"], kafka["replicas"]) == (8, 3)
    assert made["channels"]["agreements"]["bindings"]["kafka"]["partitions"] == 1


@pytest.mark.parametrize(
    ("topic", "policy", "days"),
    [("lead-events", ["delete"], None), ("lead-inbox", ["delete"], 30), ("view.leads", ["compact"], None),
     ("sla-breaches", ["delete"], 90), ("lead-scores", ["compact"], None), ("answers", ["delete"], 7)],
)  # fmt: skip
def test_a_channel_says_whether_it_is_compacted_and_for_how_long_it_keeps(
    topic: str, policy: list[str], days: int | None
) -> None:
    kept = CHANNELS[topic]["bindings"]["kafka"]["topicConfiguration"]
    assert kept["cleanup.policy"] == policy
    assert kept["retention.ms"] == (-1 if days is None else days * 86_400_000)
    assert kept["message.timestamp.type"] == "LogAppendTime"


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_the_key_of_a_row_has_the_shape_that_its_schema_names(view: Any) -> None:
    key = message(view.topic, view.topic)["bindings"]["kafka"]["key"]
    for shown in key.get("examples", []):
        cells = decode_key(view, shown.encode())
        assert encode_key(cells).decode() == shown
        assert len(cells) == view.key
    assert ("examples" in key) == (view.key > 1)


def test_a_kept_request_is_right_by_its_schema() -> None:
    raw = Raw(connector="hubspot", endpoint="eu", received_at=1, headers=(("host", "a"),), body=b"\xff{}")
    schema = message(RAW, RAW)["payload"]
    assert faults(schema, json.loads(msgspec.json.encode(raw))) == []
    assert faults(schema, {"connector": "hubspot"})
