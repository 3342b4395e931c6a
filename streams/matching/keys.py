"""Keys: what two leads, or a lead and an account, may have in common; in topics only ever as keyed hashes."""

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

from events.company_names import company_name_of
from streams.agreement.records import Identity
from streams.matching.companies import company_domain_of, postcode_of
from streams.matching.people import email_of, name_of, phone_of

Profile = Mapping[str, Any]

WEAK = "name_at_company"
"""Kind of the key that two people share whose name and company are the same: a suspicion, no proof."""


def hashed(kind: str, value: str, secret: bytes = b"") -> str:
    """The key that a value is known by: its kind and a keyed hash, of which the value cannot be found."""
    return f"{kind}:{blake2b(f'{kind}:{value}'.encode(), digest_size=16, key=secret).hexdigest()}"


def kind_of(key: str) -> str:
    """The kind of a key."""
    return key.partition(":")[0]


def person_keys(profile: Profile, identity: Identity, secret: bytes = b"") -> Iterator[str]:
    """The keys of a person that a profile tells, of those that an agreement merges on; the weak one last."""
    if "email" in identity.merge_on and (email := email_of(profile.get("person.email"))) is not None:
        yield hashed("email", email, secret)
    if "phone" in identity.merge_on:
        phone = phone_of(profile.get("person.phone"), profile.get("company.country"))
        if phone is not None:
            yield hashed("phone", phone, secret)
    name, company = name_of(profile.get("person.name")), company_name_of(profile.get("company.name"))
    if identity.merge_on and name is not None and company is not None:
        yield hashed(WEAK, f"{name}\x1f{company}", secret)


def linked_key(kind: str, value: str, issuer: str, country: object = None, secret: bytes = b"") -> str | None:
    """The key that a link tells; None where the value is none.

    Args:
        kind: email, phone, source_id or anonymous_id.
        value: as it was told.
        issuer: the system whose own id it is; ids of one system say nothing of those of another.
        country: ISO 3166 code of the country a phone number is dialled in.
        secret: the deployment's key for hashes of personal keys.
    """
    found: str | None = value
    if kind == "email":
        found = email_of(value)
    elif kind == "phone":
        found = phone_of(value, country)
    elif kind == "source_id":
        found = f"{issuer}\x1f{value}"
    return None if not found else hashed(kind, found, secret)


def company_keys(profile: Profile, identity: Identity, secret: bytes = b"") -> Iterator[str]:
    """The keys of a company that a profile tells, of those that an agreement puts leads to companies by."""
    found = (
        ("name", company_name_of(profile.get("company.name"))),
        ("domain", company_domain_of(
            (profile.get("company.domain"), profile.get("company.website"), profile.get("person.email")),
            identity.free_mail,
        )),
        ("phone", phone_of(profile.get("company.phone"), profile.get("company.country"))),
        ("postcode", postcode_of(profile.get("company.postcode"), profile.get("company.country"))),
    )  # fmt: skip
    for kind, value in found:
        if value is not None and kind in identity.company_on:
            yield hashed(f"company_{kind}", value, secret)
