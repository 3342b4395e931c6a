"""The AsyncAPI 3.0 document: every topic that others may use, what stands in it, and how it is kept."""

from typing import Any

import yaml
from typing_extensions import override

from events.agreement import CommandAnswered
from events.envelope import JSON_TYPE, STRUCTURED_TYPE
from events.registry import CATALOGUE, WIRE_TYPE
from events.schema import summary
from events.shipped import example
from events.topics import DEAD_LETTERS, INBOX_OF, LEAD_SCORES, OUTCOMES, RAW
from leadstream import __version__
from leadstream.contract.channels import BINARY, BINDING_VERSION, TOMBSTONE, Deployment, Part, channels, operations
from leadstream.contract.schemas import (
    LETTER,
    OUTCOME,
    PROGRESS,
    RAW_REQUEST,
    SCORE,
    binary_headers,
    ref,
    row_key_schema,
    row_schema,
    schemas_beside,
    schemas_of_facts,
)
from projections.catalogue import VIEWS

VERSION = "3.0.0"
"""Of AsyncAPI."""
_SUBJECT_KEY = "the subject the record is for: the lead, account, opportunity, pool, council or agreement"
_ANSWER = WIRE_TYPE[CommandAnswered]
_SERVER = "Apache Kafka. On the embedded log the same records stand in one SQLite file."
_DESCRIPTION = """\
Facts about leads and pipeline as CloudEvents 1.0 records on Kafka, and the views made of them.

Write to the inboxes; read the canonical logs (`...-events`, `agreements`), `sla-breaches`, `answers` and the `view.`
topics. A record stands in the partition murmur2(key) mod partitions, as Kafka's own producers choose it. What is
written is structured mode; inboxes take binary mode as well. Fields that are not named here may stand in any record and
are to be ignored.

A type ends in its major version. Within a version fields are added and types widened, nothing else; what would break an
old record gets the next version. Compacted topics keep the last record of a key; a null value takes the key away. The
topics in which tasks keep where they stand (`...-state`) are private.
"""


def document(deployment: Deployment) -> Part:
    """The whole document; the same code and deployment give the same document."""
    return {
        "asyncapi": VERSION,
        "id": "urn:leadstream",
        "info": {
            "title": "leadstream",
            "version": __version__,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": STRUCTURED_TYPE,
        "servers": {
            f"kafka-{place}": {"host": host, "protocol": "kafka", "description": _SERVER}
            for place, host in enumerate(deployment.hosts, start=1)
        },
        "channels": channels(deployment),
        "operations": operations(),
        "components": {"messages": _messages(), "schemas": _schemas()},
    }


class _Plain(yaml.CSafeDumper):
    """Writes equal parts twice instead of naming them, which other readers of YAML may not follow."""

    @override
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Plain, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Plain.add_representer(str, _text)


def as_yaml(made: Part) -> str:
    """The document as YAML, its parts in the order they have here."""
    return yaml.dump(made, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)


def _schemas() -> dict[str, Part]:
    return {**schemas_of_facts(), **schemas_beside(), **{view.topic: row_schema(view) for view in VIEWS}}


def _messages() -> dict[str, Part]:
    made = {name: _fact(name) for name in CATALOGUE}
    made |= {name + BINARY: _in_binary_mode(name) for name, fact in CATALOGUE.items() if fact in INBOX_OF}
    for view in VIEWS:
        made[view.topic] = _message(view.topic, view.meaning, JSON_TYPE, ref(view.topic), row_key_schema(view))
    return {**made, **_beside()}


def _fact(wire_type: str) -> Part:
    record = example(wire_type)
    key = {"type": "string", "description": "the command's id"} if wire_type == _ANSWER else _subject_key()
    found = _message(wire_type, summary(CATALOGUE[wire_type]), STRUCTURED_TYPE, ref(wire_type), key)
    return {**found, "examples": [{"name": record["id"], "payload": record}]}


def _in_binary_mode(wire_type: str) -> Part:
    record = example(wire_type)
    headers = {f"ce_{name}": record[name] for name in ("specversion", "id", "source", "subject", "type", "time")}
    data = ref(CATALOGUE[wire_type].__name__)
    found = _message(wire_type, f"{summary(CATALOGUE[wire_type])} In binary mode.", JSON_TYPE, data, _subject_key())
    shown = {"name": f"{record['id']}-binary", "headers": headers, "payload": record["data"]}
    return {**found, "headers": binary_headers(wire_type), "examples": [shown]}


def _beside() -> dict[str, Part]:
    text: Part = {"type": "string"}
    anything = {"description": "the original bytes, whatever they are; of a request the kept request"}
    letter = _message(
        DEAD_LETTERS, "What could not be taken, with the reason in its headers.", "application/octet-stream", anything,
        {**text, "description": "the original key"},
    )  # fmt: skip
    score = "The current score of a lead with its reasons."
    return {
        LEAD_SCORES: _message(LEAD_SCORES, score, JSON_TYPE, ref(SCORE), {**text, "description": "the lead"}),
        RAW: _message(
            RAW, "A request as it came.", JSON_TYPE, ref(RAW_REQUEST),
            {**text, "description": "connector and natural key, with a colon between"},
        ),
        DEAD_LETTERS: {**letter, "headers": ref(LETTER)},
        OUTCOMES: _message(
            OUTCOMES, "What became of a dead letter that was tried again.", JSON_TYPE, ref(OUTCOME),
            {**text, "description": "the letter's id: partition and offset in the topic dead-letters"},
        ),
        "progress": _message(
            "progress", "Up to which time the views of a partition are complete.", JSON_TYPE, ref(PROGRESS),
            {**text, "description": "the partition number"},
        ),
        TOMBSTONE: _message(
            TOMBSTONE, "The row of this key is gone.", JSON_TYPE, {"type": "null"},
            {**text, "description": "the key of the row"},
        ),
    }  # fmt: skip


def _subject_key() -> Part:
    return {"type": "string", "description": _SUBJECT_KEY}


def _message(name: str, meaning: str, content_type: str, payload: Part, key: Part) -> Part:
    made: dict[str, Any] = {
        "name": name,
        "title": name,
        "summary": meaning,
        "contentType": content_type,
        "payload": payload,
        "bindings": {"kafka": {"key": key, "bindingVersion": BINDING_VERSION}},
    }
    return made
