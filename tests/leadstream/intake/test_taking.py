"""What becomes of a request is a function of the request and the configuration; nothing secret is kept."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.codec import Codec
from events.lead import LeadCaptured
from events.topics import DEAD_LETTERS, INBOX_RECORD_BYTES, RAW, TOPICS
from leadstream.connectors.port import Raw, Rejected
from leadstream.intake.taking import NotKept, batches, kept, letters_of, read, size_of, taken
from tests.leadstream.connectors.signing import SECRET
from tests.leadstream.gateway.ways import SENDING, every_source, signed, sources
from tests.support import requests

SOURCES = every_source()
CASES = [path for path in requests.CASES if path.parent.name in SENDING]
names = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)


def test_of_a_request_with_many_wrong_items_there_is_one_letter_for_each_kind_of_fault() -> None:
    rejected = [Rejected("malformed", f"[{number}].email", "is missing", number) for number in range(30)]
    malformed, nobody = letters_of([*rejected, Rejected("nobody", "", "names no one", 30)])
    assert (malformed.reason, malformed.field) == ("malformed", "[0].email")
    assert malformed.detail.startswith("item 0: [0].email is missing; item 1: ")
    assert malformed.detail.endswith("; and 10 more")
    assert (nobody.reason, nobody.detail) == ("nobody", "item 30:  names no one")


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_kept_request_becomes_the_same_again(path: object) -> None:
    raw = signed(requests.case(path))  # type: ignore[arg-type]
    source = SOURCES[raw.connector]
    first = taken(source, raw, Codec())
    again = taken(source, read(msgspec.json.encode(first.raw)), Codec())
    assert again == first
    assert batches(again, 4) == batches(first, 4)


@pytest.mark.parametrize("name", SENDING)
@given(headers=st.lists(st.tuples(names, st.text(max_size=40)), max_size=8))
def test_headers_that_nobody_needs_are_not_kept(name: str, headers: list[tuple[str, str]]) -> None:
    secret = [
        (header, SECRET) for header in ("Authorization", "Cookie", "X-Api-Key", "X-Auth-Token", "Proxy-Authorization")
    ]
    raw = requests.request(name, b"{}", headers=dict([*headers, *secret]))
    found = kept(SOURCES[name].connector, raw)
    assert all(SECRET not in value for _, value in found.headers)
    assert set(found.headers) <= set(raw.headers)


def test_the_request_stands_in_front_of_what_it_tells() -> None:
    raw = signed(requests.case(next(path for path in CASES if path.parent.name == "hubspot")))
    found = taken(SOURCES["hubspot"], raw, Codec())
    records = batches(found, 4)
    assert next(iter(records))[0] == RAW
    assert size_of(records) > len(raw.body)


def test_the_largest_request_fits_its_topics_with_a_full_head() -> None:
    limit = {topic.name: topic.max_record_bytes for topic in TOPICS}
    raw = Raw(
        connector="mailchimp", endpoint="x" * 64, received_at=2**52, path="/" + "p" * 30_000,
        headers=(("user-agent", "\xff" * 34_000),), body=b"\xff" * (1 << 20),
    )  # fmt: skip
    for (topic, _), records in batches(taken(SOURCES["mailchimp"], raw, Codec()), 4).items():
        for record in records:
            size = len(record.key or b"") + len(record.value or b"") + sum(len(n) + len(v) for n, v in record.headers)
            assert size + 100 < limit[topic], topic
    assert limit[RAW] == limit[DEAD_LETTERS] == 2 * INBOX_RECORD_BYTES


@pytest.mark.parametrize("value", [None, b"", b"{}", b"[]", b"\xff", b'{"connector":1}', b'{"connector":"a"'])
def test_bytes_that_are_no_kept_request_are_said_to_be_none(value: bytes | None) -> None:
    with pytest.raises(NotKept):
        read(value)


def test_all_that_a_way_in_for_tests_captures_is_marked() -> None:
    table = {"connector": "unbounce", "secret": "env:SECRET", "test": True}
    raw = requests.case(
        next(path for path in requests.CASES if path.parent.name == "unbounce" and path.stem == "whole")
    )
    marked = taken(sources({"unbounce": table})["unbounce"], raw, Codec())
    plain = taken(sources({"unbounce": {**table, "test": False}})["unbounce"], raw, Codec())
    assert [fact.id for fact, _ in marked.facts] == [fact.id for fact, _ in plain.facts]
    tests = [fact.data.is_test for fact, _ in (*marked.facts, *plain.facts) if isinstance(fact.data, LeadCaptured)]
    assert tests == [True, False]
