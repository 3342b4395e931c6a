"""SendGrid signs with a key of its own (ECDSA, P-256): what fits its public half is taken, nothing else."""

import base64

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from msgspec import structs

from events.instants import MINUTE, SECOND
from leadstream.connectors.port import Raw, Refusal, Trust
from leadstream.connectors.registry import CONNECTORS
from tests.leadstream.connectors.signing import NOW, first_case, with_header

_PRIVATE = ec.derive_private_key(0x5EED_0001, ec.SECP256R1())
_OTHER = ec.derive_private_key(0x5EED_0002, ec.SECP256R1())
_HEADER = "X-Twilio-Email-Event-Webhook-"


def public(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(key.public_key().public_bytes(serialization.Encoding.DER, form)).decode()


def signed(at: int = NOW, key: ec.EllipticCurvePrivateKey = _PRIVATE) -> Raw:
    raw, time = first_case("sendgrid"), str(at // SECOND)
    made = key.sign(time.encode() + raw.body, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    return with_header(raw, (f"{_HEADER}Signature", base64.b64encode(made).decode()), (f"{_HEADER}Timestamp", time))


def verdict(raw: Raw, *keys: str) -> Refusal | None:
    return CONNECTORS["sendgrid"].verify(raw, Trust(secrets=keys or (public(_PRIVATE),)), NOW)


def test_what_fits_one_of_the_public_keys_is_taken() -> None:
    assert verdict(signed()) is None
    assert verdict(signed(), public(_OTHER), public(_PRIVATE)) is None


def test_another_key_a_key_that_is_none_and_no_key_are_refused() -> None:
    of_another_kind = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    for keys in ([public(_OTHER)], ["nonsense"], ["AAAA"], [public(of_another_kind)], [""]):
        assert isinstance(verdict(signed(), *keys), Refusal)
    assert isinstance(CONNECTORS["sendgrid"].verify(signed(), Trust(), NOW), Refusal)


def test_a_body_or_time_that_is_wrong_by_one_byte_is_refused() -> None:
    raw = signed()
    for place in range(0, len(raw.body), max(1, len(raw.body) // 40)):
        spoilt = raw.body[:place] + bytes([raw.body[place] ^ 1]) + raw.body[place + 1 :]
        assert isinstance(verdict(structs.replace(raw, body=spoilt)), Refusal)
    assert isinstance(verdict(with_header(raw, (f"{_HEADER}Timestamp", str(NOW // SECOND + 1)))), Refusal)


def test_a_signature_that_is_wrong_by_one_byte_or_missing_is_refused() -> None:
    raw = signed()
    signature = base64.b64decode(raw.header(f"{_HEADER}signature".lower()))
    for place in range(len(signature)):
        spoilt = signature[:place] + bytes([signature[place] ^ 1]) + signature[place + 1 :]
        assert isinstance(
            verdict(with_header(raw, (f"{_HEADER}Signature", base64.b64encode(spoilt).decode()))), Refusal
        )
    for nothing in ("", "%%%", "AAAA"):
        assert isinstance(verdict(with_header(raw, (f"{_HEADER}Signature", nothing))), Refusal)


@pytest.mark.parametrize("away", [5 * MINUTE + SECOND, -5 * MINUTE - SECOND])
def test_a_signature_outside_the_window_is_refused(away: int) -> None:
    assert isinstance(verdict(signed(NOW + away)), Refusal)
