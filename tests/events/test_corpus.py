"""Old records are read to today's facts, for ever: every shape that was ever written is stored and tried."""

import json
from collections.abc import Callable

import pytest
from jsonschema import Draft202012Validator

from events.codec import Codec
from events.registry import CATALOGUE
from events.shipped import schemas
from events.upcasters import UPCASTERS, Data, Upcaster
from tests.events.examples import EXAMPLES
from tests.support import golden
from tests.support.corpus import Kept, kept, misread, read_as, renewed, store, wire_types

CODEC = Codec()
OLD = Kept(
    b'{"specversion":"1.0","id":"a-1","source":"/crm","subject":"lead-1","time":"2026-03-02T09:30:00Z",'
    b'"type":"lead.touched.v0","data":{"medium":"call","kind":"dialled","by":"rep-17"}}',
    b'{"type":"lead.touched.v1","id":"a-1","source":"/crm","subject":"lead-1","time":"2026-03-02T09:30:00Z","data":'
    b'{"channel":"call","kind":"dialled","direction":"outbound","by":"rep-17"},"specversion":"1.0",'
    b'"datacontenttype":"application/json"}',
)
"""A record of a version before the first one, as the corpus would keep it."""


def _step(direction: str = "outbound", *, keeps: bool = True) -> dict[str, Upcaster]:
    def change(data: Data) -> Data:
        made = {"channel": data["medium"], "kind": data["kind"], "direction": direction}
        return {**made, "by": data["by"]} if keeps else made

    return {"lead.touched.v0": ("lead.touched.v1", change)}


@pytest.mark.parametrize("wire_type", CATALOGUE)
def test_what_is_written_today_is_kept_for_the_versions_to_come(wire_type: str) -> None:
    records, written = kept(wire_type), CODEC.encode(EXAMPLES[wire_type])
    if golden.updating():
        records = renewed(CODEC, records)
        if written not in [each.record for each in records]:
            records.append(Kept(written, written))
        if records != kept(wire_type):
            store(wire_type, records)
    if written not in [each.record for each in records]:
        pytest.fail(f"the corpus has no {wire_type} as it is written today; add it with\n    {golden.command()}")


@pytest.mark.parametrize("wire_type", wire_types())
def test_every_record_that_was_ever_written_is_read_as_it_was_when_it_was_stored(wire_type: str) -> None:
    wrong = misread(CODEC, kept(wire_type))
    assert not wrong, (
        "old records mean something else now: mend the decoder or the upcaster, or give the fact a new version\n"
        + "\n".join(wrong)
    )


def test_the_corpus_has_records_of_every_version_that_ever_was_and_of_no_other() -> None:
    assert set(wire_types()) == {*CATALOGUE, *UPCASTERS} == set(schemas())


@pytest.mark.parametrize(("wire_type", "schema"), schemas().items(), ids=str)
def test_every_kept_record_is_right_by_the_schema_of_its_version_and_together_they_tell_every_field(
    wire_type: str, schema: dict[str, object]
) -> None:
    told: set[str] = set()
    for each in kept(wire_type):
        record = json.loads(each.record)
        assert record["type"] == wire_type
        Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(record)
        told |= set(record["data"])
    parts: dict[str, dict[str, object]] = schema["$defs"]  # type: ignore[assignment]
    reference: str = schema["properties"]["data"]["$ref"]  # type: ignore[index]
    assert told >= set(parts[reference.rpartition("/")[2]]["properties"])  # type: ignore[call-overload]


def test_the_corpus_holds_what_a_release_has_written_and_older_shapes_than_todays() -> None:
    records = [each.record for wire_type in wire_types() for each in kept(wire_type)]
    assert sum(b'"example-' not in record for record in records) >= 30
    older = [
        record for record in records if b'"example-' in record and record not in map(CODEC.encode, EXAMPLES.values())
    ]
    assert len(older) >= 15


def test_a_record_is_read_through_its_upcaster() -> None:
    assert misread(Codec(upcasters=_step()), [OLD]) == []


@pytest.mark.parametrize(
    "chain",
    [
        dict,
        lambda: _step("inbound"),
        lambda: _step(keeps=False),
        lambda: {"lead.touched.v0": ("lead.captured.v1", dict)},
        lambda: {"lead.touched.v0": ("lead.touched.v1", lambda data: {**data, "channel": 7})},
    ],
    ids=["dropped", "changed", "loses a field", "leads elsewhere", "makes what is refused"],
)
def test_an_upcaster_that_is_dropped_or_changed_fails_the_corpus(chain: Callable[[], dict[str, Upcaster]]) -> None:
    assert len(misread(Codec(upcasters=chain()), [OLD])) == 1


@pytest.mark.parametrize("chain", [dict, lambda: _step("inbound")], ids=["dropped", "changed"])
def test_renewing_the_corpus_takes_over_no_change_of_meaning(chain: Callable[[], dict[str, Upcaster]]) -> None:
    assert renewed(Codec(upcasters=chain()), [OLD]) == [OLD]


def test_renewing_the_corpus_takes_over_a_new_version() -> None:
    before = OLD._replace(read=OLD.record)  # as it stood while that version was the current one
    assert renewed(Codec(upcasters=_step()), [before]) == [OLD]
    assert read_as(Codec(upcasters=_step()), OLD.record) == OLD.read
