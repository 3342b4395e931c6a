"""Who a request is about: the profile that it tells, and the lead's id."""

from dataclasses import dataclass
from typing import Any

from events.envelope import is_subject
from events.fact import PROFILE_FIELDS, Scalar
from leadstream.connectors.faults import Bad
from leadstream.connectors.port import Given
from leadstream.connectors.reading import YES, scalar, words
from streams.matching.keys import hashed
from streams.matching.people import email_of, phone_of

LONGEST = 4096
"""Characters of a value in a profile; what is longer is cut here and whole in the topic `raw`."""
LONGEST_NAME = 256
_LONGEST_SUBJECT = 256
ANSWERS = "answers."
CONSENT = "consent."
"""Begins the name of a field whose yes is the consent to a purpose: `consent.marketing_email`."""


class Profile:
    """A profile as it is put together; what is blank is not told, and what was told first holds.

    Attributes:
        fields: what is told so far, by field.
        consents: purposes that the person explicitly agreed to.
    """

    def __init__(self, given: Given) -> None:
        self._given = given
        self.fields: dict[str, Scalar] = {}
        self.consents: list[str] = []

    def put(self, key: str, value: Any) -> None:
        """Tell one field."""
        if key.startswith(CONSENT):
            if words(value).lower() in YES:
                self.consents.append(key.removeprefix(CONSENT)[:LONGEST_NAME])
            return
        told, key = scalar(value), key[:LONGEST_NAME]
        if told != "" and key and key not in self.fields and len(self.fields) < PROFILE_FIELDS:
            self.fields[key] = told[:LONGEST] if isinstance(told, str) else told

    def name(self, first: str, last: str, whole: str = "") -> None:
        """Tell a name that came whole, or in two parts, or both ways."""
        self.put("person.name", whole or " ".join(part for part in (first, last) if part))
        self.put("person.first_name", first)
        self.put("person.last_name", last)

    def answer(self, field: str, value: Any) -> None:
        """Tell a field of the vendor's own: where the configuration says so, else among the answers."""
        self.put(self._given.fields.get(field) or f"{ANSWERS}{field}", value)

    def text(self, key: str) -> str:
        """A field as text; an empty text where it was not told."""
        return words(self.fields.get(key))

    def finished(self) -> dict[str, Scalar]:
        """The profile, its phone numbers in the E.164 form where they are numbers."""
        country = self.text("company.country") or self.text("person.country")
        for field in ("person.phone", "person.mobile", "company.phone"):
            text = self.fields.get(field)
            phone = phone_of(text, country) or phone_of(text, self._given.country)
            if phone is not None:
                self.fields[field] = phone
        return self.fields


@dataclass(frozen=True, slots=True)
class Who:
    """By what a request knows a person.

    Attributes:
        system: the vendor, with the account where ids are unique only there.
        lead: the id the sender gave the lead itself; taken as it is, so it must come from somebody who is trusted.
        own: the vendor's own id of the person.
        email: an address.
        phone: a number.
        anonymous: the id of a browser, a device or a click.
    """

    system: str = ""
    lead: str = ""
    own: str = ""
    email: str = ""
    phone: str = ""
    anonymous: str = ""

    def subject(self, given: Given) -> str:
        """The lead's id, by the strongest of what is known: explicit, own id, e-mail, phone, anonymous id.

        Ids made from an address, a number or a browser are keyed hashes.

        Raises:
            Bad: nothing is known.
        """
        if is_subject(self.lead):
            return self.lead
        if self.own:
            plain = f"{self.system}:{self.own}"
            return (
                plain if len(plain) <= _LONGEST_SUBJECT else hashed("own", f"{self.system}\x1f{self.own}", given.secret)
            )
        if (email := email_of(self.email)) is not None:
            return hashed("email", email, given.secret)
        if (phone := phone_of(self.phone, given.country)) is not None:
            return hashed("phone", phone, given.secret)
        if self.anonymous:
            return hashed("anonymous", self.anonymous, given.secret)
        raise Bad("nobody", "", "names no person: no id, no e-mail address, no phone number")
