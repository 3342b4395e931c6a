"""Every kept request becomes the facts of its golden file, and holds to what all connectors promise."""

from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from events.codec import Codec
from events.registry import UPSTREAM
from leadstream.connectors.port import Raw, Rejected, Translated, envelope
from leadstream.connectors.registry import CONNECTORS
from tests.support import golden, requests

_SECONDS = 1_000_000

each_case = pytest.mark.parametrize("path", requests.CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")


def golden_of(path: Path) -> Path:
    return requests.FOLDER / "golden" / path.parent.name / f"{path.stem}.json"


@each_case
def test_a_request_becomes_the_facts_of_its_golden_file(path: Path) -> None:
    golden.check(golden_of(path), requests.shown(requests.case(path)))


@each_case
def test_facts_are_taken_from_outside_and_survive_the_wire(path: Path) -> None:
    outcome = requests.translate(requests.case(path))
    told = outcome.facts if isinstance(outcome, Translated) else ()
    for each in told:
        assert type(each.fact) in UPSTREAM
        assert each.source == f"/connectors/{path.parent.name}"
        assert Codec().decode(Codec().encode(envelope(each))) == envelope(each)
    links = [each.id for each in told]
    assert len(set(links)) == len(links)


@each_case
def test_a_repetition_later_by_another_way_has_the_same_key_and_ids(path: Path) -> None:
    raw = requests.case(path)
    again = structs.replace(raw, received_at=raw.received_at + 30 * _SECONDS, headers=(*raw.headers, ("x-retry", "2")))
    assert CONNECTORS[raw.connector].natural_key(again) == CONNECTORS[raw.connector].natural_key(raw)
    first, second = requests.translate(raw), requests.translate(again)
    if isinstance(first, Rejected):
        assert second == first
    else:
        assert isinstance(second, Translated)
        assert [(each.subject, each.id) for each in second.facts] == [(each.subject, each.id) for each in first.facts]


@each_case
def test_what_is_kept_of_a_request_says_the_same(path: Path) -> None:
    raw = requests.case(path)
    kept = CONNECTORS[raw.connector].kept(raw)
    assert requests.translate(kept) == requests.translate(raw)
    assert CONNECTORS[raw.connector].natural_key(kept) == CONNECTORS[raw.connector].natural_key(raw)
    assert CONNECTORS[raw.connector].kept(kept) == kept


@each_case
def test_a_request_cut_off_anywhere_is_an_outcome_and_no_error(path: Path) -> None:
    raw = requests.case(path)
    for end in range(0, len(raw.body), max(1, len(raw.body) // 20)):
        cut = structs.replace(raw, body=raw.body[:end])
        assert isinstance(requests.translate(cut), Rejected | Translated)
        assert CONNECTORS[raw.connector].natural_key(cut)


def test_every_connector_has_cases_and_no_golden_file_is_left_over() -> None:
    assert {path.parent.name for path in requests.CASES} == CONNECTORS.keys()
    for name in CONNECTORS:
        kept = [path.stem for path in requests.CASES if path.parent.name == name]
        assert golden.strays(requests.FOLDER / "golden" / name, kept) == []


@each_case
def test_a_request_survives_the_topic_raw(path: Path) -> None:
    raw = requests.case(path)
    assert msgspec.json.decode(msgspec.json.encode(raw), type=Raw) == raw
