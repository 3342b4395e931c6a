"""What every captured request says, in words: who, what, when and with which values. No file is left out."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from events.instants import iso
from events.registry import WIRE_TYPE
from leadstream.connectors.port import Outcome, Rejected, Told
from tests.support import captured, golden, requests
from tests.support.process import REPOSITORY

pytestmark = pytest.mark.data

GOLDEN = requests.FOLDER / "golden" / "captured.json"
"""File -> of each request in it what it says, fact by fact; read by people, against the vendors' documentation."""

CONNECTOR = {
    "google_ads_lead_form": "google_ads",
    "linkedin_lead_gen": "linkedin_response",
    "telephony": "twilio",
    "unbounce_form": "unbounce",
}
"""Folder -> connector, where their names differ."""

ELSEWHERE = {
    "_signature_vectors/vectors.json": "tests/leadstream/connectors/test_official_vectors.py",
    "google_contacts/google_contacts_2024_layout.csv": "tests/leadstream/importing/test_ready_mappings.py",
    "outlook/header_outlook_desktop.csv": "tests/leadstream/importing/test_ready_mappings.py",
    "outlook/outlook_com_style_test_row.csv": "tests/leadstream/importing/test_ready_mappings.py",
    "tracking_params/campaign_cases.json": "tests/leadstream/connectors/test_tracking.py",
    "tracking_params/referer-tests.json": "tests/leadstream/connectors/test_tracking.py",
}
"""File -> the test that goes over all of it."""


def in_words(outcome: Outcome) -> Iterator[str]:
    """What a request says, a line each."""
    if isinstance(outcome, Rejected):
        yield f"rejected: {outcome.reason} {outcome.field}"
        return
    for told in outcome.facts:
        name = WIRE_TYPE[type(told.fact)].removesuffix(".v1")
        yield f"{name} of {told.subject} at {iso(told.occurred_at)}: {'; '.join(_values(told))}"
    for rejected in outcome.rejected:
        yield f"rejected {rejected.item}: {rejected.reason} {rejected.field}"
    yield from (f"skipped: {why}" for why in outcome.skipped)
    yield from (f"wanted: {each.kind} {each.id}" for each in outcome.wanted)


def _values(told: Told) -> Iterator[str]:
    said: dict[str, Any] = msgspec.to_builtins(told.fact)
    for field, value in said.items():
        if isinstance(value, dict):
            yield from (f"{name}={inner}" for name, inner in value.items())
        elif value is not None:
            yield f"{field}={value}"


def said(payloads: Path, name: str) -> list[list[str]]:
    """What each request in a file says."""
    folder = name.partition("/")[0]
    return [
        list(in_words(requests.translate(captured.request(CONNECTOR.get(folder, folder), *found, requests.RECEIVED))))
        for found in captured.bodies(payloads, name)
    ]


def files(payloads: Path) -> list[str]:
    """All that vendors sent, or would send."""
    found = sorted(path.relative_to(payloads).as_posix() for path in payloads.rglob("*") if path.is_file())
    return [name for name in found if not name.endswith("SOURCE.txt") and name.partition("/")[0] != "_downstream"]


def test_every_captured_request_says_what_its_vendor_documents(payloads: Path) -> None:
    """A file that is new is in the golden file, or in `ELSEWHERE`, before this holds again."""
    made = {name: said(payloads, name) for name in files(payloads) if name not in ELSEWHERE}
    golden.check(GOLDEN, json.dumps(made, indent=1, ensure_ascii=False).encode() + b"\n")


def test_files_that_are_no_requests_are_gone_over_elsewhere(payloads: Path) -> None:
    there = files(payloads)
    for name, test in ELSEWHERE.items():
        assert name in there
        assert Path(name).name in (REPOSITORY / test).read_text(encoding="utf-8"), f"{test} does not read {name}"


def test_what_vendors_sent_comes_to_every_end_that_there_is(payloads: Path) -> None:
    """The golden file is no list of refusals."""
    lines = [line for each in json.loads(golden.read(GOLDEN)).values() for request in each for line in request]
    kinds = {line.partition(" ")[0].rstrip(":") for line in lines}
    assert kinds >= {
        "lead.captured", "lead.touched", "lead.profile_updated", "lead.consent_changed", "lead.bounced",
        "lead.identity_linked", "skipped", "wanted", "rejected",
    }  # fmt: skip
