"""Who may send: every scheme takes what is signed rightly and refuses what is wrong by one byte, or too old."""

import pytest
from msgspec import structs

from events.instants import MINUTE, SECOND
from leadstream.connectors.port import Raw, Refusal, Trust
from leadstream.connectors.registry import CONNECTORS
from leadstream.fetching.vendors.registry import VENDORS
from tests.leadstream.connectors.signing import (
    BASE,
    NOW,
    SCHEMES,
    SECRET,
    Scheme,
    standard_webhooks,
    trusting,
    with_header,
)

FETCHED = {"zoominfo"}.union(*(vendor.translators for vendor in VENDORS.values()))
ELSEWHERE = {"sendgrid"}  # a public key, see test_sendgrid_signature.py

each_scheme = pytest.mark.parametrize("scheme", SCHEMES.values(), ids=list(SCHEMES))
each_over_body = pytest.mark.parametrize(
    "scheme",
    [scheme for scheme in SCHEMES.values() if scheme.over_body],
    ids=[n for n, s in SCHEMES.items() if s.over_body],
)
each_timed = pytest.mark.parametrize(
    "scheme", [scheme for scheme in SCHEMES.values() if scheme.timed], ids=[n for n, s in SCHEMES.items() if s.timed]
)


def verdict(raw: Raw, trust: Trust | None = None, now: int = NOW) -> Refusal | None:
    return CONNECTORS[raw.connector].verify(raw, trusting(SECRET) if trust is None else trust, now)


def other(text: str, place: int) -> str:
    """The text with another character in one place."""
    return text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]


@each_scheme
def test_what_is_signed_with_the_secret_is_taken_also_while_it_is_being_replaced(scheme: Scheme) -> None:
    assert verdict(scheme.signed()) is None
    assert verdict(scheme.signed(), trusting("a-newer-secret", SECRET)) is None
    assert verdict(scheme.signed("a-newer-secret"), trusting("a-newer-secret", SECRET)) is None


@each_scheme
def test_another_secret_no_secret_and_no_signature_are_refused(scheme: Scheme) -> None:
    assert isinstance(verdict(scheme.signed(other(SECRET, len(SECRET) - 1))), Refusal)
    assert isinstance(verdict(scheme.signed(SECRET + "x")), Refusal)
    assert isinstance(verdict(scheme.signed(SECRET[:-1])), Refusal)
    assert isinstance(verdict(scheme.signed(), Trust()), Refusal)
    if scheme.header:
        assert isinstance(verdict(with_header(scheme.signed(), (scheme.header, ""))), Refusal)


@each_over_body
def test_a_body_that_is_wrong_by_one_byte_is_refused(scheme: Scheme) -> None:
    raw = scheme.signed()
    for place in range(0, len(raw.body), max(1, len(raw.body) // 40)):
        spoilt = raw.body[:place] + bytes([raw.body[place] ^ 1]) + raw.body[place + 1 :]
        assert isinstance(verdict(structs.replace(raw, body=spoilt)), Refusal)
    assert isinstance(verdict(structs.replace(raw, body=raw.body[:-1])), Refusal)
    assert isinstance(verdict(structs.replace(raw, body=raw.body + b" ")), Refusal)


@pytest.mark.parametrize(
    "scheme", [scheme for scheme in SCHEMES.values() if scheme.header], ids=[n for n, s in SCHEMES.items() if s.header]
)
def test_a_signature_that_is_wrong_by_one_character_is_refused(scheme: Scheme) -> None:
    raw = scheme.signed()
    signature = raw.header(scheme.header.lower())
    fixed = next(mark for mark in ("hmacsha256=", "v1,", "") if signature.startswith(mark))
    for place in range(len(fixed), len(signature.rstrip("="))):
        assert isinstance(verdict(with_header(raw, (scheme.header, other(signature, place)))), Refusal), place
    assert isinstance(verdict(with_header(raw, (scheme.header, signature[:-1]))), Refusal)


@each_timed
def test_a_signature_outside_the_window_is_refused_before_and_after(scheme: Scheme) -> None:
    for away in (0, 5 * MINUTE, -5 * MINUTE):
        assert verdict(scheme.signed(at=NOW + away)) is None
    for away in (5 * MINUTE + SECOND, -5 * MINUTE - SECOND):
        assert isinstance(verdict(scheme.signed(at=NOW + away)), Refusal)


@each_timed
def test_a_request_sent_again_later_is_refused(scheme: Scheme) -> None:
    assert isinstance(verdict(scheme.signed(), now=NOW + 6 * MINUTE), Refusal)


@each_scheme
def test_a_refusal_says_neither_the_secret_nor_what_was_sent(scheme: Scheme) -> None:
    wrong = other(SECRET, 3)
    raw = scheme.signed(wrong)
    refusal = verdict(raw)
    assert refusal is not None
    assert SECRET not in refusal.reason
    assert wrong not in refusal.reason
    assert not scheme.header or raw.header(scheme.header.lower()) not in refusal.reason


@each_scheme
def test_what_is_kept_holds_no_shared_secret(scheme: Scheme) -> None:
    kept = CONNECTORS[scheme.connector].kept(with_header(scheme.signed(), ("Authorization", f"Bearer {SECRET}")))
    assert SECRET not in str(kept)
    assert SECRET.encode() not in kept.body


@pytest.mark.parametrize("name", sorted(FETCHED))
def test_what_is_fetched_is_taken_from_nobody(name: str) -> None:
    raw = Raw(connector=name, endpoint=name, received_at=NOW, query=f"key={SECRET}")
    assert verdict(raw) == Refusal(403, "this is fetched from the vendor, and taken from nobody else")


def test_every_connector_has_a_scheme_or_is_fetched() -> None:
    assert {scheme.connector for scheme in SCHEMES.values()} | FETCHED | ELSEWHERE == CONNECTORS.keys()


@pytest.mark.parametrize("name", ["web_form by key", "ad_click"])
def test_a_public_key_is_taken_from_a_page_and_signs_nothing(name: str) -> None:
    """Everybody can read it; who signs may say whose lead it is."""
    public = Trust(public_keys=(SECRET,), base=BASE)
    raw = SCHEMES[name].signed()
    assert verdict(raw, public) is None
    assert isinstance(verdict(standard_webhooks(SECRET, raw, NOW), public), Refusal)
    assert verdict(standard_webhooks(SECRET, raw, NOW), structs.replace(public, secrets=(SECRET,))) is None
