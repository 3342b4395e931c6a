"""No bytes and no headers make a connector raise, and whatever it tells, an inbox takes."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from events.codec import Codec
from leadstream.connectors.port import Raw, Refusal, Rejected, Reply, Translated, Trust, envelope
from leadstream.connectors.registry import CONNECTORS
from tests.support import requests
from tests.support.laws import examples

_CODEC = Codec()
_MEDIA = st.sampled_from(
    ["", "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/xml"]
)
_NAMES = st.sampled_from(sorted({name.lower() for path in requests.CASES for name, _ in requests.case(path).headers}))
_HEADERS = st.lists(st.tuples(st.one_of(_NAMES, st.text(max_size=20)), st.text(max_size=60)), max_size=6)
_SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40))
_JSON = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
)
_TRUST = st.builds(
    Trust,
    secrets=st.lists(st.text(max_size=30), max_size=2).map(tuple),
    base=st.sampled_from(["", "https://leads.example.com", "nonsense"]),
    accounts=st.lists(st.text(max_size=8), max_size=2).map(tuple),
    origins=st.lists(st.text(max_size=20), max_size=2).map(tuple),
)  # fmt: skip

each_connector = pytest.mark.parametrize("name", sorted(CONNECTORS))


def holds(raw: Raw, trust: Trust) -> None:
    """All that is promised of a connector for any request at all."""
    connector = CONNECTORS[raw.connector]
    assert isinstance(connector.verify(raw, trust, raw.received_at), Refusal | None)
    assert isinstance(connector.challenge(raw, trust), Reply | None)
    assert 0 < len(connector.natural_key(raw)) <= 256
    assert isinstance(connector.kept(raw), Raw)
    outcome = requests.translate(raw)
    assert requests.translate(raw) == outcome
    if isinstance(outcome, Rejected):
        assert outcome.hint
        return
    assert isinstance(outcome, Translated)
    for told in outcome.facts:
        made = envelope(told)
        assert _CODEC.decode(_CODEC.encode(made)) == made
        assert told.occurred_at <= raw.received_at


@each_connector
@given(
    body=st.binary(max_size=300),
    headers=_HEADERS,
    media=_MEDIA,
    query=st.text(max_size=60),
    trust=_TRUST,
    method=st.sampled_from(["GET", "POST"]),
)
@settings(max_examples=examples(100))
def test_any_bytes_are_an_outcome(
    name: str, body: bytes, headers: list[tuple[str, str]], media: str, query: str, trust: Trust, method: str
) -> None:
    told = ("content-type", media), *headers
    holds(requests.request(name, body, headers=dict(told), query=query, method=method), trust)


@pytest.mark.parametrize("path", requests.CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
@given(data=st.data())
@settings(max_examples=examples(60))
def test_a_real_request_with_anything_put_into_it_is_an_outcome(path: Any, data: st.DataObject) -> None:
    raw = requests.case(path)
    holds(structs.replace(raw, body=data.draw(_spoilt(raw.body))), Trust(secrets=("a-key",)))


def _spoilt(body: bytes) -> st.SearchStrategy[bytes]:
    """The body with another value put into it where it is JSON, else with other bytes."""
    try:
        tree = msgspec.json.decode(body)
    except msgspec.DecodeError:
        places = st.integers(0, len(body))
        return st.builds(
            lambda a, b, new: body[: min(a, b)] + new + body[max(a, b) :], places, places, st.binary(max_size=20)
        )
    return st.builds(
        lambda path, new: json.dumps(_replaced(tree, path, new)).encode(), st.sampled_from([*_paths(tree)]), _JSON
    )


def _paths(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inside = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for name, value in inside:
        yield from _paths(value, (*path, name))


def _replaced(tree: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    copy[path[0]] = _replaced(tree[path[0]], path[1:], new)
    return copy


@pytest.mark.parametrize("length", [200, 256, 300, 600, 5000])
def test_ids_of_any_length_make_a_lead_that_an_inbox_takes(length: int) -> None:
    name = "x" * length
    fields = {"type": "unsubscribe", "data[list_id]": name, "data[id]": name}
    participant = {"registrant_id": name, "email": f"{name}@example.com"}
    about = {"id": name, "topic": name, "participant": participant}
    zoom = {"event": "webinar.participant_joined", "payload": {"object": about}}
    for raw in (
        requests.request("mailchimp", urlencode(fields)),
        requests.request("zoom", json.dumps(zoom)),
        requests.request("formsort", json.dumps({"finalized": True, "responder_uuid": name})),
    ):
        holds(raw, Trust())
        assert requests.facts(raw)


def test_a_value_longer_than_a_fact_takes_is_a_rejection_and_no_fact() -> None:
    deal = {"portalId": 1, "dealId": "9" * 5000, "associations": {"associatedVids": [301]}, "properties": {
        "dealstage": {"value": "closedwon"}, "closedate": {"value": "1772442000000"},
    }}  # fmt: skip
    raw = requests.request("hubspot", json.dumps(deal))
    holds(raw, Trust())
    outcome = requests.translate(raw)
    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.hint.partition(":")[0]) == (
        "malformed", "makes a lead.converted.v1 that no inbox takes",
    )  # fmt: skip


@pytest.mark.parametrize("more", ["", '; filename="f"'])
def test_a_multipart_form_of_too_many_parts_is_given_up_at_once(more: str) -> None:
    part = f'--x\r\nContent-Disposition: form-data; name="a"{more}\r\n\r\n1\r\n'
    body = part * 10_000 + "--x--\r\n"
    raw = requests.request("web_form", body, headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert requests.translate(raw) == Rejected("malformed", "", "expected at most 1000 fields")
