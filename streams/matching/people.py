"""What a person is known by, in a form in which equal means the same: e-mail, phone, name."""

import re
from unicodedata import normalize

import idna
import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from events.texts import folded, words

LONGEST_EMAIL = 254
"""Characters of an address at most (RFC 5321, 4.5.3.1.3, less the brackets)."""
_LONGEST_PHONE = 64
_LONGEST_HOST = 253
_LABEL = r"(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
"""A host of letters, digits and inner hyphens (RFC 5890, NR-LDH labels): IDNA leaves it as it is."""


def email_of(text: object) -> str | None:
    """The address in lower case, its domain as IDNA writes it; None where it is none.

    What stands after a plus stays: at some hosts it is another mailbox.
    """
    if not isinstance(text, str):
        return None
    local, at, domain = normalize("NFC", text.strip().lower()).rpartition("@")
    host = domain_of(domain) if at else None
    if host is None or not local or any(sign.isspace() or sign in '<>,;:"@' for sign in local):
        return None
    address = f"{local}@{host}"
    return address if len(address) <= LONGEST_EMAIL else None


def domain_of(text: str) -> str | None:
    """A domain as IDNA 2008 writes it, in lower case (mapped by UTS 46); None where it is none."""
    bare = text.strip().rstrip(".")
    if len(bare) <= _LONGEST_HOST and _PLAIN_HOST.fullmatch(bare):
        return bare
    try:
        host = idna.encode(bare, uts46=True).decode().lower()
    except idna.IDNAError:
        return None
    return host if "." in host else None


def phone_of(text: object, country: object = None) -> str | None:
    """The number as E.164 has it, with its extension if it has one; None where it is none.

    Args:
        text: the number as somebody wrote it.
        country: ISO 3166 code of the country it is dialled in; without one only numbers with a country code are known.
    """
    if not isinstance(text, str) or len(text) > _LONGEST_PHONE:
        return None
    region = country.strip().upper() if isinstance(country, str) else None
    try:
        number = phonenumbers.parse(text, region if region in phonenumbers.SUPPORTED_REGIONS else None)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    dialled = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return f"{dialled};ext={number.extension}" if number.extension else dialled


def name_of(text: object) -> str | None:
    """A person's name without case, accents, signs and order of its words; None where nothing is left."""
    if not isinstance(text, str):
        return None
    return " ".join(sorted(words(folded(text)))) or None
